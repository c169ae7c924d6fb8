#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sim/cli/cell_pool.hpp"
#include "sim/cli/exit_status.hpp"

namespace sharesim::cli {
namespace {

Result numbered(std::size_t number) {
  Result result;
  result.decisions = number;
  return result;
}

// Are results in the order of the cells, whichever ends first? Cell 0 waits here until cell 3 has
// ended, which needs a second thread.
TEST(CliPool, ResultsComeInOrder) {
  const std::atomic<bool> stop{false};
  std::mutex last_has_ended;
  last_has_ended.lock();
  CellPool pool(
      4, 2,
      [&](std::size_t i) {
        if (i == 0) last_has_ended.lock();
        if (i == 3) last_has_ended.unlock();
        return numbered(i);
      },
      stop);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(pool.take(i).result->decisions, i);
}

// An error stays with its cell, and the others go on.
TEST(CliPool, AnErrorEndsOnlyItsCell) {
  const std::atomic<bool> stop{false};
  CellPool pool(
      3, 1,
      [](std::size_t i) {
        if (i == 1) throw std::runtime_error("no");
        return numbered(i);
      },
      stop);
  EXPECT_TRUE(pool.take(0).result);
  const CellOutcome failed = pool.take(1);
  EXPECT_FALSE(failed.result);
  EXPECT_THROW(std::rethrow_exception(failed.error), std::runtime_error);
  EXPECT_TRUE(pool.take(2).result);
}

// After a stop nothing is begun: cell 0 asks for it, so cells 1 and 2 have neither result nor
// error.
TEST(CliPool, NothingIsBegunAfterAStop) {
  std::atomic<bool> stop{false};
  CellPool pool(
      3, 1,
      [&](std::size_t i) {
        stop = true;
        return numbered(i);
      },
      stop);
  EXPECT_TRUE(pool.take(0).result);
  for (const std::size_t i : {1U, 2U}) {
    const CellOutcome outcome = pool.take(i);
    EXPECT_FALSE(outcome.result);
    EXPECT_EQ(outcome.error, nullptr);
  }
}

// Is what comes later done by the threads that are there, also when all cells are done? Two cells and two pieces of later
// work that wait for each other need two threads; there are no others. The error of the first piece is thrown when both are
// done. After a stop none is begun.
TEST(CliPool, LaterWorkIsDoneByTheSameThreads) {
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::thread::id> threads;
  std::size_t met = 0;
  const auto meet = [&](std::size_t how_many) {
    std::unique_lock lock(mutex);
    threads.insert(std::this_thread::get_id());
    ++met;
    changed.notify_all();
    changed.wait(lock, [&] { return met >= how_many; });
  };
  CellPool pool(
      2, 2,
      [&](std::size_t i) {
        meet(2);
        return numbered(i);
      },
      stop);
  EXPECT_TRUE(pool.take(0).result);
  EXPECT_TRUE(pool.take(1).result);
  const auto later = [&](std::size_t i) {
    meet(4);
    if (i == 0) throw std::runtime_error("no");
  };
  EXPECT_THROW(pool.run_first(2, later), std::runtime_error);
  EXPECT_EQ(met, 4U);
  EXPECT_EQ(threads.size(), 2U);
  stop = true;
  pool.run_first(3, later);
  EXPECT_EQ(met, 4U);
}

// 4 before 3 before 2 before 1.
TEST(CliStatus, TheGraverOneWins) {
  EXPECT_EQ(worse(ExitStatus::kScheduler, ExitStatus::kMachine), ExitStatus::kScheduler);
  EXPECT_EQ(worse(ExitStatus::kInput, ExitStatus::kMachine), ExitStatus::kMachine);
  EXPECT_EQ(worse(ExitStatus::kExpectationFailed, ExitStatus::kInput), ExitStatus::kInput);
  EXPECT_EQ(worse(ExitStatus::kFine, ExitStatus::kExpectationFailed),
            ExitStatus::kExpectationFailed);
}

}  // namespace
}  // namespace sharesim::cli
