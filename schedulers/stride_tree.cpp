// Hierarchical stride scheduling.

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/stride_nodes.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Hierarchical stride scheduling (Waldspurger, Weihl: "Stride scheduling: deterministic
proportional-share resource management", MIT/LCS/TM-528, 1995, section on hierarchical stride
scheduling). The clients are the leaves of a balanced binary tree; every inner node shares out what
it gets between its two children, by stride scheduling:

  tickets of a node = sum over the leaves below it that are active (queued or running)
  pick:      from the top down, the child with the smaller pass (tie: the left one, the lower ids)
  run of l:  on the way from the leaf to the top, pass_child += l / tickets_child
  join, leave, w -> w':   a child's remain, pass - global_pass, is scaled by old / new tickets

With two children only the difference of passes counts. Kept as d = s_left t_right - s_right t_left
(s = service, t = tickets) it is an integer, and d / (t_left + t_right) is how much CPU time the
left child is ahead. Scaling the remains keeps that lead.

Good at: one heavy among many light ones: its slices come spread out, where stride gives them in
  one go. Nobody is more than lg n slices away from its share (stride: up to n / 2).
Not good at: fairness between two given clients, which may sit far apart in the tree: lg n slices,
  where stride guarantees one.
Cost: O(log n) per decision, one walk up the tree; 112 bytes per entity.
Differs: passes begin level, not a stride ahead (that is up to half a slice worse). All leaves stand
  at one depth, in the order of their ids, so the bound is that of the next power of two. As in
  stride, shares are of what this queue gives, not of the clock. On several CPUs with one global
  queue runs are charged when they end, by the tickets of then.
)";

class StrideTree final : public Scheduler {
 public:
  explicit StrideTree(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        one_cpu_(context.cpus == 1),
        host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.weight = weight};
    tree_.add(e);
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time now) override {
    Client& client = clients_[e];
    settle(now);
    if (client.active) tree_.change_tickets(e, weight - client.weight);
    client.weight = weight;
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    Client& client = clients_[e];
    settle(now);
    if (!client.active) tree_.change_tickets(e, client.weight);
    client.active = true;
    client.queued = true;
    charge(e, {});
  }
  void dequeue(EntityId e, Time now) override {
    settle(now);
    clients_[e].queued = false;
    charge(e, {});
    if (clients_[e].runs == 0) leave(e);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    if (taken_ != kNoEntity) charge(taken_, {});
    const EntityId e =
        host_.has_affinity()
            ? tree_.first_if([&](EntityId candidate) { return host_.allowed(candidate, cpu); })
            : tree_.first();
    if (e == kNoEntity) return kNoEntity;
    clients_[e].queued = false;
    taken_ = e;
    ++clients_[e].runs;
    if (one_cpu_) {
      running_ = e;
      settled_until_ = now;
    }
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    --client.runs;
    client.queued |= still_runnable(why);  // a group may be queued while it runs
    charge(e, ran - settled_);  // below zero if some of that was no service (a context switch)
    running_ = kNoEntity;
    settled_ = {};
    if (!client.queued && client.runs == 0) leave(e);
  }

  Duration slice(EntityId, Time) override { return slice_; }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("lead_over_neighbour", tree_.lead_over_neighbour(e));
  }

 private:
  struct Client {
    Weight weight = 1;
    std::uint32_t runs = 0;  ///< picks that have not come back
    bool active = false;     ///< has joined: queued or running
    bool queued = false;
  };

  void leave(EntityId e) {
    Client& client = clients_[e];
    tree_.change_tickets(e, -client.weight);
    client.active = false;
  }

  void charge(EntityId e, Duration ran) {
    if (taken_ == e) taken_ = kNoEntity;
    tree_.charge(e, clients_[e].queued, ran);
  }
  /// Charges the present run as far as it has come: tickets are about to change.
  void settle(Time now) {
    if (running_ == kNoEntity) return;
    charge(running_, now - settled_until_);
    settled_ += now - settled_until_;
    settled_until_ = now;
  }

  const Duration slice_;
  const bool one_cpu_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  StrideNodes tree_;
  EntityId taken_ = kNoEntity;    ///< picked, but the tree takes it for queued
  EntityId running_ = kNoEntity;  ///< on one CPU: whose run lasts
  Time settled_until_ = kStart;   ///< how far it has been charged
  Duration settled_{};            ///< what that came to
};

SchedulerInfo info() {
  return {
      .name = "stride_tree",
      .summary = "hierarchical stride: stride scheduling at every node of a binary tree",
      .paper = "Waldspurger, Weihl, MIT/LCS/TM-528, 1995",
      .cost = "O(log n)",
      .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
      .parameters = {slice_parameter()},
      .explanation = std::string(kExplanation),
      .lag_bound_slices = [](std::int64_t siblings) -> std::int64_t {
        return static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(siblings - 1)));
      }};
}

const Registration<StrideTree> kRegistration{info()};

}  // namespace
}  // namespace sharesim
