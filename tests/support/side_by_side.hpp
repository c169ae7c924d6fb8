#pragma once
// Holds a scheduler against a twin that is a Scheduler as well: the same policy, slow and plain.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/check.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/distribution.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Forwards each call to both, and throws InternalError when they answer differently.
class SideBySide final : public Scheduler {
 public:
  SideBySide(std::unique_ptr<Scheduler> subject, std::unique_ptr<Scheduler> twin)
      : subject_(std::move(subject)), twin_(std::move(twin)) {}

  void add(EntityId e, Weight weight, Time now) override {
    subject_->add(e, weight, now);
    twin_->add(e, weight, now);
  }
  void remove(EntityId e, Time now) override {
    subject_->remove(e, now);
    twin_->remove(e, now);
  }
  void set_weight(EntityId e, Weight weight, Time now) override {
    subject_->set_weight(e, weight, now);
    twin_->set_weight(e, weight, now);
  }
  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    subject_->enqueue(e, now, why);
    twin_->enqueue(e, now, why);
  }
  void dequeue(EntityId e, Time now) override {
    subject_->dequeue(e, now);
    twin_->dequeue(e, now);
  }
  EntityId pick_next(CpuId cpu, Time now) override {
    return same(subject_->pick_next(cpu, now), twin_->pick_next(cpu, now), "pick");
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    subject_->put_prev(e, now, ran, why);
    twin_->put_prev(e, now, ran, why);
  }
  Duration slice(EntityId e, Time now) override {
    return same(subject_->slice(e, now), twin_->slice(e, now), "slice");
  }
  bool preempts(EntityId woken, EntityId running, Time now) override {
    return same(subject_->preempts(woken, running, now), twin_->preempts(woken, running, now),
                "preempts");
  }
  bool tick(EntityId running, Time now) override {
    return same(subject_->tick(running, now), twin_->tick(running, now), "tick");
  }

 private:
  template <typename Answer>
  static Answer same(Answer subject, Answer twin, const char* verb) {
    check(subject == twin, verb);
    return subject;
  }

  std::unique_ptr<Scheduler> subject_;
  std::unique_ptr<Scheduler> twin_;
};

/// Calls a scheduler's verbs on one CPU, in a random order that the contract allows: joins, leaves
/// with and without having run, changes of weight in any state, runs of any length up to the slice
/// and now and then beyond it, some of them longer than the service that they were.
class RandomVerbs final : public QueueHost {
 public:
  RandomVerbs(std::uint64_t seed, std::vector<Weight> weights)
      : stream_(make_stream(seed, 11)), weights_(std::move(weights)) {}

  /// Gives each entity this hint: a random whole number of ms in [least, most] in half of the cases.
  void hint_ms(std::string name, std::int64_t least, std::int64_t most) {
    for (EntityId e = 0; e < kMost; ++e) {
      if (chance(2)) hints_[{e, name}] = between(least, most) * 1'000'000;
    }
  }

  /// Lets a timer tick now and then while one runs.
  void have_ticks() { ticks_ = true; }
  /// Says `idle: true` of a quarter of the entities.
  void have_idle() {
    idle_.resize(kMost);
    for (EntityId e = 0; e < kMost; ++e) idle_[e] = chance(4);
  }

  void drive(Scheduler& scheduler, int steps) {
    entities_.resize(static_cast<std::size_t>(between(2, kMost)));
    for (EntityId e = 0; e < entities_.size(); ++e) scheduler.add(e, weight(), now_);
    for (int step = 0; step < steps; ++step) {
      const auto e = static_cast<EntityId>(between(0, std::ssize(entities_) - 1));
      if (chance(12)) scheduler.set_weight(e, weight(), now_);
      if (entities_[e] == State::kAway) {
        if (chance(3)) join(scheduler, e);
      } else if (entities_[e] == State::kQueued && chance(8)) {
        scheduler.dequeue(e, now_);
        entities_[e] = State::kAway;
        if (chance(4)) {  // gone, and its id is given to another
          scheduler.remove(e, now_);
          scheduler.add(e, weight(), now_);
        }
      }
      if (running_ == kNoEntity) {
        pick(scheduler);
      } else {
        go_on(scheduler);
      }
      if (running_ == kNoEntity && chance(4)) now_ += std::chrono::microseconds(between(0, 900));
    }
  }

