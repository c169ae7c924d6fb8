// The scenario's events: weights, caps and affinities that change in mid-run.

#include "sim/engine/simulation.hpp"

namespace sharesim {

void Simulation::apply_change(const ScenarioEvent& event) {
  if (event.weight) change_weights(event.entities, *event.weight);
  if (event.cap) change_caps(event.entities, *event.cap);
  if (event.cpus) change_affinity(event.entities, *event.cpus);
}

void Simulation::change_weights(const std::vector<EntityRef>& entities, Weight weight) {
  for (const EntityRef entity : entities) {
    set_weight(entity, weight / unit_);
    observer_.weight_changed(entity, weight, now_);
  }
  resolve_entitlements();
  rebuild_loads();
}

void Simulation::change_caps(const std::vector<EntityRef>& entities,
                             const std::optional<Bandwidth>& cap) {
  settle_slices();
  for (const EntityRef entity : entities) {
    set_cap(entity, cap);
    observer_.cap_changed(entity, cap ? &*cap : nullptr, now_);
  }
  link_pools();
  replan_runs();
}

void Simulation::change_affinity(const std::vector<EntityRef>& entities, const CpuSet& cpus) {
  for (const EntityRef entity : entities) {
    if (entity.is_task()) {
      bind_task(entity.id, intern(cpus));
    } else {
      own_cpus_[entity.id] = cpus;
    }
  }
  resolve_affinity();
  for (const EntityRef entity : entities) observer_.affinity_changed(entity, cpus, now_);
  enforce_affinity();
}

void Simulation::set_weight(EntityRef entity, Weight weight) {
  if (entity.is_task()) {
    Task& task = tasks_[entity.id];
    task.weight = weight;
    if (task.queue == nullptr) return;
    task.queue->policy->set_weight(task.id, weight * scale_, now_);
    arm_timer(*task.queue);
    capacity_may_change(*task.queue);
    return;
  }
  groups_[entity.id].weight = weight;
  for (RunQueue* queue : groups_[entity.id].queues) {
    if (queue->parent == nullptr) continue;
    queue->weight = weight * scale_;
    queue->parent->policy->set_weight(queue->self, queue->weight, now_);
    arm_timer(*queue->parent);
    capacity_may_change(*queue->parent);
  }
}

/// Moves the tasks that wait or run where they may not any more.
void Simulation::enforce_affinity() {
  for (Task& task : tasks_) {
    if (task.queue == nullptr || task.cpu == kNoCpu || task.cpus->contains(task.cpu)) continue;
    if (task.state == TaskState::kRunning) put(cpus_[task.cpu], StopReason::kPreempted);
    if (balancing() && task.state != TaskState::kBlocked) migrate(task, place(task));
  }
  offer_ = true;
}

}  // namespace sharesim
