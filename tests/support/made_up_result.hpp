#pragma once
// Results without a run, for tests of what is printed.

#include <functional>
#include <memory>
#include <string>

#include "sim/record/result.hpp"

namespace sharesim::test {

/// Rows from a function.
class MadeUpTable final : public EntityTable {
 public:
  explicit MadeUpTable(std::function<EntityResult(EntityRef)> row) : row_(std::move(row)) {}
  EntityResult row(EntityRef entity) const override { return row_(entity); }

 private:
  std::function<EntityResult(EntityRef)> row_;
};

/// One CPU, 10 s, seed 7: the group /web (weight 300) with /web/worker.0 and .1 (ids 0 and 1), and
/// /hog (id 2) beside it.
Scenario made_up_scenario();

/// Of made_up_scenario(): /web got 6 s and each worker 3 s; /hog got 4 s.
EntityResult made_up_row(EntityRef entity);

Result made_up_result(Scenario scenario = made_up_scenario(),
                      std::function<EntityResult(EntityRef)> row = made_up_row);

inline constexpr Duration kMicrosecond = ns(1'000);
inline constexpr Duration kMillisecond = ns(1'000'000);
inline constexpr Duration kSecond = ns(1'000'000'000);

}  // namespace sharesim::test