  Duration remaining_burst(EntityId) const override { return kForever; }
  bool allowed(EntityId, CpuId) const override { return true; }
  bool has_affinity() const override { return false; }
  const Bandwidth* cap(EntityId) const override { return nullptr; }
  std::optional<std::int64_t> hint(EntityId e, std::string_view name) const override {
    const auto found = hints_.find({e, std::string(name)});
    if (found == hints_.end()) return std::nullopt;
    return found->second;
  }
  bool idle(EntityId e) const override { return !idle_.empty() && idle_[e]; }

 private:
  static constexpr EntityId kMost = 9;
  enum class State { kAway, kQueued, kRunning };

  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + stream_() % static_cast<std::uint32_t>(most - least + 1);
  }
  bool chance(std::uint32_t one_of) { return stream_() % one_of == 0; }
  Weight weight() { return weights_[stream_() % weights_.size()]; }

  void join(Scheduler& scheduler, EntityId e) {
    scheduler.enqueue(e, now_, chance(2) ? EnqueueReason::kWakeup : EnqueueReason::kUnthrottled);
    entities_[e] = State::kQueued;
    if (running_ != kNoEntity && scheduler.preempts(e, running_, now_))
      end_run(scheduler, StopReason::kPreempted);
  }

  void pick(Scheduler& scheduler) {
    running_ = scheduler.pick_next(0, now_);
    if (running_ == kNoEntity) {
      for (const State state : entities_)
        check(state != State::kQueued, "one is picked if one is there");
      return;
    }
    check(entities_[running_] == State::kQueued, "a pick is queued");
    entities_[running_] = State::kRunning;
    const Duration slice = scheduler.slice(running_, now_);
    check(slice > Duration::zero(), "a slice is longer than 0");
    begin_ = now_;
    end_ = now_ + std::min<Duration>(slice, std::chrono::milliseconds(5));
  }

  void go_on(Scheduler& scheduler) {
    if (chance(3)) {
      now_ += (end_ - now_) / between(2, 9);
      return;
    }
    if (ticks_ && chance(3)) {
      now_ += (end_ - now_) / between(2, 9);
      if (!scheduler.tick(running_, now_)) end_run(scheduler, StopReason::kSliceEnd);
      return;
    }
    if (chance(3)) {
      now_ += (end_ - now_) / between(1, 5);
      constexpr StopReason kEarly[] = {StopReason::kPreempted, StopReason::kYielded,
                                       StopReason::kBlocked, StopReason::kThrottled};
      end_run(scheduler, kEarly[stream_() % 4]);
      return;
    }
    now_ = end_ + std::chrono::microseconds(chance(9) ? between(1, 400) : 0);
    end_run(scheduler, chance(6) ? StopReason::kBlocked : StopReason::kSliceEnd);
  }

  void end_run(Scheduler& scheduler, StopReason why) {
    const EntityId e = std::exchange(running_, kNoEntity);
    const Duration overhead = chance(5) ? (now_ - begin_) / between(1, 20) : Duration::zero();
    entities_[e] = still_runnable(why) ? State::kQueued : State::kAway;
    scheduler.put_prev(e, now_, now_ - begin_ - overhead, why);
  }

  RandomStream stream_;
  const std::vector<Weight> weights_;
  std::map<std::pair<EntityId, std::string>, std::int64_t> hints_;
  std::vector<State> entities_;
  std::vector<bool> idle_;  ///< empty: nobody
  bool ticks_ = false;
  Time now_ = kStart;
  EntityId running_ = kNoEntity;
  Time begin_{};
  Time end_{};
};

/// A scheduler of the registry with everything it is born with.
inline std::unique_ptr<Scheduler> make_scheduler(const SchedulerChoice& choice,
                                                 const QueueHost& host, std::uint64_t seed = 1) {
  auto scheduler = choice.make(
      {.parameters = choice, .host = host, .cpus = 1, .capacity = kOneCpu, .seed = seed});
  scheduler->set_capacity(kOneCpu, kStart);
  return scheduler;
}

}  // namespace sharesim
