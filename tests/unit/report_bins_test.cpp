// Do the bins of a report keep what happened, however often they are halved?

#include "sim/output/report_bins.hpp"

#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include "sim/core/check.hpp"

namespace sharesim {
namespace {

// With room for 4 bins, ticks 1 .. 9 with service t: after tick 4 the bins are full, tick 5 halves them, (1 + 2)
// and (3 + 4), and begins a bin of two ticks, 5 + 6; then 7 + 8; tick 9 halves again: 10, 26, 9.
TEST(ReportBins, HalvesWhenFull) {
  ReportBins bins(1, 4);
  for (std::int64_t t = 1; t <= 9; ++t) bins.add_tick({{.service = t}});
  EXPECT_EQ(bins.ticks_per_bin(), 4);
  ASSERT_EQ(bins.size(), 3U);
  EXPECT_EQ(bins.at(0, 0).service, 10);
  EXPECT_EQ(bins.at(1, 0).service, 26);
  EXPECT_EQ(bins.at(2, 0).service, 9);
}

// One entity gets t in tick t, the other has one spike of lag and of waiting in tick 77,777 of 100,000. The sum
// of 1 .. 100,000 is 5,000,050,000; the spikes are in the bin that holds their tick, and in no other.
TEST(ReportBins, ConservesSumsAndKeepsSpikes) {
  constexpr std::int64_t kTicks = 100'000;
  constexpr std::int64_t kSpike = 77'777;
  ReportBins bins(2, 64);
  for (std::int64_t t = 1; t <= kTicks; ++t) {
    ReportBin second;
    if (t == kSpike) second = {.lag_min = -900, .lag_max = 900, .waiting = 12'345};
    bins.add_tick({{.service = t, .ideal = 2 * t, .throttled = 3}, second});
  }
  ReportBin sums;
  std::size_t with_spike = 0;
  std::size_t spike_at = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    sums.absorb(bins.at(i, 0));
    if (bins.at(i, 1).lag_max == 900 && bins.at(i, 1).lag_min == -900 &&
        bins.at(i, 1).waiting == 12'345) {
      ++with_spike;
      spike_at = i;
    }
  }
  EXPECT_EQ(sums.service, 5'000'050'000);
  EXPECT_EQ(sums.ideal, 10'000'100'000);
  EXPECT_EQ(sums.throttled, 300'000);
  EXPECT_EQ(with_spike, 1U);
  EXPECT_EQ(static_cast<std::int64_t>(spike_at), (kSpike - 1) / bins.ticks_per_bin());
}

// A million ticks take no more memory than the first: 20 entities x 128 bins.
TEST(ReportBins, TakesAFixedAmountOfMemory) {
  const std::vector<ReportBin> tick(20);
  ReportBins bins(20, 128);
  const std::size_t before = bins.bytes();
  EXPECT_EQ(before, 20 * 128 * sizeof(ReportBin));
  for (int t = 0; t < 1'000'000; ++t) bins.add_tick(tick);
  EXPECT_EQ(bins.bytes(), before);
  EXPECT_LE(bins.size(), 128U);
  EXPECT_GE(bins.size(), 64U);
}

// An odd room is as good as the even one below it: two ticks of three that fit, then (1 + 2), 3.
TEST(ReportBins, AnOddRoomIsRoundedDown) {
  ReportBins bins(1, 3);
  for (std::int64_t t = 1; t <= 3; ++t) bins.add_tick({{.service = t}});
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_EQ(bins.at(0, 0).service, 3);
  EXPECT_EQ(bins.at(1, 0).service, 3);
}

TEST(ReportBins, RefusesWhatHasNoSense) {
  EXPECT_THROW(ReportBins(0, 4), InternalError);
  EXPECT_THROW(ReportBins(1, 1), InternalError);
  ReportBins bins(2, 4);
  EXPECT_THROW(bins.add_tick({{}}), InternalError);
}

}  // namespace
}  // namespace sharesim
