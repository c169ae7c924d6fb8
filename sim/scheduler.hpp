#pragma once
// The interface between the engine (the referee) and a scheduling policy (a player).
//
// One Scheduler object is one queue of siblings: the tasks and groups directly under one group, on
// one CPU or on all of them (its scope). Hierarchy is a tree of such queues. A pick descends from
// the root queue; when the run ends, put_prev climbs back up, and every queue on the way is charged
// the same CPU time. The engine owns time, the tree, caps, affinity, migration and all measurement;
// a policy only decides who is next. Each answer is checked: a broken one ends the run with
// SchedulerFault.

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/core/bandwidth.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"

namespace sharesim {

/// Why an entity joins the queue from outside.
enum class EnqueueReason : std::uint8_t {
  kWakeup,       ///< it was blocked, or is new
  kUnthrottled,  ///< its cap, or a cap below it, has been refilled
  kMigrated,     ///< it comes from another CPU's queue
  kMoreWork,     ///< global scope only: it is a group that is running, and has more work for other
                 ///< CPUs
};

/// Why a run ended. After the first three the entity is still runnable and back on the queue.
enum class StopReason : std::uint8_t {
  kSliceEnd,
  kPreempted,
  kYielded,
  kBlocked,
  kThrottled,
  kMigrated,
  kExited,
};

constexpr bool still_runnable(StopReason why) { return why <= StopReason::kYielded; }

class Scheduler;

/// What a queue may ask about its entities. Implemented by the engine; valid for as long as the
/// Scheduler.
class QueueHost {
 public:
  /// CPU time that the entity's present burst still needs; kForever if unknown (a group, a task
  /// that never blocks).
  virtual Duration remaining_burst(EntityId e) const = 0;
  /// Whether something queued in or under `e` may run on `cpu`. Always true where has_affinity() is
  /// false.
  virtual bool allowed(EntityId e, CpuId cpu) const = 0;
  virtual bool has_affinity() const = 0;
  /// The entity's cap, or nullptr. (The engine enforces caps by itself; this is for policies that
  /// plan with them.)
  virtual const Bandwidth* cap(EntityId e) const = 0;
  /// What the workload says of the entity under `hints:` for the policies that know the word: ns, the
  /// integer, millionths, or 0 and 1, by the type that the policy declares (SchedulerInfo::hints).
  /// Does not change while the entity is in the queue.
  virtual std::optional<std::int64_t> hint(EntityId e, std::string_view name) const {
    (void)e, (void)name;
    return std::nullopt;
  }
  /// Queues of one CPU only: the service that the run which lasts has had so far, without the costs
  /// that the engine takes from the CPU before it. Nothing: the host does not know before put_prev.
  virtual std::optional<Duration> ran() const { return std::nullopt; }
  /// The policy of the queue under `e`, or nullptr if `e` is a task. Not to be asked in add().
  virtual const Scheduler* below(EntityId e) const {
    (void)e;
    return nullptr;
  }
  /// The policy of the queue that this queue is a group of, and that group there; nullptr and kNoEntity
  /// at the root.
  virtual const Scheduler* above() const { return nullptr; }
  virtual EntityId self_above() const { return kNoEntity; }
  /// A task: the policy of its queue, and what it is there.
  struct Leaf {
    const Scheduler* policy = nullptr;
    EntityId entity = kNoEntity;
  };
  /// In preempts(): the task that has woken up, which is the woken entity or lies below it.
  virtual Leaf woken() const { return {}; }
  /// Whether the workload says `idle: true`: it shall run where nobody else wants to.
  virtual bool idle(EntityId e) const {
    (void)e;
    return false;
  }

 protected:
  ~QueueHost() = default;
};

/// Values of a policy's parameters, complete (defaults filled in) and within their ranges.
class Parameters {
 public:
  virtual Duration duration(std::string_view name) const = 0;
  virtual std::int64_t integer(std::string_view name) const = 0;
  /// In millionths: 30% is 300000.
  virtual std::int64_t percent(std::string_view name) const = 0;
  virtual bool flag(std::string_view name) const = 0;
  virtual std::string_view choice(std::string_view name) const = 0;
  /// Of a list of switches: whether it sets `choice` to true or false, or leaves it as it is.
  virtual std::optional<bool> switched(std::string_view name, std::string_view choice) const = 0;

