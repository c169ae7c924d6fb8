#pragma once
// The queues of distributed weighted round-robin: one on each CPU, and the round that it is in.

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "schedulers/common/seated_queue.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Threads by v = service / w: the smallest first, then first come first served. A round is a length
/// of v, and each CPU has come to one. O(log n); what looks at all CPUs says so.
class RoundQueues {
 public:
  RoundQueues(CpuId cpus, const QueueHost& host) : host_(host), cpus_(cpus) {}

  void add(EntityId e, Weight weight) {
    if (e >= threads_.size()) threads_.resize(e + 1);
    threads_[e] = {.weight = weight};
  }
  Weight weight(EntityId e) const { return threads_[e].weight; }
  /// Of one that is not queued.
  void set_weight(EntityId e, Weight weight) {
    Thread& thread = threads_[e];
    thread.v.reweigh(thread.weight, weight);
    thread.weight = weight;
  }
  /// How far v goes in a round: B / the least weight.
  void set_round(Tag length) {
    round_ = length;
    for (Cpu& cpu : cpus_) reach(cpu, cpu.reached);
  }

  const VirtualTime& v(EntityId e) const { return threads_[e].v; }
  /// Where it is queued, runs, or ran last; kNoCpu at first.
  CpuId cpu(EntityId e) const { return threads_[e].cpu; }
  std::int64_t round_of(EntityId e) const { return threads_[e].v.tag / round_; }
  std::int64_t round_at(CpuId cpu) const { return cpus_[cpu].reached / round_; }
  /// CPU time that `e` may have in its round, in 1/kTagsPerNs ns.
  __int128 left_of_round(EntityId e) const {
    const Thread& thread = threads_[e];
    return __int128{round_ - thread.v.tag % round_} * thread.weight - thread.v.remainder;
  }
  /// In a round that `cpu` has come to.
  bool is_active(EntityId e, CpuId cpu) const { return threads_[e].v.tag < cpus_[cpu].next_round; }

  bool contains(EntityId e) const { return threads_[e].seat != SeatedQueue::kNoSeat; }
  void queue(EntityId e) {
    Thread& thread = threads_[e];
    thread.order = ++arrivals_;
    thread.seat = cpus_[thread.cpu].queue.insert(e, thread.rank());
  }
  void take(EntityId e) {
    Thread& thread = threads_[e];
    cpus_[thread.cpu].queue.erase(std::exchange(thread.seat, SeatedQueue::kNoSeat));
  }

  /// `e`, which comes from outside, takes part in the rounds of the CPU that it ran on, or else of the
  /// one with the least to do: active or expired there. O(CPUs)
  void join(EntityId e) {
    Thread& thread = threads_[e];
    thread.cpu = home(e);
    begin_again(thread.cpu);
    const std::int64_t round = round_at(thread.cpu);
    thread.v.raise_to(start(round));
    const std::int64_t ahead = round_of(e) - (round + 1);
    if (ahead > 0) thread.v.tag -= start(ahead);
  }
  /// `cpu`, if it has had nothing to do, goes on with those that have: in their highest round. O(CPUs)
  void begin_again(CpuId cpu) {
    if (cpus_[cpu].works()) return;
    Tag highest = -1;
    for (const Cpu& other : cpus_) {
      if (other.works()) highest = std::max(highest, other.reached);
    }
    if (highest >= 0) reach(cpus_[cpu], highest);
  }

  /// The run on `cpu` is over.
  void stop(CpuId cpu) { cpus_[cpu].running = cpus_[cpu].ended = kNoEntity; }
  /// `e`, queued anywhere, runs on `cpu`, which goes on to its round; `e` is taken along if it is more
  /// than one behind.
  void start_run(EntityId e, CpuId cpu) {
    Thread& thread = threads_[e];
    take(e);
    if (!is_active(e, cpu)) reach(cpus_[cpu], start(round_of(e)));
    if (thread.cpu != cpu) thread.v.raise_to(start(round_at(cpu) - 1));
    thread.cpu = cpu;
    cpus_[cpu].running = e;
  }
  /// A run of `e`, who is not queued, ends. Of a group on several CPUs it may be any of them.
  void end_run(EntityId e, Duration ran, Time now) {
    Cpu& freed = cpu_running(e);
    freed.running = kNoEntity;
    freed.ended = e;
    freed.ended_at = now;
    threads_[e].v.charge(ran, threads_[e].weight);
  }

