#pragma once
// The least that the engine's decisions can cost: a heap and an array, and nothing else.

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "schedulers/common/virtual_time.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"

namespace sharesim::bench {

/// The decisions of sfq on one CPU among tasks that always run: no engine, no queues of siblings,
/// no observer, no time. The heap is std::priority_queue, on purpose not the tree that sfq itself
/// uses.
class BareLoop {
 public:
  /// A task for each weight, all of them queued.
  explicit BareLoop(const std::vector<Weight>& weights);

  /// `decisions` times: the smallest tag (ties: lower id) runs for `slice` and is queued again.
  void run(std::uint64_t decisions, Duration slice);

  Duration service(TaskId id) const { return tasks_[id].service; }

 private:
  struct Task {
    VirtualTime tag;
    Weight weight;
    Duration service;
  };
  struct Entry {
    Tag tag;
    TaskId id;
    friend bool operator>(const Entry& a, const Entry& b) {
      return a.tag != b.tag ? a.tag > b.tag : a.id > b.id;
    }
  };

  std::vector<Task> tasks_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace sharesim::bench
