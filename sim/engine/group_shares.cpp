// group_shares: linux: what a group's queue on one CPU weighs among its siblings there
// (calc_group_shares and update_tg_load_avg in kernel/sched/fair.c):
//
//   load   = max(weight of its runnable members, its average)
//   all    = the sum of the group's averages on all CPUs, with load in place of this queue's own
//   weight = weight of the group * load / all, and at most the weight of the group
//
// It is brought up to date when a member comes or goes, at every tick of a task below, and, while its
// average goes down to 0, at every tick of a queue that has become empty. A queue tells the group its average when that has changed by 1/64.

#include <algorithm>
#include <cstdlib>

#include "sim/engine/simulation.hpp"

namespace sharesim {
namespace {

/// An average that has changed by less than this part is not told.
constexpr std::int64_t kToldPart = 64;

}  // namespace

LinuxShares::OfQueue& Simulation::share_of(const RunQueue& queue) {
  if (shares_->queues.size() < queues_.size()) shares_->queues.resize(queues_.size());
  return shares_->queues[queue.index];
}

/// The members of a queue change by so much weight and so many of them; its group weighs more or less
/// for it among its siblings, and so on up.
void Simulation::change_share(RunQueue& leaf, std::int64_t weight, std::int32_t members) {
  for (RunQueue* queue = &leaf; queue->parent != nullptr; queue = queue->parent) {
    LinuxShares::OfQueue& share = share_of(*queue);
    share.average.update(now_, share.weight);
    const bool was = share.members > 0;
    const Weight before = queue->weight;
    share.weight += weight;
    share.members = static_cast<std::uint32_t>(static_cast<std::int64_t>(share.members) + members);
    update_share(*queue, share);
    const bool is = share.members > 0;
    weight = (is ? queue->weight : 0) - (was ? before : 0);
    members = static_cast<std::int32_t>(is) - static_cast<std::int32_t>(was);
  }
}

void Simulation::update_share(RunQueue& queue, LinuxShares::OfQueue& share) {
  std::int64_t& group_load = shares_->groups[queue.group];
  const std::int64_t average = share.average.value();
  const std::int64_t untold = average - share.told;
  if (std::abs(untold) > share.told / kToldPart) {
    group_load += untold;
    share.told = average;
  }
  if (share.weight == 0) return;  // nobody there: it does not compete, and keeps its last weight
  const Weight most = groups_[queue.group].weight * scale_;
  const std::int64_t load = std::max(share.weight, average);
  const std::int64_t all = std::max<std::int64_t>(group_load - share.told + load, 1);
  const auto part = static_cast<__int128>(most) * load / all;
  const auto weight = static_cast<Weight>(std::clamp<__int128>(part, 1, most));
  if (weight == queue.weight) return;
  queue.weight = weight;
  queue.parent->policy->set_weight(queue.self, weight, now_);
  arm_timer(*queue.parent);
}

/// A tick: the averages go on.
void Simulation::tick_shares() {
  for (const Cpu& cpu : cpus_) {
    if (cpu.current != nullptr) change_share(*cpu.current->queue, 0, 0);
  }
  // Of queues that nobody is left in the average goes down as well (update_blocked_averages).
  for (const auto& queue : queues_) {
    LinuxShares::OfQueue& share = share_of(*queue);
    if (queue->parent == nullptr || share.members > 0 || share.told == 0) continue;
    share.average.update(now_, 0);
    update_share(*queue, share);
  }
}

/// After weights have changed: counts all members again.
void Simulation::rebuild_shares() {
  for (const auto& queue : queues_) {
    LinuxShares::OfQueue& share = share_of(*queue);
    share.average.update(now_, share.weight);
    share.weight = 0;
    share.members = 0;
  }
  for (const Cpu& cpu : cpus_) {
    for (TaskId id = cpu.first; id != kNoTask; id = tasks_[id].next) {
      change_share(*tasks_[id].queue, tasks_[id].weight * scale_, 1);
    }
  }
}

/// A task of this weight goes from one CPU's queue to another's, and takes what it added to the
/// average of the old one along; it is counted in neither.
void Simulation::carry_share(RunQueue& from, RunQueue& to, Weight weight) {
  if (from.parent == nullptr) return;
  LinuxShares::OfQueue& there = share_of(from);
  LinuxShares::OfQueue& here = share_of(to);
  there.average.update(now_, there.weight);
  here.average.update(now_, here.weight);
  const std::int64_t moved = std::min(there.average.value(), weight);
  there.average.set(there.average.value() - moved);
  here.average.set(here.average.value() + moved);
  change_share(from, 0, 0);
}

}  // namespace sharesim
