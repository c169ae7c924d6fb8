// Stride scheduling.

#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/parameters.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Stride scheduling (Waldspurger, Weihl: "Stride scheduling: deterministic proportional-share
resource management", MIT/LCS/TM-528, 1995, section 3: dynamic clients, nonuniform quanta).

  stride_i = K / tickets_i           K = one slice, tickets = weight
  pick:      the smallest pass_i (ties: lower id)
  run of l:  pass_i += stride_i * l / slice                        = pass_i + l / w_i
             global_pass += stride of all tickets * l / slice      = global_pass + l / sum of w
  leave:     remain_i = pass_i - global_pass
  join:      pass_i = global_pass + remain_i     new: remain_i = stride_i (init=zero: 0)
  w -> w':   remain_i' = remain_i * w / w'       (leave, scale, join)

Good at: exact shares for those that stay: within one slice between any two of them.
Not good at: one heavy among many light ones: its slices come in one go, up to n/2 ahead of ideal
  sharing. One that sleeps keeps its remain, so it neither gains nor loses by sleeping; but what it
  is owed for waiting it may save up: who wakes often, waits for the end of another's slice and
  blocks at once can cash in later, and starve others for as long as all that it has waited for.
Cost: O(log n) per decision; 64 bytes per entity.
Differs: global_pass advances with the service that this queue gives (at the end of each run, and
  when one joins or leaves in the middle of it), and not with the clock: a group that gets a part
  of a CPU only would otherwise fall behind it, and starve whoever joins.
)";

class Stride final : public Scheduler {
 public:
  explicit Stride(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        starts_at_stride_(context.parameters.choice("init") == "stride"),
        host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.pass = {}, .weight = weight};
    if (starts_at_stride_) clients_[e].pass.charge(slice_, weight);
  }
  void remove(EntityId, Time) override {}

  void set_weight(EntityId e, Weight weight, Time now) override {
    Client& client = clients_[e];
    const bool active = client.active;
    settle(now);
    if (active) leave(client);
    client.pass.tag =
        static_cast<Tag>(static_cast<__int128>(client.pass.tag) * client.weight / weight);
    client.pass.reweigh(client.weight, weight);
    client.weight = weight;
    if (active) join(client);
    if (ready_.contains(e)) ready_.set(e, client.pass.tag);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    Client& client = clients_[e];
    if (!client.active) {
      settle(now);
      join(client);
    }
    ready_.set(e, client.pass.tag);
  }

  void dequeue(EntityId e, Time now) override {
    ready_.clear(e);
    if (clients_[e].runs > 0) return;
    settle(now);
    leave(clients_[e]);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    const EntityId e = ready_.take_first(host_, cpu);
    if (e == kNoEntity) return e;
    settle(now);
    settled_at_ = now;
    ++running_;
    ++clients_[e].runs;
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    if (running_ > 1) settle(now);  // the others go on
    const Duration settled = std::min(settled_, ran);
    settled_ = --running_ == 0 ? Duration::zero() : settled_ - settled;
    --client.runs;
    global_pass_.charge(ran - settled, global_tickets_);
    client.pass.charge(ran, client.weight);
    if (still_runnable(why) || ready_.contains(e)) {  // a group may be queued while it runs
      ready_.set(e, client.pass.tag);
    } else if (client.runs == 0) {
      leave(client);
    }
  }

  Duration slice(EntityId, Time) override { return slice_; }

  void describe(EntityId e, StateSink& sink) const override {
    const Client& client = clients_[e];
    sink.value(client.active ? "pass" : "remain", client.pass.tag);
    sink.value("global_pass", global_pass_.tag);
  }

 private:
  struct Client {
    VirtualTime pass;  ///< while active; else remain
    Weight weight = 1;
    std::uint32_t runs = 0;  ///< picks that have not come back
    bool active = false;     ///< has joined: queued or running
  };

  /// Charges the runs that go on for what they have had so far, before the sum of tickets changes.
  void settle(Time now) {
    if (running_ == 0) return;
    const Duration served = (now - settled_at_) * running_;
    global_pass_.charge(served, global_tickets_);
    settled_ += served;
    settled_at_ = now;
  }

  void join(Client& client) {
    client.pass.tag += global_pass_.tag;
    client.active = true;
    change_tickets(client.weight);
  }
  void leave(Client& client) {
    client.pass.tag -= global_pass_.tag;
    client.active = false;
    change_tickets(-client.weight);
  }
  void change_tickets(Weight change) {
    const Weight before = global_tickets_;
    global_tickets_ += change;
    if (before > 0) global_pass_.reweigh(before, global_tickets_);
  }

  const Duration slice_;
  const bool starts_at_stride_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  ReadyTree ready_;            ///< of those queued, by pass
  VirtualTime global_pass_;    ///< the pass of a client with all the tickets
  Weight global_tickets_ = 0;  ///< of the active ones
  std::int64_t running_ = 0;   ///< picks that have not come back
  Time settled_at_ = kStart;   ///< up to here global_pass has what they were served
  Duration settled_{};         ///< that, of those that still run
};

SchedulerInfo info() {
  return {.name = "stride",
          .summary = "stride scheduling: serve the smallest pass, advance it by slice / weight",
          .paper = "Waldspurger, Weihl, MIT/LCS/TM-528, 1995",
          .cost = "O(log n)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter(),
                         choice_parameter("init", {"stride", "zero"},
                                          "how far behind the others a new entity starts")},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Stride> kRegistration{info()};

}  // namespace
}  // namespace sharesim
