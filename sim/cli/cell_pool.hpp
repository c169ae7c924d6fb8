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

 private:
  struct Slot {
    bool done = false;
    CellOutcome outcome;
  };
  void work_on_cells();

  const std::function<Result(std::size_t)> work_;
  const std::atomic<bool>& stop_;
  std::mutex mutex_;  ///< guards next_ and slots_
  std::condition_variable finished_;
  std::size_t next_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::thread> threads_;
};

}  // namespace sharesim::cli