 protected:
  ~Parameters() = default;
};

/// CPU time per second of simulated time: 1'000'000'000 is one whole CPU.
using Capacity = std::int64_t;
inline constexpr Capacity kOneCpu = 1'000'000'000;

/// What a queue is born with. References are valid for as long as the Scheduler.
struct SchedulerContext {
  const Parameters& parameters;
  const QueueHost& host;
  CpuId cpus;          ///< how many CPUs the queue serves: 1 per CPU, all of them in global scope
  Capacity capacity;   ///< CPU time that the queue can count on, see Scheduler::capacity_of
  std::uint64_t seed;  ///< for randomized policies; differs from queue to queue
  CpuId machine_cpus = 1;        ///< of the machine, however many this queue serves
  Duration machine_tick{};       ///< when the timer ticks, see Scheduler::tick; 0: it does not
  Weight default_weight = 1024;  ///< what cpu.weight 100, or nice 0, is among the weights that the
      ///< queue is told; exact only for policies with Claim::kKernelWeights
};

/// Receives the named state of an entity, for traces.
class StateSink {
 public:
  virtual void value(std::string_view name, std::int64_t number) = 0;

 protected:
  ~StateSink() = default;
};

/// What a task takes along from the queue of one CPU to that of another; only its policy knows what it
/// means.
struct Luggage {
  std::int64_t lag = 0;
  std::optional<std::int64_t> deadline;
};

/// A scheduling policy over one queue of siblings.
///
/// An entity is known between add() and remove(). It is queued after enqueue() or a put_prev() that
/// leaves it runnable, until pick_next() returns it or dequeue() takes it. In global scope a group
/// may be picked by several CPUs at once; then kMoreWork queues it again while it runs, and
/// put_prev() may find it queued (charge it, and keep it queued). A queue never sees `now` go back.
/// Ids are small and dense: keep state in vectors.
class Scheduler {
 public:
  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  virtual ~Scheduler() = default;

  /// The entity comes to exist, not queued. weight > 0.
  virtual void add(EntityId e, Weight weight, Time now) = 0;
  /// The entity is gone; it is neither queued nor running. Its id may be given to another.
  virtual void remove(EntityId e, Time now) = 0;
  /// The weight changes, in any state.
  virtual void set_weight(EntityId e, Weight weight, Time now) = 0;
  /// The entity, neither queued nor running, goes to the same policy's queue of another CPU: asked just
  /// before remove(), handed over there just after add().
  virtual Luggage pack(EntityId e) const {
    (void)e;
    return {};
  }
  virtual void unpack(EntityId e, const Luggage& luggage) { (void)e, (void)luggage; }

  virtual void enqueue(EntityId e, Time now, EnqueueReason why) = 0;
  /// A queued entity leaves without having run.
  virtual void dequeue(EntityId e, Time now) = 0;

  /// Takes the next entity off the queue for `cpu`, or returns kNoEntity.
  virtual EntityId pick_next(CpuId cpu, Time now) = 0;
  /// A picked entity comes back after `ran` of service (0 is possible).
  virtual void put_prev(EntityId e, Time now, Duration ran, StopReason why) = 0;

  /// The longest run of the entity just picked before put_prev. > 0; kForever for "until it
  /// blocks".
  virtual Duration slice(EntityId e, Time now) = 0;
  /// Whether slices end when they are over where machine.tick would let them go on to the next tick: by
  /// a timer (Linux's HRTICK). Then slice() is asked again, of a task, when another one joins its CPU.
  /// Does not change.
  virtual bool ends_slices_between_ticks() const { return false; }
  /// May `woken`, just queued, take the CPU from `running` at once?
  virtual bool preempts(EntityId woken, EntityId running, Time now) {
    (void)woken, (void)running, (void)now;
    return false;
  }

  /// When the policy wants on_timer() next, or kNever. Read after each call of a verb above.
  virtual Time next_timer() const { return kNever; }
  /// Refills, accounting. Entities held back may become eligible: the engine then offers idle CPUs
  /// again. True asks the engine to end the runs of this queue's running entities as kPreempted,
  /// and to pick again.
  virtual bool on_timer(Time now) {
    (void)now;
    return false;
  }
  /// At each machine.tick, if the policy asks for ticks: may the running one stay?
  virtual bool tick(EntityId running, Time now) {
    (void)running, (void)now;
    return true;
  }

  /// True keeps an empty queue competing at its parent: the policy still holds a blocked entity in
  /// play (EEVDF's delayed dequeue). The next pick may then return kNoEntity. Asked only when the
  /// queue is empty. The root is asked to pick as well, before its CPU goes idle.
  virtual bool holds_place() const { return false; }
  /// What a group `e` of this queue can count on; its own queue is told (set_capacity). By default,
  /// all there is.
  virtual Capacity capacity_of(EntityId e) const {
    (void)e;
    return capacity_;
  }
  /// What this queue can count on; called before the first add(), and again when it changes.
  virtual void set_capacity(Capacity capacity, Time now) {
    (void)now;
    capacity_ = capacity;
  }

  /// Reports the entity's state (vruntime, credit, ...), for traces. Changes nothing.
  virtual void describe(EntityId e, StateSink& sink) const { (void)e, (void)sink; }

 protected:
  Capacity capacity() const { return capacity_; }

 private:
  Capacity capacity_ = 0;
};

}  // namespace sharesim
