// What does a scheduler itself cost: one pick_next and one put_prev, by number of tasks, with the
// complexity that fits the times best? The label is what the scheduler says about itself.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/support/registered.hpp"
#include "bench/support/scenarios.hpp"
#include "sim/registry.hpp"

namespace sharesim::bench {
namespace {

/// One queue of tasks that always run, on one CPU that is never interrupted but by timers.
class Queue final : public QueueHost {
 public:
  Queue(const SchedulerChoice& choice, const std::vector<Weight>& weights)
      : choice_(choice),
        scheduler_(choice_.make(
            {.parameters = choice_, .host = *this, .cpus = 1, .capacity = kOneCpu, .seed = 1})),
        uses_timers_(choice_.info().claims.has(Claim::kUsesTimers)) {
    scheduler_->set_capacity(kOneCpu, now_);
    for (EntityId e = 0; e < weights.size(); ++e) scheduler_->add(e, weights[e], now_);
    for (EntityId e = 0; e < weights.size(); ++e)
      scheduler_->enqueue(e, now_, EnqueueReason::kWakeup);
  }

  /// Lets the next one run, if need be after the timers that bring one.
  void decide() {
    EntityId e = scheduler_->pick_next(0, now_);
    while (e == kNoEntity) {
      now_ = std::max(now_, scheduler_->next_timer());
      scheduler_->on_timer(now_);
      e = scheduler_->pick_next(0, now_);
    }
    const Time begin = now_;
    const Time end = now_ + std::min(scheduler_->slice(e, now_), kLongestRun);
    const bool whole = !uses_timers_ || run_until(end);
    now_ = whole ? end : now_;
    scheduler_->put_prev(e, now_, now_ - begin,
                         whole ? StopReason::kSliceEnd : StopReason::kPreempted);
  }

  Duration remaining_burst(EntityId) const override { return kForever; }
  bool allowed(EntityId, CpuId) const override { return true; }
  bool has_affinity() const override { return false; }
  const Bandwidth* cap(EntityId) const override { return nullptr; }

 private:
  static constexpr Duration kLongestRun = kSlice * 10;  ///< of those without slices

  /// Serves the timers before `end`. False if one of them ended the run.
  bool run_until(Time end) {
    while (scheduler_->next_timer() < end) {
      now_ = std::max(now_, scheduler_->next_timer());
      if (scheduler_->on_timer(now_)) return false;
    }
    return true;
  }

  const SchedulerChoice choice_;
  const std::unique_ptr<Scheduler> scheduler_;
  const bool uses_timers_;
  Time now_ = kStart;
};

void pick_next(benchmark::State& state, const SchedulerInfo* info) {
  const auto tasks = static_cast<std::uint32_t>(state.range(0));
  Queue queue(Registry::global().choose(info->name),
              state.range(1) != 0 ? irregular_weights(tasks) : mixed_weights(tasks));
  for (auto _ : state) queue.decide();
  state.SetItemsProcessed(state.iterations());
  state.SetComplexityN(state.range(0));
  state.SetLabel(info->cost);
}

}  // namespace

void register_pick_next() {
  for (const SchedulerInfo* info : Registry::global().all()) {
    if (info->claims.has(Claim::kFluid)) continue;  // it has no queues
    benchmark::RegisterBenchmark(("pick_next/" + info->name).c_str(), pick_next, info)
        ->ArgNames({"tasks", "irregular"})
        ->ArgsProduct({{8, 32, 128, 1024, 8192}, {0}})
        ->Args({1024, 1})
        ->Complexity();
  }
}

}  // namespace sharesim::bench
