#include "sim/cli/cell_pool.hpp"

#include <algorithm>
#include <utility>

namespace sharesim::cli {

CellPool::CellPool(std::size_t cells, std::size_t threads, std::function<Result(std::size_t)> work,
                   const std::atomic<bool>& stop)
    : work_(std::move(work)), stop_(stop), slots_(cells) {
  const std::size_t wanted = std::max<std::size_t>(1, std::min(threads, cells));
  threads_.reserve(wanted);
  for (std::size_t i = 0; i < wanted; ++i) threads_.emplace_back([this] { work_until_closed(); });
}

CellPool::~CellPool() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  more_to_do_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

CellOutcome CellPool::take(std::size_t cell) {
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [&] { return slots_[cell].done; });
  return std::move(slots_[cell].outcome);
}

void CellPool::run_first(std::size_t count, const std::function<void(std::size_t)>& work) {
  if (count == 0) return;
  Batch batch{.work = &work, .left = count, .errors = std::vector<std::exception_ptr>(count)};
  {
    std::unique_lock lock(mutex_);
    batch_ = &batch;
    more_to_do_.notify_all();
    finished_.wait(lock, [&] { return batch.left == 0; });
  }
  for (const std::exception_ptr& error : batch.errors) {
    if (error) std::rethrow_exception(error);
  }
}

void CellPool::work_until_closed() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (batch_ != nullptr) {
      work_on_batch(lock);
    } else if (next_ < slots_.size()) {
      work_on_cell(lock);
    } else if (closed_) {
      return;
    } else {
      more_to_do_.wait(lock);
    }
  }
}

void CellPool::work_on_batch(std::unique_lock<std::mutex>& lock) {
  Batch& batch = *batch_;
  const std::size_t number = batch.next++;
  if (batch.next == batch.errors.size()) batch_ = nullptr;
  lock.unlock();
  std::exception_ptr error;
  if (!stop_) {
    try {
      (*batch.work)(number);
    } catch (...) {
      error = std::current_exception();
    }
  }
  lock.lock();
  batch.errors[number] = error;
  if (--batch.left == 0) finished_.notify_all();
}

void CellPool::work_on_cell(std::unique_lock<std::mutex>& lock) {
  const std::size_t cell = next_++;
  lock.unlock();
  CellOutcome outcome;
  if (!stop_) {
    try {
      outcome.result = work_(cell);
    } catch (...) {
      outcome.error = std::current_exception();
    }
  }
  lock.lock();
  slots_[cell] = {true, std::move(outcome)};
  finished_.notify_all();
}

}  // namespace sharesim::cli
