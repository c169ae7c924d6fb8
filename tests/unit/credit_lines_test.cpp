// Where those wait who keep their turn under the generic credit scheduler.

#include "schedulers/common/credit_lines.hpp"

#include <gtest/gtest.h>

#include "tests/support/even_host.hpp"

namespace sharesim {
namespace {

// Does one that keeps its turn on a CPU, where it may not run any more, lose it to nobody? CPU 1 takes it, as
// the only one there is; CPU 0 does not.
TEST(CreditLines, KeptTurnIsForThoseWhoMayRun) {
  const EvenHost even(true);
  CreditLines lines(2, even);
  lines.add(0);
  lines.add(1);
  lines.set_cpu(1, 0);
  EXPECT_TRUE(lines.keep_turn(1));
  EXPECT_EQ(lines.kept(0), kNoEntity);
  EXPECT_EQ(lines.first(0), kNoEntity);
  EXPECT_EQ(lines.first(1), 1U);
}

// And one for each CPU: a second one (another run of a group's) goes into the line.
TEST(CreditLines, OneKeepsItsTurnOnACpu) {
  const EvenHost everywhere(false);
  CreditLines lines(1, everywhere);
  for (EntityId e = 0; e < 2; ++e) lines.add(e);
  EXPECT_TRUE(lines.keep_turn(0));
  EXPECT_FALSE(lines.keep_turn(1));
  EXPECT_EQ(lines.kept(0), 0U);
  EXPECT_FALSE(lines.contains(1));
}

}  // namespace
}  // namespace sharesim
