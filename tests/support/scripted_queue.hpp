#pragma once
// One queue of siblings on one CPU, driven by a script: a referee small enough to follow by hand,
// so that a scheduler can be held against its paper's example without the engine.

#include <algorithm>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/registry.hpp"

namespace sharesim {

/// One run of an entity on the CPU.
struct ScriptedRun {
  EntityId entity = kNoEntity;
  Time begin{};
  Time end{};

  Duration length() const { return end - begin; }
  friend bool operator==(const ScriptedRun&, const ScriptedRun&) = default;
};
std::ostream& operator<<(std::ostream& out, const ScriptedRun& run);

/// A burst of CPU time, then a sleep. With no sleep the next burst follows at once (a yield).
struct ScriptedStep {
  Duration run = kForever;
  Duration sleep{};
};

/// What a scripted queue says of its machine.
struct ScriptedMachine {
  CpuId cpus = 1;   ///< the queue serves one of them
  Duration tick{};  ///< the timer ticks at its multiples, for schedulers that want ticks
};

/// A queue with one scheduler. Order at one instant: timers, calls of at(), wakeups, the end of the
/// run, the tick, the pick. A run ends only for its own reasons, as in the engine.
class ScriptedQueue final : public QueueHost {
 public:
  /// `choice` as on the command line: "sfq:slice=10ms". `capacity` is what the queue counts on.
  explicit ScriptedQueue(std::string_view choice, Capacity capacity = kOneCpu);
  ScriptedQueue(std::string_view choice, ScriptedMachine machine);
  /// The same with a scheduler that is in no registry.
  using Make = std::unique_ptr<Scheduler> (*)(const SchedulerContext&, const SchedulerChoice&);
  ScriptedQueue(std::string_view choice, Make make, Capacity capacity = kOneCpu,
                ScriptedMachine machine = {});

  /// Adds an entity that wakes up at `start`, takes `steps` one after the other, and then, if
  /// `repeats`, begins again; else it sleeps for ever.
  EntityId add(Weight weight, std::vector<ScriptedStep> steps, Time start = kStart,
               bool repeats = false);
  /// An entity that is always runnable.
  EntityId add_hog(Weight weight, Time start = kStart) { return add(weight, {{}}, start); }
  /// An entity with the cap `cap` (which nobody enforces here).
  void set_cap(EntityId e, Bandwidth cap) { entities_[e].cap = cap; }
  /// What the host answers of `e`; for schedulers that ask in add(), say it before (ids count from 0).
  void set_hint(EntityId e, std::string_view name, std::int64_t value) {
    hints_[{e, std::string(name)}] = value;
  }
  /// Says `idle: true` of the entity that is added next as `e`.
  void set_idle(EntityId e) { idle_.push_back(e); }
  void set_weight(EntityId e, Weight weight);
  /// From `since` on a CPU second gives 1/slowness of a second of service.
  void set_slowness(Time since, std::int64_t slowness) { slowness_.push_back({since, slowness}); }

  /// Goes on until `end`: what is due then has happened, the pick has not. A run that is not over
  /// then is not among runs() yet.
  void run_until(Time end);

  const std::vector<ScriptedRun>& runs() const { return runs_; }
  /// Who ran, as letters (A = entity 0), one for each run.
  std::string order() const;
  /// When the bursts of `e` were over.
  const std::vector<Time>& finished(EntityId e) const { return entities_[e].finished; }
  /// CPU time that `e` got in [from, to) by the runs that are over.
  Duration service(EntityId e, Time from, Time to) const;
  /// The longest that `e` was without the CPU in [from, to).
  Duration longest_gap(EntityId e, Time from, Time to) const;
  /// What describe() says.
  std::int64_t state(EntityId e, std::string_view name) const;
  Scheduler& scheduler() { return *scheduler_; }

  Duration remaining_burst(EntityId e) const override { return entities_[e].left; }
  bool allowed(EntityId, CpuId) const override { return true; }
  bool has_affinity() const override { return false; }
  const Bandwidth* cap(EntityId e) const override;
  std::optional<std::int64_t> hint(EntityId e, std::string_view name) const override;
  std::optional<Duration> ran() const override { return (now_ - run_begin_) / run_slowness_; }
  bool idle(EntityId e) const override {
    return std::find(idle_.begin(), idle_.end(), e) != idle_.end();
  }

 private:
  struct Entity {
    std::vector<ScriptedStep> steps;
    bool repeats = false;
    std::size_t step = 0;
    Duration left{};  ///< of the present burst
    Time wakeup = kNever;
    bool queued = false;
    Bandwidth cap;
    std::vector<Time> finished;
  };
  struct Slowness {
    Time since;
    std::int64_t factor;
  };

  void happen();  ///< all that is due now, but no pick
  Time next_event() const;
  void wake_up();
  void end_run(StopReason why);
  void pick();
  std::int64_t slowness() const;

  SchedulerChoice choice_;
  Duration tick_;  ///< 0: none that the scheduler wants
  Time next_tick_;
  std::unique_ptr<Scheduler> scheduler_;
  std::vector<Entity> entities_;
  std::map<std::pair<EntityId, std::string>, std::int64_t> hints_;
  std::vector<EntityId> idle_;
  std::vector<Slowness> slowness_{{kStart, 1}};
  std::vector<ScriptedRun> runs_;
  Time now_ = kStart;
  EntityId running_ = kNoEntity;
  Time run_begin_{};
  Time run_end_ = kNever;
  std::int64_t run_slowness_ = 1;
};

}  // namespace sharesim
