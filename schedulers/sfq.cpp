// Start-time fair queuing.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Start-time fair queuing (Goyal, Guo, Vin: "A hierarchical CPU scheduler for multimedia operating
systems", OSDI 1996; Goyal, Vin, Cheng, SIGCOMM 1996).

  wakeup:    S_i = max(v, F_i)       v = S of the one in service; idle: v = the largest F so far
  pick:      the smallest S_i (ties: lower id)
  run of l:  F_i = S_i + l / w_i     l is what was used, known only afterwards

Good at: fairness whatever the CPU's speed (a stolen CPU, a capped group), short sleepers,
  nesting: every group of a hierarchy is just another client.
Not good at: latency of a light task among many: it waits for everyone's slice (the sum of the
  others' slices).
Cost: O(log n) per decision; 48 bytes per entity.
Differs: on several CPUs with one global queue v is the S of the latest pick; weights larger than
  a CPU's worth are not readjusted, so they can starve others there (that is what sfs repairs).
)";

class Sfq final : public Scheduler {
 public:
  explicit Sfq(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")), host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.finish = {}, .weight = weight};
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override {
    Client& client = clients_[e];
    client.finish.reweigh(client.weight, weight);
    client.weight = weight;
  }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    Client& client = clients_[e];
    client.finish.raise_to(v_);  // S = max(v, F); F of a running group is still its S
    ready_.set(e, client.finish.tag);
  }
  void dequeue(EntityId e, Time) override { ready_.clear(e); }

  EntityId pick_next(CpuId cpu, Time) override {
    const EntityId e = ready_.take_first(host_, cpu);
    if (e != kNoEntity) {
      v_ = clients_[e].finish.tag;
      ++running_;
    }
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    --running_;
    Client& client = clients_[e];
    client.finish.charge(ran, client.weight);
    largest_finish_ = std::max(largest_finish_, client.finish.tag);
    if (still_runnable(why) || ready_.contains(e)) {  // a group may be queued while it runs
      ready_.set(e, client.finish.tag);               // S = F, because F >= v
    } else if (running_ == 0 && ready_.empty()) {
      v_ = largest_finish_;
    }
  }

  Duration slice(EntityId, Time) override { return slice_; }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("start_tag", clients_[e].finish.tag);
    sink.value("v", v_);
  }

 private:
  struct Client {
    VirtualTime finish;  ///< F while it runs or is away, S while it is queued
    Weight weight = 1;
  };

  const Duration slice_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  ReadyTree ready_;           ///< of those queued, by S
  std::int64_t running_ = 0;  ///< picks that have not come back
  Tag v_ = 0;
  Tag largest_finish_ = 0;
};

SchedulerInfo info() {
  return {.name = "sfq",
          .summary = "start-time fair queuing: serve the smallest start tag, charge what was used",
          .paper = "Goyal, Guo, Vin, OSDI 1996",
          .cost = "O(log n)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter()},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Sfq> kRegistration{info()};

}  // namespace
}  // namespace sharesim
