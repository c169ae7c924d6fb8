#pragma once
// The accounts of a run's burstable machines, kept from the runs below them.

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/core/quota.hpp"
#include "sim/core/time.hpp"
#include "sim/record/result.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// An account for each entity that ever has a cap of credits. A change costs O(depth), however much
/// time has passed.
class CreditAccounts {
 public:
  explicit CreditAccounts(const Scenario& scenario);
  /// Whether a scenario needs them.
  static bool any(const Scenario& scenario);

  void run_begin(TaskId task, Time now) { change_runners(task, +1, now); }
  void run_end(TaskId task, Time now) { change_runners(task, -1, now); }
  /// Its credits are used up, and it waits for the next refill.
  void throttled(EntityRef entity);
  void cap_changed(EntityRef entity, const Bandwidth* cap, Time now);

  /// At `now`, not before the last change. Nothing if it never had credits.
  std::optional<CreditResult> at(EntityRef entity, Time now) const;

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Account {
    Quota quota;
    std::uint32_t above = kNone;  ///< the next account above
    std::uint32_t runners = 0;    ///< CPUs that run something below
    bool open = false;            ///< the cap is in force
    Time until{};                 ///< up to here, what its runners have used has been taken
    std::optional<Time> depleted;
    Duration at_baseline{};
  };

  void open(EntityRef entity, const Bandwidth& cap);
  void change_runners(TaskId task, int by, Time now);
  static void advance(Account& account, Time now);
  const Account* find(EntityRef entity) const;

  std::vector<Account> accounts_;
  std::map<GroupId, std::uint32_t> of_group_;
  std::map<TaskId, std::uint32_t> of_task_;
  std::vector<std::uint32_t> lowest_;  ///< by task: the account at or nearest above it
};

}  // namespace sharesim
