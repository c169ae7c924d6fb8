#pragma once
// Runs a scheduler through the engine with somebody looking over its shoulder: a twin that hears
// every call and judges every pick. For policies of several CPUs, which ScriptedQueue has not.

#include <memory>
#include <string>

#include "sim/engine/engine.hpp"
#include "sim/record/observer.hpp"
#include "tests/support/run_log.hpp"

namespace sharesim::test {

/// Hears what the scheduler hears, after it.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void add(EntityId e, Weight weight) = 0;
  virtual void remove(EntityId e) = 0;
  virtual void set_weight(EntityId e, Weight weight) = 0;
  virtual void enqueue(EntityId e, EnqueueReason why) = 0;
  virtual void dequeue(EntityId e) = 0;
  /// Throws if the policy would not have picked `e` (or nobody).
  virtual void picked(EntityId e, CpuId cpu) = 0;
  virtual void put_prev(EntityId e, Duration ran, bool still_runnable) = 0;
};

/// The scheduler and its watcher, which is made from the context and the scheduler.
template <typename MyWatcher>
class Watched final : public Scheduler {
 public:
  Watched(std::unique_ptr<Scheduler> subject, const SchedulerContext& context)
      : subject_(std::move(subject)), watcher_(context, *subject_) {}

  void add(EntityId e, Weight weight, Time now) override {
    subject_->add(e, weight, now);
    watcher_.add(e, weight);
  }
  void remove(EntityId e, Time now) override {
    subject_->remove(e, now);
    watcher_.remove(e);
  }
  void set_weight(EntityId e, Weight weight, Time now) override {
    subject_->set_weight(e, weight, now);
    watcher_.set_weight(e, weight);
  }
  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    subject_->enqueue(e, now, why);
    watcher_.enqueue(e, why);
  }
  void dequeue(EntityId e, Time now) override {
    subject_->dequeue(e, now);
    watcher_.dequeue(e);
  }
  EntityId pick_next(CpuId cpu, Time now) override {
    const EntityId e = subject_->pick_next(cpu, now);
    watcher_.picked(e, cpu);
    return e;
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    subject_->put_prev(e, now, ran, why);
    watcher_.put_prev(e, ran, still_runnable(why));
  }
  Duration slice(EntityId e, Time now) override { return subject_->slice(e, now); }
  void set_capacity(Capacity capacity, Time now) override { subject_->set_capacity(capacity, now); }

 private:
  std::unique_ptr<Scheduler> subject_;
  MyWatcher watcher_;
};

/// Runs the scenario under `name` with its defaults, one watcher for each of its queues. What a
/// watcher throws comes out.
template <typename MyWatcher>
RunLog run_watched(const Scenario& scenario, const std::string& name) {
  static std::string subject;  // the factory is a plain function
  subject = name;
  const SchedulerInfo& info = *Registry::global().find(name);
  const SchedulerChoice choice(info,
                               [](const SchedulerContext& context) -> std::unique_ptr<Scheduler> {
                                 return std::make_unique<Watched<MyWatcher>>(
                                     Registry::global().choose(subject).make(context), context);
                               });
  RunLog log(scenario);
  run_engine(scenario, choice, log);
  return log;
}

}  // namespace sharesim::test
