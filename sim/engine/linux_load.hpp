#pragma once
// What Linux's load balancer and its group shares keep in mind. Private to the engine; exists only
// where one of them is on.

#include <cstdint>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/engine/load_average.hpp"

namespace sharesim {

/// balancer: {policy: linux}
struct LinuxBalance {
  struct OfCpu {
    LoadAverage load;           ///< entitlements of its tasks with demand
    LoadAverage busy;           ///< kBusy while it runs something
    bool runs = false;          ///< as `busy` knows it
    std::int64_t interval = 0;  ///< in ms: of periodic balancing, before the factor of a busy CPU
    Time balanced{};            ///< when it last did
    std::uint32_t failed = 0;   ///< balancings in a row that found an imbalance, and moved nothing
  };
  struct OfTask {
    LoadAverage load;  ///< its entitlement while it has demand
    Time ran{};        ///< when its last run ended
  };

  /// A CPU that is busy all the time (SCHED_CAPACITY_SCALE).
  static constexpr std::int64_t kBusy = 1024;

  /// How full a CPU is (group_type).
  enum class Fill : std::uint8_t { kHasSpare, kFullyBusy, kOverloaded };
  /// What one CPU looks like to another one that balances.
  struct CpuView {
    CpuId cpu = kNoCpu;
    Fill fill = Fill::kHasSpare;
    std::uint32_t tasks = 0;
    std::int64_t load = 0;
  };
  /// What a CPU shall take from another one.
  struct Imbalance {
    CpuId from = kNoCpu;
    bool of_load = false;  ///< the amount is a load; else a number of tasks
    std::int64_t amount = 0;
  };

  std::vector<OfCpu> cpus;
  std::vector<OfTask> tasks;
};

/// group_shares: linux
struct LinuxShares {
  /// The queue of one group on one CPU.
  struct OfQueue {
    std::int64_t weight = 0;    ///< of its members that are queued or run
    std::uint32_t members = 0;  ///< how many they are
    LoadAverage average;        ///< of weight
    std::int64_t told = 0;      ///< the average as the group knows it
  };

  std::vector<OfQueue> queues;       ///< by RunQueue::index
  std::vector<std::int64_t> groups;  ///< by group: the sum of what its queues have told
};

}  // namespace sharesim
