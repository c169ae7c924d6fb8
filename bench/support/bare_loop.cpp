#include "bench/support/bare_loop.hpp"

namespace sharesim::bench {

BareLoop::BareLoop(const std::vector<Weight>& weights) {
  tasks_.reserve(weights.size());
  for (const Weight weight : weights) {
    heap_.push({0, static_cast<TaskId>(tasks_.size())});
    tasks_.push_back({.tag = {}, .weight = weight, .service = {}});
  }
}

// Not in the header: so every benchmark times the very same machine code.
void BareLoop::run(std::uint64_t decisions, Duration slice) {
  for (; decisions > 0; --decisions) {
    const TaskId id = heap_.top().id;
    heap_.pop();
    Task& task = tasks_[id];
    task.service += slice;
    task.tag.charge(slice, task.weight);
    heap_.push({task.tag.tag, id});
  }
}

}  // namespace sharesim::bench
