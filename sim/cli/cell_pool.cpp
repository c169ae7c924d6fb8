#include "sim/cli/cell_pool.hpp"

#include <algorithm>
#include <utility>

namespace sharesim::cli {

CellPool::CellPool(std::size_t cells, std::size_t threads, std::function<Result(std::size_t)> work,
                   const std::atomic<bool>& stop)
    : work_(std::move(work)), stop_(stop), slots_(cells) {
  const std::size_t wanted = std::max<std::size_t>(1, std::min(threads, cells));
  threads_.reserve(wanted);
  for (std::size_t i = 0; i < wanted; ++i) threads_.emplace_back([this] { work_on_cells(); });
}

CellPool::~CellPool() {
  for (std::thread& thread : threads_) thread.join();
}

CellOutcome CellPool::take(std::size_t cell) {
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [&] { return slots_[cell].done; });
  return std::move(slots_[cell].outcome);
}

void CellPool::work_on_cells() {
  for (;;) {
    std::size_t cell = 0;
    {
      const std::lock_guard lock(mutex_);
      if (next_ == slots_.size()) return;
      cell = next_++;
    }
    CellOutcome outcome;
    if (!stop_) {
      try {
        outcome.result = work_(cell);
      } catch (...) {
        outcome.error = std::current_exception();
      }
    }
    const std::lock_guard lock(mutex_);
    slots_[cell] = {true, std::move(outcome)};
    finished_.notify_all();
  }
}

}  // namespace sharesim::cli
