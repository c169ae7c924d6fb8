// Edges of ticks and of windows. An edge is crossed when something is told that happens later, so
// that all of its own instant has been seen.

#include <algorithm>
#include <cmath>

#include "sim/metrics/measures_state.hpp"

namespace sharesim {

void Measures::State::set_tick_listener(std::int64_t tick, TickListener* listener) {
  check(tick > 0 && edge_ == 0, "a listener is set before the run, with a tick");
  listener_ = listener;
  tick_ = tick;
  tick_edge_ = tick;
  waited_.assign(tasks_.size(), 0);
  find_next_edge();
}

void Measures::State::find_next_edge() {
  next_edge_ = listener_ == nullptr ? kNoEdge : tick_edge_;
  if (next_window_edge_ < window_edges_.size()) {
    next_edge_ = std::min(next_edge_, window_edges_[next_window_edge_]);
  }
}

void Measures::State::cross_edges(std::int64_t now) {
  while (next_edge_ < now) cross(next_edge_);
}

void Measures::State::cross(std::int64_t edge) {
  edge_ = edge;
  if (next_window_edge_ < window_edges_.size() && window_edges_[next_window_edge_] == edge) {
    ++next_window_edge_;
    take_windows(edge);
  }
  if (listener_ != nullptr && tick_edge_ == edge) {
    listener_->tick(at_ns(edge - tick_), at_ns(edge));
    std::fill(waited_.begin(), waited_.end(), 0);
    tick_edge_ += tick_;
  }
  find_next_edge();
}

/// Crosses what is left when the run ends at `end`: windows that reach further end here.
void Measures::State::cross_last(std::int64_t end) {
  while (next_edge_ <= end) cross(next_edge_);
  edge_ = end;
  if (listener_ != nullptr && tick_edge_ - tick_ < end) {
    listener_->tick(at_ns(tick_edge_ - tick_), at_ns(end));
  }
  for (Window& window : windows_) {
    if (window.to > end) {
      window.to = end;
      window.at_to = progress(window.entity);
      window.credits_at_to = credits(window.entity);
    }
  }
  next_edge_ = kNoEdge;
}

void Measures::State::take_windows(std::int64_t edge) {
  for (Window& window : windows_) {
    if (window.from == edge) {
      window.at_from = progress(window.entity);
      window.credits_at_from = credits(window.entity);
    }
    if (window.to == edge) {
      window.at_to = progress(window.entity);
      window.credits_at_to = credits(window.entity);
    }
  }
}

std::int64_t Measures::State::service_at(TaskId id, std::int64_t now) const {
  if (fluid_) return std::llround(ideal_.service_ns(id, at_ns(now)));
  const Task& task = tasks_[id];
  return task.service + (is_running(id, task) ? now - open_[task.last_cpu].begin_ns : 0);
}

std::int64_t Measures::State::group_service_at(GroupId id, std::int64_t now) const {
  return fluid_ ? std::llround(ideal_.group_service_ns(id, at_ns(now))) : groups_[id].service(now);
}

Progress Measures::State::progress(EntityRef entity) const {
  if (!entity.is_task()) {
    const Group& group = groups_[entity.id];
    return {.service_ns = group_service_at(entity.id, edge_),
            .ideal_ns = std::llround(ideal_.group_service_ns(entity.id, at_ns(edge_))),
            .runnable_ns = group.runnable + (group.with_demand > 0 ? edge_ : 0),
            .throttled_ns = group.throttling.until(edge_)};
  }
  const TaskId id = entity.id;
  const Task& task = tasks_[id];
  Progress result{.service_ns = service_at(id, edge_),
                  .ideal_ns = std::llround(ideal_.service_ns(id, at_ns(edge_))),
                  .runnable_ns = task.runnable + (task.has_demand ? edge_ : 0)};
  if (!waited_.empty()) {
    const std::int64_t open = task.waiting_since == kNone ? 0 : edge_ - task.waiting_since;
    result.waiting_ns = std::max(waited_[id], open);
  }
  const auto throttling = throttled_tasks_.find(id);
  if (throttling != throttled_tasks_.end()) result.throttled_ns = throttling->second.until(edge_);
  return result;
}

}  // namespace sharesim
