#include "sim/engine/run_queue.hpp"

#include <algorithm>

#include "sim/engine/simulation.hpp"

namespace sharesim {

Duration RunQueue::remaining_burst(EntityId e) const {
  const Member& member = members[e];
  return member.child != nullptr ? kForever : simulation->remaining_burst(*member.task);
}

bool RunQueue::allowed(EntityId e, CpuId on_cpu) const {
  const Member& member = members[e];
  if (member.child == nullptr) return member.task->cpus->contains(on_cpu);
  const RunQueue& child = *member.child;
  if (!child.has_work()) return false;
  for (EntityId inner = 0; inner < child.members.size(); ++inner) {
    if (child.members[inner].queued && child.allowed(inner, on_cpu)) return true;
  }
  return false;
}

const Bandwidth* RunQueue::cap(EntityId e) const { return simulation->cap_of(*this, e); }

std::optional<std::int64_t> RunQueue::hint(EntityId e, std::string_view name) const {
  for (const Hint& hint : simulation->hints_of(members[e])) {
    if (hint.name == name) return hint.value;
  }
  return std::nullopt;
}

std::optional<Duration> RunQueue::ran() const { return simulation->ran_below(*this); }

const Scheduler* RunQueue::below(EntityId e) const {
  const RunQueue* child = members[e].child;
  return child != nullptr ? child->policy.get() : nullptr;
}

QueueHost::Leaf RunQueue::woken() const { return simulation->woken(); }

bool RunQueue::idle(EntityId e) const { return simulation->is_idle(members[e]); }

EntityId RunQueue::add_member(const Member& member) {
  if (!free_ids.empty()) {
    const EntityId e = free_ids.back();
    free_ids.pop_back();
    members[e] = member;
    return e;
  }
  members.push_back(member);
  return static_cast<EntityId>(members.size() - 1);
}

void RunQueue::remove_member(EntityId e) {
  members[e] = {};
  free_ids.push_back(e);
}

}  // namespace sharesim
