#pragma once
// Many cells on a few threads; the results come back in the cells' order.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "sim/record/result.hpp"

namespace sharesim::cli {

/// How a cell ended: with a result, with an error, or (both empty) it was never begun.
struct CellOutcome {
  std::optional<Result> result;
  std::exception_ptr error;
};

class CellPool {
 public:
  /// Starts `threads` threads, at least one, that call `work` for 0 .. cells-1; none is begun any
  /// more once `stop` is set.
  CellPool(std::size_t cells, std::size_t threads, std::function<Result(std::size_t)> work,
           const std::atomic<bool>& stop);
  /// Waits for the cells that have begun.
  ~CellPool();
  CellPool(const CellPool&) = delete;
  CellPool& operator=(const CellPool&) = delete;

  /// Waits for a cell and takes its outcome. Once per cell.
  CellOutcome take(std::size_t cell);

  /// Calls `work` for 0 .. count-1 on the same threads, before any cell that has not begun, and waits for all of them. None
  /// is begun any more once the pool's `stop` is set. Throws what the first of them threw, in the order of their numbers.
  void run_first(std::size_t count, const std::function<void(std::size_t)>& work);

 private:
  /// What run_first() waits for.
  struct Batch {
    const std::function<void(std::size_t)>* work = nullptr;
    std::size_t next = 0, left = 0;
    std::vector<std::exception_ptr> errors{};
  };
  struct Slot {
    bool done = false;
    CellOutcome outcome;
  };
  void work_until_closed();
  void work_on_batch(std::unique_lock<std::mutex>& lock);
  void work_on_cell(std::unique_lock<std::mutex>& lock);

  const std::function<Result(std::size_t)> work_;
  const std::atomic<bool>& stop_;
  std::mutex mutex_;  ///< guards all that follows but the threads
  std::condition_variable finished_;
  std::condition_variable more_to_do_;
  std::size_t next_ = 0;
  Batch* batch_ = nullptr;  ///< while run_first() has numbers that nobody has taken
  bool closed_ = false;     ///< no run_first() will come
  std::vector<Slot> slots_;
  std::vector<std::thread> threads_;
};

}  // namespace sharesim::cli
