#include "sim/scenario/distribution.hpp"

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using Kind = Distribution::Kind;

Distribution empirical(std::vector<Duration> values) {
  auto shared = std::make_shared<const std::vector<Duration>>(std::move(values));
  return {Kind::kEmpirical, {}, {}, 0, std::move(shared)};
}

struct Case {
  const char* name;
  Distribution distribution;
  double mean;       ///< ns
  double deviation;  ///< ns
};

std::vector<Case> cases() {
  return {{"exponential", {Kind::kExponential, 5ms, {}, 0, nullptr}, 5e6, 5e6},
          {"uniform", {Kind::kUniform, 1ms, 4ms, 0, nullptr}, 2.5e6, 3e6 / std::sqrt(12.0)},
          {"normal", {Kind::kNormal, 50ms, 3ms, 0, nullptr}, 5e7, 3e6},
          {"lognormal", {Kind::kLognormal, 5ms, 2ms, 0, nullptr}, 5e6, 2e6},
          // Variance of a Pareto with shape 3: 3 / ((3 - 1)^2 (3 - 2)) of the smallest squared.
          {"pareto", {Kind::kPareto, 2ms, {}, 3.0, nullptr}, 3e6, 2e6 * std::sqrt(0.75)},
          {"empirical", empirical({1ms, 2ms, 9ms}), 4e6, std::sqrt((9.0 + 4.0 + 25.0) / 3) * 1e6}};
}

// Question: do the draws have the mean that was asked for? Expected: the mean of n = 100,000 draws
// lies within 5 sigma / sqrt(n) of it.
TEST(Distribution, HasItsMean) {
  constexpr int kDraws = 100'000;
  for (const Case& test : cases()) {
    RandomStream stream = make_stream(1, 1);
    double sum = 0;
    for (int i = 0; i < kDraws; ++i) {
      sum += static_cast<double>(to_ns(test.distribution.draw(stream)));
    }
    const double tolerance = 5 * test.deviation / std::sqrt(double{kDraws});
    EXPECT_NEAR(sum / kDraws, test.mean, tolerance) << test.name;
    EXPECT_NEAR(static_cast<double>(to_ns(test.distribution.mean())), test.mean, 1.0) << test.name;
  }
}

// Question: do the draws have the deviation that was asked for? Expected: within 3 % of it for the
// kinds whose fourth moment is small.
TEST(Distribution, HasItsDeviation) {
  constexpr int kDraws = 100'000;
  for (const Case& test : cases()) {
    if (test.distribution.kind == Kind::kPareto) continue;  // no fourth moment at shape 3
    RandomStream stream = make_stream(2, 1);
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double off = static_cast<double>(to_ns(test.distribution.draw(stream))) - test.mean;
      squares += off * off;
    }
    EXPECT_NEAR(std::sqrt(squares / kDraws), test.deviation, 0.03 * test.deviation) << test.name;
  }
}

// Question: is a draw the same on every compiler? Expected: the first three draws of stream 7 of
// seed 42, written down once.
TEST(Distribution, DrawsTheSameEverywhere) {
  const std::vector<std::vector<std::int64_t>> golden{
      {3812386, 7817964, 971404},  {1188821, 3007414, 3717757}, {48116944, 45823428, 50979043},
      {3645196, 2715245, 5264333}, {2890771, 2734267, 2640254}, {1000000, 9000000, 9000000}};
  const std::vector<Case> tests = cases();
  ASSERT_EQ(tests.size(), golden.size());
  for (std::size_t i = 0; i < tests.size(); ++i) {
    RandomStream stream = make_stream(42, 7);
    for (const std::int64_t expected : golden[i]) {
      EXPECT_EQ(to_ns(tests[i].distribution.draw(stream)), expected) << tests[i].name;
    }
  }
}

// Question: does a constant leave the stream alone? Expected: the next draw is as if it had not
// been.
TEST(Distribution, ConstantDrawsNothing) {
  RandomStream a = make_stream(1, 1);
  RandomStream b = make_stream(1, 1);
  EXPECT_EQ(Distribution::constant(0ns).draw(a), 0ns);
  EXPECT_EQ(Distribution::constant(7ms).draw(a), 7ms);
  EXPECT_EQ(Distribution::constant(7ms).mean(), 7ms);
  EXPECT_EQ(a(), b());
}

// Question: do the draws stay in their range? Expected: a normal far below 0 gives 1 ns, a Pareto
// with shape 1.001 never more than 1000 h, a uniform both its ends.
TEST(Distribution, StaysInItsRange) {
  RandomStream stream = make_stream(3, 1);
  const Distribution wide{Kind::kNormal, 1ns, 1h, 0, nullptr};
  const Distribution heavy{Kind::kPareto, 900h, {}, 1.001, nullptr};
  const Distribution coin{Kind::kUniform, 1ns, 2ns, 0, nullptr};
  bool floor = false;
  bool ceiling = false;
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1000; ++i) {
    floor = floor || wide.draw(stream) == 1ns;
    ceiling = ceiling || heavy.draw(stream) == kLongestDraw;
    const Duration side = coin.draw(stream);
    low = low || side == 1ns;
    high = high || side == 2ns;
    EXPECT_LE(heavy.draw(stream), kLongestDraw);
    EXPECT_GE(wide.draw(stream), 1ns);
  }
  EXPECT_TRUE(floor && ceiling && low && high);
  EXPECT_EQ(heavy.mean(), kLongestDraw);
}

// Question: are streams independent of each other? Expected: neighbouring seeds and streams share
// no early draw.
TEST(Distribution, StreamsDiffer) {
  EXPECT_NE(make_stream(1, 1)(), make_stream(1, 2)());
  EXPECT_NE(make_stream(1, 1)(), make_stream(2, 1)());
  EXPECT_NE(make_stream(0, 0)(), make_stream(0, 1)());
}

}  // namespace
}  // namespace sharesim
