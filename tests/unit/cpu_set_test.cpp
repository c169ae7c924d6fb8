#include "sim/core/cpu_set.hpp"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sharesim {
namespace {

// Question: is the kernel's list format read and printed? Expected: runs are joined, in order.
TEST(CpuSet, ReadsAndPrintsLists) {
  EXPECT_EQ(CpuSet::parse("0-3,8")->to_string(), "0-3,8");
  EXPECT_EQ(CpuSet::parse("8,0,1,2")->to_string(), "0-2,8");
  EXPECT_EQ(CpuSet::parse("5")->to_string(), "5");
  EXPECT_EQ(CpuSet::parse("1023")->to_string(), "1023");
  EXPECT_EQ(CpuSet::parse("")->to_string(), "");
  EXPECT_EQ(CpuSet::parse("0-1023")->count(), 1024U);
}

// Question: is every malformed list refused? Expected: no set at all.
TEST(CpuSet, RefusesMalformedLists) {
  for (const char* text : {"a", "-1", "1-", "3-1", "1,", ",1", "0-1024", "1024", "1 ,2", "0x1",
                           "99999999999", "1--2", "1-2-3"}) {
    EXPECT_FALSE(CpuSet::parse(text)) << text;
  }
}

// Question: do the operations agree with their names? Expected: sets {0,1,2} and {2,3}.
TEST(CpuSet, ComparesAndCombines) {
  const CpuSet low = CpuSet::first(3);
  const CpuSet high = *CpuSet::parse("2-3");
  EXPECT_EQ((low & high).to_string(), "2");
  EXPECT_EQ((low | high).to_string(), "0-3");
  EXPECT_TRUE(low.intersects(high));
  EXPECT_FALSE(low.subset_of(high));
  EXPECT_TRUE((low & high).subset_of(low));
  EXPECT_EQ(high.next(0), 2U);
  EXPECT_EQ(high.next(4), kNoCpu);
  EXPECT_FALSE(high.contains(kMaxCpus));
  EXPECT_TRUE(CpuSet().empty());
}

// Question: is a printed set read back as the same? Expected: always.
RC_GTEST_PROP(CpuSet, ReadsBackWhatItPrints, ()) {
  CpuSet set;
  for (const int cpu : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1024))) {
    set.insert(static_cast<CpuId>(cpu));
  }
  RC_ASSERT(CpuSet::parse(set.to_string()) == set);
}

}  // namespace
}  // namespace sharesim
