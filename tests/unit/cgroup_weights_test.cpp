// Are weights scaled so that the kernel keeps their ratios, and caps so that it takes them?

#include <cstdint>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "sim/cgroup/caps.hpp"
#include "sim/cgroup/weights.hpp"
#include "sim/output/shares.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::cgroup {
namespace {

using namespace std::chrono_literals;
using Values = std::vector<std::int64_t>;

/// Weights as a workload writes them.
std::vector<Weight> written(const Values& values) {
  std::vector<Weight> weights;
  for (const std::int64_t value : values) weights.push_back(value * kWeightUnit);
  return weights;
}

// Whole weights of 100 and more stay what they are: a reader finds them again.
TEST(CgroupWeights, StayWhatTheyAre) {
  EXPECT_EQ(scale_weights(written({100, 300}), Version::kV2), (Values{100, 300}));
  EXPECT_EQ(scale_weights(written({10000, 100}), Version::kV2), (Values{10000, 100}));
  // v1: 100 is 1024 shares, 300 is 3072.
  EXPECT_EQ(scale_weights(written({100, 300}), Version::kV1), (Values{1024, 3072}));
}

// The kernel rounds cpu.weight 1 to load 10 instead of 10.24, which is 2.3 % off; from 100 on it is
// less than 0.05 %. 1:2:4 can be 100:200:400; 3:7 needs the factor 34 (3 x 34 = 102).
TEST(CgroupWeights, AreMultipliedWhereTheyAreSmall) {
  EXPECT_EQ(scale_weights(written({1, 2, 4}), Version::kV2), (Values{100, 200, 400}));
  EXPECT_EQ(scale_weights(written({3, 7}), Version::kV2), (Values{102, 238}));
}

// 1:1000 has no room for 100:100000; the largest factor that keeps 10000 is 10.
TEST(CgroupWeights, AreMultipliedAsFarAsTheRangeGoes) {
  EXPECT_EQ(scale_weights(written({1, 1000}), Version::kV2), (Values{10, 10000}));
  EXPECT_EQ(scale_weights(written({1, 10000}), Version::kV2), (Values{1, 10000}));
}

// Nice -20 against 19 is 88761:15 = 5917.4. The gcd of both is 3: 29587:5 does not fit, so the larger
// is 10000 and the smaller 10000 x 15 / 88761 = 1.69, rounded to 2.
TEST(CgroupWeights, AreRoundedWhereNoExactRatioFits) {
  EXPECT_EQ(scale_weights({nice_weight(-20), nice_weight(19)}, Version::kV2), (Values{10000, 2}));
  // Nice 0 against 5 is 1024:335, whose gcd is 1: 1024 fits nine times, and once makes 335 > 100.
  EXPECT_EQ(scale_weights({nice_weight(0), nice_weight(5)}, Version::kV2), (Values{1024, 335}));
}

// More than 10000 between the heaviest and the lightest: not to be had.
TEST(CgroupWeights, ThatAreTooFarApartAreRefused) {
  EXPECT_FALSE(scale_weights({1, 10001}, Version::kV2).has_value());
  EXPECT_TRUE(scale_weights({1, 10000}, Version::kV2).has_value());
  // v1: 2 to 262144.
  EXPECT_TRUE(scale_weights({1, 131072}, Version::kV1).has_value());
  EXPECT_FALSE(scale_weights({1, 131073}, Version::kV1).has_value());
}

// Whatever the weights, ratios of what comes out are within half a unit of the ratios that went in,
// and all lie in the range.
TEST(CgroupWeights, KeepRatiosWithinHalfAUnit) {
  std::uint64_t state = 1;
  const auto draw = [&](std::uint64_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((state >> 33) % below) + 1;
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<Weight> weights;
    const std::int64_t spread = draw(3) == 1 ? 100 : 10000;
    for (std::int64_t i = draw(6); i > 0; --i)
      weights.push_back(draw(static_cast<std::uint64_t>(spread)) * 25);
    for (const Version version : {Version::kV1, Version::kV2}) {
      const auto values = scale_weights(weights, version);
      ASSERT_TRUE(values);
      const WeightRange range = weight_range(version);
      std::size_t largest = 0;
      for (std::size_t i = 1; i < weights.size(); ++i) {
        if (weights[i] > weights[largest]) largest = i;
      }
      for (std::size_t i = 0; i < weights.size(); ++i) {
        ASSERT_GE((*values)[i], range.least);
        ASSERT_LE((*values)[i], range.most);
        // |v_i - w_i v_max / w_max| <= 1/2, times 2 w_max.
        const std::int64_t error =
            2 * std::abs((*values)[i] * weights[largest] - weights[i] * (*values)[largest]);
        ASSERT_LE(error, weights[largest]) << i << " of round " << round;
      }
    }
  }
}

// The kernel's own unit: 1024 for cpu.weight 100. 1 x 10.24 = 10; 7 x 10.24 = 71.68 = 72.
TEST(CgroupWeights, BecomeTheKernelsLoad) {
  EXPECT_EQ(kernel_load(100, Version::kV2), 1024);
  EXPECT_EQ(kernel_load(1, Version::kV2), 10);
  EXPECT_EQ(kernel_load(7, Version::kV2), 72);
  EXPECT_EQ(kernel_load(3000, Version::kV1), 3000);
}

// Runtimes: 1024 shares are 39 by the old line and 100 by the new curve, 4096 are 157 and 303; the
// table of the ends: 2 -> 1, 262144 -> 10000.
TEST(CgroupWeights, OfDockersSharesAreTwoThings) {
  EXPECT_EQ(weight_by_line(2), 1);
  EXPECT_EQ(weight_by_line(102), 4);
  EXPECT_EQ(weight_by_line(1024), 39);
  EXPECT_EQ(weight_by_line(4096), 157);
  EXPECT_EQ(weight_by_line(262144), 10000);
  const std::vector<std::pair<std::int64_t, std::int64_t>> curve{
      {2, 1},      {102, 17},   {256, 35},     {512, 59},      {1024, 100},
      {2048, 174}, {4096, 303}, {65536, 3023}, {262144, 10000}};
  for (const auto& [shares, weight] : curve) EXPECT_EQ(weight_by_curve(shares), weight) << shares;
  // The way back gives the weight again wherever the curve has it.
  for (const std::int64_t weight : {1, 17, 35, 59, 100, 174, 303, 3023, 10000}) {
    EXPECT_EQ(weight_by_curve(shares_for_curve(weight)), weight);
  }
}

// ---- Caps ----

KernelCap cap_of(Duration quota, Duration period, Duration burst = 0ns) {
  return kernel_cap(Bandwidth{quota, period, burst, {}}).cap.value_or(KernelCap{});
}

TEST(CgroupCaps, AreMicroseconds) {
  EXPECT_EQ(cap_of(30ms, 100ms), (KernelCap{30'000, 100'000, 0}));
  EXPECT_EQ(cap_of(10ms, 50ms, 10ms), (KernelCap{10'000, 50'000, 10'000}));
  EXPECT_EQ(cap_of(150ms, 100ms), (KernelCap{150'000, 100'000, 0}));
}

// A burst is one quota at most: of 40 ms in a quota of 30 ms, 10 ms are lost, and the plan says so.
TEST(CgroupCaps, LoseWhatABurstHasBeyondTheQuota) {
  const CapInKernel cap = kernel_cap(Bandwidth{30ms, 100ms, 40ms, {}});
  EXPECT_EQ(cap.cap, (KernelCap{30'000, 100'000, 30'000}));
  EXPECT_EQ(
      cap.lost,
      "of 40ms of saved quota the kernel keeps 30ms, because a burst is at most one quota: 10ms "
      "are lost (a longer period, up to 1 s, keeps more)");
}

// Periods go from 1 ms to 1 s, quotas from 1 ms. 1 s in 10 s is 100 ms in 1 s; 0.2 ms in 2 ms is 1 ms
// in 10 ms; 0.05 ms in 100 ms is 0.05 %, and less than 1 ms in 1 s.
TEST(CgroupCaps, KeepTheirRateInTheKernelsRange) {
  EXPECT_EQ(cap_of(1s, 10s), (KernelCap{100'000, 1'000'000, 0}));
  EXPECT_EQ(cap_of(200us, 2ms), (KernelCap{1'000, 10'000, 0}));
  EXPECT_EQ(cap_of(100us, 500us), (KernelCap{1'000, 5'000, 0}));
  const CapInKernel tiny = kernel_cap(Bandwidth{50us, 100ms, {}, {}});
  EXPECT_FALSE(tiny.cap.has_value());
  EXPECT_FALSE(tiny.refused.empty());
}

// A t3.nano earns 6 credits an hour, 10 % of a vCPU, 5 % of two: per vCPU 0.1 CPU. Its 144 credits are
// 8640 s; the kernel keeps one quota of 0.1 s beyond the running one.
TEST(CgroupCaps, KeepAFewMillisecondsOfCloudCredits) {
  Bandwidth credits{100ms, 1s, 8640s - 100ms, CreditTerms{.balance = 600s}};
  const CapInKernel cap = kernel_cap(credits);
  EXPECT_EQ(cap.cap, (KernelCap{100'000, 1'000'000, 100'000}));
  EXPECT_NE(cap.lost.find("are lost"), std::string::npos) << cap.lost;
  EXPECT_NE(cap.lost.find("the 10 credits that it starts with"), std::string::npos) << cap.lost;
  credits.credits->unlimited = true;
  EXPECT_FALSE(kernel_cap(credits).cap.has_value());
  EXPECT_TRUE(kernel_cap(credits).refused.empty());
}

}  // namespace
}  // namespace sharesim::cgroup
