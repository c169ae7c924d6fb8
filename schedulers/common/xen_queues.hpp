#pragma once
// The run queues of Xen's credit scheduler: one on each CPU, by priority, and who steals from whom.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "schedulers/common/priority_lines.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// kInterrupted is only a place in the queue: of one whose run shall go on.
enum XenPriority : std::uint8_t { kInterrupted, kBoost, kUnder, kOver, kPriorities };

/// Where each entity waits, or would, and with which priority. O(1), O(CPUs) to steal and to find the
/// least loaded CPU.
class XenQueues {
 public:
  XenQueues(CpuId cpus, const QueueHost& host)
      : cpus_(cpus), host_(host), lines_(cpus), strays_(cpus) {}

  void add(EntityId e) {
    if (e >= places_.size()) places_.resize(e + 1);
    places_[e] = {};
  }

  /// Where it waits, or was last; kNoCpu at first.
  CpuId cpu(EntityId e) const { return places_[e].cpu; }
  XenPriority priority(EntityId e) const { return places_[e].priority; }
  bool contains(EntityId e) const { return lines_.contains(e); }
  bool allowed(EntityId e, CpuId cpu) const {
    return !host_.has_affinity() || host_.allowed(e, cpu);
  }

  void push_back(EntityId e) { lines_.push_back(e, places_[e].cpu, places_[e].priority); }
  /// Before all others at its CPU.
  void push_interrupted(EntityId e) { lines_.push_back(e, places_[e].cpu, kInterrupted); }
  void erase(EntityId e) { lines_.erase(e); }

  /// Of one that does not wait.
  void set_cpu(EntityId e, CpuId cpu) { places_[e].cpu = cpu; }
  /// If it waits, it goes to the end of the line of its new priority at once.
  void requeue(EntityId e, XenPriority priority) {
    places_[e].priority = priority;
    if (!contains(e)) return;
    erase(e);
    push_back(e);
  }
  /// If it waits, it stays where it is until sort().
  void judge(EntityId e, XenPriority priority) {
    Place& place = places_[e];
    if (std::exchange(place.priority, priority) != priority && contains(e))
      strays_[place.cpu].push_back(e);
  }

  /// The first at `cpu` with a priority from `begin` to before `end`, or kNoEntity.
  EntityId first(CpuId cpu, std::size_t begin, std::size_t end) const {
    return lines_.first(cpu, begin, end, host_, cpu);
  }
  /// Whom `cpu` takes: it steals rather than take one that is OVER. Or kNoEntity.
  EntityId next(CpuId cpu) const {
    EntityId e = first(cpu, kInterrupted, kOver);
    if (e == kNoEntity) e = steal(cpu, kBoost, kOver);
    if (e == kNoEntity) e = first(cpu, kOver, kPriorities);
    return e == kNoEntity ? steal(cpu, kInterrupted, kPriorities) : e;
  }

  /// Of those where `e` may run; 0 if it may nowhere. busy(cpu): whether somebody runs there.
  template <typename Busy>
  CpuId least_loaded_cpu(EntityId e, Busy busy) const {
    const auto load = [&](CpuId id) { return lines_.size(id) + (busy(id) ? 1U : 0U); };
    CpuId best = kNoCpu;
    for (CpuId id = 0; id < cpus_; ++id) {
      if (allowed(e, id) && (best == kNoCpu || load(id) < load(best))) best = id;
    }
    return best == kNoCpu ? 0 : best;
  }

  /// All go into the lines of their priorities; those that may not run where they wait move.
  template <typename Busy>
  void sort(Busy busy) {
    for (CpuId id = 0; id < cpus_; ++id) {
      std::vector<EntityId>& strays = strays_[id];
      std::erase_if(strays, [&](EntityId e) { return !contains(e); });  // parked
      for (const EntityId e : lines_.all(id, kInterrupted, kBoost)) strays.push_back(e);
      lines_.sort(strays, [&](EntityId e) { return places_[e].priority; });
      strays.clear();
      if (!host_.has_affinity()) continue;
      for (const EntityId e : lines_.all(id, kInterrupted, kPriorities)) {
        if (host_.allowed(e, id)) continue;
        erase(e);
        set_cpu(e, least_loaded_cpu(e, busy));
        push_back(e);
      }
    }
  }

 private:
  struct Place {
    CpuId cpu = kNoCpu;
    XenPriority priority = kUnder;
  };

  /// The first that waits at another CPU with one of these priorities, from the next CPU on.
  EntityId steal(CpuId thief, std::size_t begin, std::size_t end) const {
    for (CpuId i = 1; i < cpus_; ++i) {
      const EntityId e = lines_.first((thief + i) % cpus_, begin, end, host_, thief);
      if (e != kNoEntity) return e;
    }
    return kNoEntity;
  }

  const CpuId cpus_;
  const QueueHost& host_;
  std::vector<Place> places_;
  PriorityLines<kPriorities> lines_;
  std::vector<std::vector<EntityId>> strays_;  ///< by CPU: queued, but not by their priority
};

}  // namespace sharesim