  /// The first in the queue of `cpu` that may run there, or kNoEntity.
  EntityId first(CpuId cpu) { return first(cpu, cpu, kNoEntity); }
  /// The one furthest behind of those that wait elsewhere. Whose run has ended at this very instant
  /// does not wait until its CPU has picked, unless `any` will do. O(CPUs)
  EntityId first_elsewhere(CpuId cpu, Time now, bool any) {
    EntityId best = kNoEntity;
    EntityId best_of_all = kNoEntity;
    const auto lower = [&](EntityId a, EntityId b) {
      if (a == kNoEntity || b == kNoEntity) return a == kNoEntity ? b : a;
      return threads_[a].rank() < threads_[b].rank() ? a : b;
    };
    for (CpuId other = 0; other < cpus_.size(); ++other) {
      if (other == cpu) continue;
      const bool picks_now = cpus_[other].ended_at == now;
      best = lower(first(other, cpu, picks_now ? cpus_[other].ended : kNoEntity), best);
      best_of_all = lower(first(other, cpu, kNoEntity), best_of_all);
    }
    return best == kNoEntity && any ? best_of_all : best;
  }

 private:
  struct Thread {
    VirtualTime v;
    Weight weight = 1;
    CpuId cpu = kNoCpu;
    std::int64_t order = 0;                         ///< of its coming to the queue
    SeatedQueue::Seat seat = SeatedQueue::kNoSeat;  ///< while it is queued

    SeatedQueue::Rank rank() const { return (SeatedQueue::Rank{v.tag} << 62U) + order; }
  };
  struct Cpu {
    SeatedQueue queue;
    Tag reached = 0;     ///< v at the start of its round
    Tag next_round = 1;  ///< v at the start of the next one
    EntityId running = kNoEntity;
    EntityId ended = kNoEntity;  ///< whose run has ended there since the last pick
    Time ended_at{};

    bool works() const { return running != kNoEntity || !queue.empty(); }
  };

  Tag start(std::int64_t round) const { return round * round_; }
  void reach(Cpu& cpu, Tag v) {
    cpu.reached = v;
    cpu.next_round = start(v / round_ + 1);
  }
  bool may_run(EntityId e, CpuId cpu) const {
    return !host_.has_affinity() || host_.allowed(e, cpu);
  }

  Cpu& cpu_running(EntityId e) {
    Cpu& last = cpus_[threads_[e].cpu];
    if (last.running == e) return last;
    const auto any =
        std::find_if(cpus_.begin(), cpus_.end(), [&](const Cpu& cpu) { return cpu.running == e; });
    return any == cpus_.end() ? last : *any;
  }

  CpuId home(EntityId e) const {
    const CpuId last = threads_[e].cpu;
    if (last != kNoCpu && may_run(e, last)) return last;
    const auto load = [&](CpuId cpu) {
      return cpus_[cpu].queue.size() + (cpus_[cpu].running != kNoEntity ? 1U : 0U);
    };
    CpuId best = kNoCpu;
    for (CpuId cpu = 0; cpu < cpus_.size(); ++cpu) {
      if (may_run(e, cpu) && (best == kNoCpu || load(cpu) < load(best))) best = cpu;
    }
    return best == kNoCpu ? 0 : best;
  }

  /// The first in the queue of `owner` that may run on `cpu` and is not `spared`, or kNoEntity.
  EntityId first(CpuId owner, CpuId cpu, EntityId spared) {
    SeatedQueue& queue = cpus_[owner].queue;
    if (const EntityId e = queue.first(); e == kNoEntity || (e != spared && may_run(e, cpu)))
      return e;
    return queue.first_if([&](EntityId e) { return e != spared && may_run(e, cpu); });
  }

  const QueueHost& host_;
  std::vector<Thread> threads_;
  std::vector<Cpu> cpus_;
  Tag round_ = 1;
  std::int64_t arrivals_ = 0;
};

}  // namespace sharesim
