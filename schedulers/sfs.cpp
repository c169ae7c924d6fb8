// Surplus fair scheduling.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/surplus_queue.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Surplus fair scheduling (Chandra, Adler, Goyal, Shenoy: "Surplus fair scheduling: a
proportional-share CPU scheduling algorithm for symmetric multiprocessors", OSDI 2000).

  phi_i = w_i, cut to a CPU's worth where it asks for more (weight readjustment, at each change of
          the runnable set: nobody can use more than one CPU, so a larger weight only falls behind)
  wakeup:    S_i = max(F_i, v)       v = the smallest S of the runnable; idle: F of the last one
  pick:      the smallest surplus a_i = phi_i (S_i - v)     (ties: smaller S_i, then lower id)
  run of l:  S_i = S_i + l / phi_i

Good at: several CPUs with one queue: heavy weights starve nobody, and no CPU idles. On one CPU it
  is start-time fair queuing.
Not good at: those who leave and come back as somebody else: each newcomer has surplus 0 and goes
  first, so a stream of short tasks gets more than its weight. No bound is proven on several CPUs.
Cost: O(log n + p) for a change of the runnable set; O(log n) for a pick while none runs, as on one
  CPU. While others run it looks at all start tags that are early enough for a smaller surplus: a
  few if weights are alike, O(n) if not; 190 bytes per entity.
Differs: the pick is exact; the paper's heuristic looks only at the first few of three sorted
  queues. When phi changes, S_i - v is scaled so that the surplus stays the same: else a lead from
  the time of a small phi would be counted at the new one, and the entity could starve (rounded down
  to a tag unit). A group may run on several CPUs at once: its ceiling is the most CPUs that it has
  been seen to want since it was last idle (those that it runs on, and one if more of it is queued);
  so a group that has become narrower counts as wide until it idles, and others may wait for it when
  it widens again.
)";

class Sfs final : public Scheduler {
 public:
  explicit Sfs(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        host_(context.host),
        cpus_(context.cpus),
        queue_(context.cpus, context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= runs_.size()) runs_.resize(e + 1);
    queue_.add(e, weight);
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override { queue_.set_weight(e, weight); }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    if (!queue_.competes(e)) {
      queue_.join(e);
    } else {  // a group with more work than its runs
      queue_.widen(e, std::min(runs_[e] + 1, cpus_));
    }
    queue_.queue(e);
  }
  void dequeue(EntityId e, Time) override {
    queue_.take(e);
    if (runs_[e] == 0) queue_.leave(e);
  }

  EntityId pick_next(CpuId cpu, Time) override {
    // While none runs, v is the smallest S of those queued: a surplus of 0.
    const bool first_has_none = running_ == 0 && !host_.has_affinity();
    const EntityId e = first_has_none ? queue_.smallest_start() : queue_.smallest_surplus(cpu);
    if (e == kNoEntity) return e;
    queue_.take(e);
    ++runs_[e];
    ++running_;
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    --runs_[e];
    --running_;
    queue_.charge(e, ran);
    if (still_runnable(why) || queue_.queued(e)) {
      queue_.queue(e);
    } else if (runs_[e] == 0) {
      queue_.leave(e);
    }
  }

  Duration slice(EntityId, Time) override { return slice_; }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("start_tag", queue_.start(e));
    sink.value("v", queue_.v());
    sink.value("weight_cut", queue_.weight_is_cut(e) ? 1 : 0);
  }

 private:
  const Duration slice_;
  const QueueHost& host_;
  const CpuId cpus_;
  SurplusQueue queue_;
  std::vector<std::uint32_t> runs_;  ///< by id: picks that have not come back
  std::int64_t running_ = 0;         ///< of all
};

SchedulerInfo info() {
  return {.name = "sfs",
          .summary =
              "surplus fair scheduling: weights cut to what a CPU can give, smallest surplus first",
          .paper = "Chandra, Adler, Goyal, Shenoy, OSDI 2000",
          .cost = "O(log n + CPUs), O(n) if weights differ much",
          .scopes = {Scope::kGlobal},
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter()},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Sfs> kRegistration{info()};

}  // namespace
}  // namespace sharesim
