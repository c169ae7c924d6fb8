#pragma once
// The CPUs of Xen's credit scheduler: who runs there, who waits for them, and who is parked.

#include <utility>
#include <vector>

#include "schedulers/common/xen_queues.hpp"
#include "schedulers/common/xen_runs.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Runs and queues by priority, of which a CPU takes the first. One that is parked neither runs nor waits.
/// O(1); O(CPUs) to steal, to find a CPU for one that comes, and where a run ends.
class XenCpus {
 public:
  XenCpus(CpuId cpus, Duration slice, Duration ratelimit, const QueueHost& host)
      : slice_(slice), queues_(cpus, host), runs_(cpus, ratelimit) {}

  void add(EntityId e) {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {};
    queues_.add(e);
  }

  XenPriority priority(EntityId e) const { return queues_.priority(e); }
  /// If it waits, it goes to the end of the line of its new priority.
  void set_priority(EntityId e, XenPriority priority) { queues_.requeue(e, priority); }

  /// `e` comes from outside: to the CPU that it was on, but not if `anywhere` will do.
  void come(EntityId e, bool anywhere, Time now) {
    Client& client = clients_[e];
    client.waits_parked = client.parked;
    if (client.parked) return;
    const CpuId last = queues_.cpu(e);
    if (last == kNoCpu || anywhere || !queues_.allowed(e, last))
      queues_.set_cpu(e, least_loaded_cpu(e));
    preempt_interrupted(e);
    queues_.push_back(e);
    if (!runs_.is_preemptible(queues_.cpu(e), now)) call_cpu(e, now);  // else see preempts()
  }
  /// And leaves, from where it waits.
  void go(EntityId e) {
    clients_[e].waits_parked = false;
    clients_[e].rest = {};
    queues_.erase(e);
  }

  /// Whom `cpu` takes, or kNoEntity. Its run begins: a slice, or the rest of one that has been interrupted.
  EntityId take_next(CpuId cpu, Time now) {
    const CpuId id = runs_.cpus() > 1 ? cpu : 0;
    const EntityId e = queues_.next(id);
    if (e == kNoEntity) return e;
    Client& client = clients_[e];
    queues_.erase(e);
    queues_.set_cpu(e, id);
    client.granted = client.rest > Duration::zero() ? client.rest : slice_;
    client.rest = {};
    runs_.begin(id, {.entity = e, .began = now, .slice_end = add_saturating(now, client.granted)});
    return e;
  }
  /// What the latest run of `e` may last.
  Duration granted(EntityId e) const { return clients_[e].granted; }
  /// A run of `e` ends, who waits again if it is `runnable`. What it had been debited with.
  Duration end_run(EntityId e, Time now, Duration ran, bool runnable) {
    const CpuId id = runs_.find(e, now, ran);
    const XenRun& run = runs_.on(id);
    const Duration burned = run.burned;
    const Duration rest = run.goes_on ? run.slice_end - now : Duration::zero();
    runs_.end(id);
    if (runnable && !waits(e)) wait_again(e, id, rest);  // a group may be queued while it runs
    return burned;
  }
  /// What the run on `cpu` has used and not been debited with yet; it is, now.
  Duration burn(CpuId cpu, Time now) { return runs_.burn(cpu, now); }
  /// Calls visit(cpu, e) for all that run.
  template <typename Visit>
  void for_each_run(Visit visit) const {
    for (CpuId id = 0; id < runs_.cpus(); ++id) {
      if (!runs_.idle(id)) visit(id, runs_.on(id).entity);
    }
  }

  bool preempts(EntityId woken, EntityId running, Time now) const {
    const CpuId id = queues_.cpu(woken);
    return !clients_[woken].parked && runs_.on(id).entity == running &&
           runs_.is_preemptible(id, now) && priority(woken) < priority(running);
  }
  /// When a CPU has to look whether its run goes on.
  Time next_call() const { return runs_.next_call(); }
  /// Whether a run has to end now.
  bool answer_calls(Time now) {
    return runs_.answer_calls(now, [&](CpuId id, bool called) {
      const EntityId e = runs_.on(id).entity;
      return clients_[e].parked || (called && queues_.first(id, kBoost, priority(e)) != kNoEntity);
    });
  }

  /// A priority by which it waits from sort() on.
  void judge(EntityId e, XenPriority priority) { queues_.judge(e, priority); }
  void sort() {
    queues_.sort([this](CpuId id) { return !runs_.idle(id); });
  }

  bool parked(EntityId e) const { return clients_[e].parked; }
  void park(EntityId e) {
    Client& client = clients_[e];
    if (client.parked) return;
    client.waits_parked = waits(e);
    client.parked = true;
    queues_.erase(e);
  }
  void unpark(EntityId e, Time now) {
    Client& client = clients_[e];
    client.parked = false;
    if (!std::exchange(client.waits_parked, false)) return;
    if (!queues_.allowed(e, queues_.cpu(e))) queues_.set_cpu(e, least_loaded_cpu(e));
    queues_.push_back(e);
    call_cpu(e, now);
  }

 private:
  struct Client {
    Duration rest{};            ///< of a slice that goes on at once; else 0
    Duration granted{};         ///< the slice of its latest run
    bool parked = false;        ///< not served: used up its cap
    bool waits_parked = false;  ///< and would wait
  };

  bool waits(EntityId e) const { return clients_[e].waits_parked || queues_.contains(e); }
  CpuId least_loaded_cpu(EntityId e) const {
    return queues_.least_loaded_cpu(e, [this](CpuId id) { return !runs_.idle(id); });
  }

  /// On `cpu` if it may, first if there is a rest of its slice.
  void wait_again(EntityId e, CpuId cpu, Duration rest) {
    Client& client = clients_[e];
    if (client.parked) {
      client.waits_parked = true;
      return;
    }
    queues_.set_cpu(e, queues_.allowed(e, cpu) ? cpu : least_loaded_cpu(e));
    client.rest = rest;
    if (rest > Duration::zero()) {
      queues_.push_interrupted(e);
    } else {
      queues_.push_back(e);
    }
  }
  /// `e`, who waits, has its CPU look for it: at once, or when the ratelimit lets it.
  void call_cpu(EntityId e, Time now) {
    const CpuId id = queues_.cpu(e);
    if (!runs_.idle(id) && priority(e) < priority(runs_.on(id).entity)) runs_.call(id, now);
  }
  /// At the instant of an interruption: `e` comes before the interrupted one if it would have
  /// preempted it.
  void preempt_interrupted(EntityId e) {
    const EntityId other = queues_.first(queues_.cpu(e), kInterrupted, kBoost);
    if (other != kNoEntity && priority(other) > priority(e))
      queues_.requeue(other, priority(other));
  }

  const Duration slice_;
  std::vector<Client> clients_;
  XenQueues queues_;
  XenRuns runs_;
};

}  // namespace sharesim
