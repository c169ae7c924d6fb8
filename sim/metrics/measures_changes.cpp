#include "sim/metrics/measures_state.hpp"
#include "sim/metrics/measures_tree.hpp"

namespace sharesim {

// ---- Competing ----

/// A child of `group` has work and is not throttled; that may be the first in `group`, and so on
/// up.
void Measures::State::start_competing(GroupId group, std::uint32_t child, std::int64_t now) {
  for (;;) {
    Group& g = groups_[group];
    g.fairness.compete(child, now);
    if (g.competing++ > 0 || group == kRoot || g.throttled()) return;
    child = g.child;
    group = g.parent;
  }
}

void Measures::State::stop_competing(GroupId group, std::uint32_t child, std::int64_t now) {
  for (;;) {
    Group& g = groups_[group];
    g.fairness.retire(child, now);
    if (--g.competing > 0 || group == kRoot || g.throttled()) return;
    child = g.child;
    group = g.parent;
  }
}

// ---- Throttling ----

void Measures::State::throttled(EntityRef entity, std::int64_t now) {
  pass_edges(now);
  sample_group(kRoot, now);
  Throttling& throttling =
      entity.is_task() ? throttled_tasks_[entity.id] : groups_[entity.id].throttling;
  check(throttling.since == kNone, "what is throttled was not throttled before");
  if (entity.is_task()) {
    Task& task = tasks_[entity.id];
    stops_waiting(entity.id, task, now);
    if (task.competes()) stop_competing(task.group, task.child, now);
    task.throttled = true;
  } else {
    const Group& group = groups_[entity.id];
    if (group.competing > 0 && entity.id != kRoot) stop_competing(group.parent, group.child, now);
    hold_tasks(entity.id, now);
  }
  throttling.since = now;
  ++throttling.times;
  if (credits_) credits_->throttled(entity);
}

void Measures::State::unthrottled(EntityRef entity, std::int64_t now) {
  pass_edges(now);
  sample_group(kRoot, now);
  Throttling& throttling =
      entity.is_task() ? throttled_tasks_[entity.id] : groups_[entity.id].throttling;
  check(throttling.since != kNone, "what is unthrottled was throttled before");
  throttling.total = throttling.until(now);
  throttling.since = kNone;
  if (entity.is_task()) {
    Task& task = tasks_[entity.id];
    task.throttled = false;
    if (!task.has_demand) return;
    start_competing(task.group, task.child, now);
    if (!is_running(entity.id, task)) starts_waiting(entity.id, task, now);
  } else {
    const Group& group = groups_[entity.id];
    if (group.competing > 0 && entity.id != kRoot) start_competing(group.parent, group.child, now);
    release_tasks(entity.id, now);
  }
}

/// One more of the groups at or above `id` is throttled.
void Measures::State::hold_tasks(GroupId id, std::int64_t now) {
  if (groups_[id].held++ == 0) {
    for_each_own_task(groups_[id], [&](TaskId task) { stops_waiting(task, tasks_[task], now); });
  }
  for (const GroupId child : groups_[id].groups) hold_tasks(child, now);
}

void Measures::State::release_tasks(GroupId id, std::int64_t now) {
  if (--groups_[id].held == 0) {
    for_each_own_task(groups_[id], [&](TaskId own) {
      Task& task = tasks_[own];
      if (task.has_demand && !is_running(own, task)) starts_waiting(own, task, now);
    });
  }
  for (const GroupId child : groups_[id].groups) release_tasks(child, now);
}

// ---- Changes ----

void Measures::State::weight_changed(EntityRef entity, Weight weight, std::int64_t now) {
  pass_edges(now);
  ideal_.set_weight(entity, weight, at_ns(now));
  ideal_changed();
  if (entity.is_task()) {
    const Task& task = tasks_[entity.id];
    groups_[task.group].fairness.set_weight(task.child, weight, now);
  } else if (entity.id != kRoot) {
    const Group& group = groups_[entity.id];
    groups_[group.parent].fairness.set_weight(group.child, weight, now);
  }
}

void Measures::State::cap_changed(EntityRef entity, const Bandwidth* cap, std::int64_t now) {
  pass_edges(now);
  ideal_.set_cap(entity, cap, at_ns(now));
  ideal_changed();
  if (credits_) credits_->cap_changed(entity, cap, at_ns(now));
}

void Measures::State::affinity_changed(EntityRef entity, const CpuSet& cpus, std::int64_t now) {
  pass_edges(now);
  check(affinity_.has_value(), "what changes its set of CPUs is told so in the scenario");
  ideal_.set_affinity(entity, cpus, at_ns(now));
  ideal_changed();
  affinity_->set(entity, cpus);
  bind_tasks(now);
}

/// Tells where each task may run now.
void Measures::State::bind_tasks(std::int64_t now) {
  for (TaskId id = 0; id < tasks_.size(); ++id) {
    const WastedIdle::SetId set = affinity_->of_tasks()[id];
    wasted_.bind(id, set, affinity_->sets()[set], tasks_[id].waiting_since != kNone, now);
  }
}

}  // namespace sharesim
