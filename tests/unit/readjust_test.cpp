// Weight readjustment: the paper's recursion, the published examples, and weighted max-min sharing.

#include "schedulers/common/readjust.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <gtest/gtest.h>

#include "sim/core/time.hpp"
#include "sim/scenario/distribution.hpp"

namespace sharesim {
namespace {

using Fraction = boost::multiprecision::cpp_rational;
using Fractions = std::vector<Fraction>;

Fraction sum(const Fractions& all) { return std::accumulate(all.begin(), all.end(), Fraction(0)); }

std::vector<Competitor> competitors(const std::vector<Weight>& weights) {
  std::vector<Competitor> all;
  for (const Weight weight : weights) all.push_back({static_cast<EntityId>(all.size()), weight, 1});
  return all;
}

Fractions readjusted(const std::vector<Competitor>& all, CpuId cpus) {
  Readjustment weights(cpus);
  for (const Competitor& one : all) weights.insert(one);
  Fractions phi;
  for (const Competitor& one : all) {
    phi.emplace_back(weights.phi(one).numerator, weights.phi(one).denominator);
  }
  return phi;
}

/// CPUs for each: in proportion to phi, if they can use all CPUs together.
Fractions rates(const std::vector<Competitor>& all, CpuId cpus) {
  Fractions phi = readjusted(all, cpus);
  Fraction usable = 0;
  for (const Competitor& one : all) usable += one.ceiling;
  const Fraction served = std::min(usable, Fraction(cpus));
  const Fraction total = sum(phi);
  for (Fraction& each : phi) each = Fraction(each * served / total);
  return phi;
}

/// The definition: whoever's part of what is left exceeds its ceiling gets the ceiling, until
/// nobody's does.
Fractions weighted_max_min(const std::vector<Competitor>& all, CpuId cpus) {
  Fractions rate(all.size(), Fraction(-1));
  Fraction left = cpus;
  for (bool changed = true; changed;) {
    changed = false;
    Fraction open = 0;
    for (std::size_t i = 0; i < all.size(); ++i) open += rate[i] < 0 ? all[i].weight : 0;
    const Fraction before = left;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (rate[i] >= 0 || before * all[i].weight <= open * all[i].ceiling) continue;
      rate[i] = all[i].ceiling;
      left -= rate[i];
      changed = true;
    }
  }
  Fraction open = 0;
  for (std::size_t i = 0; i < all.size(); ++i) open += rate[i] < 0 ? all[i].weight : 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (rate[i] < 0) rate[i] = left * all[i].weight / open;
  }
  return rate;
}

/// The paper's recursion over weights sorted downwards, from place i on, on p CPUs.
void readjust(Fractions& w, std::size_t i, std::int64_t p) {
  if (p <= 1 || i + 1 >= w.size()) return;
  const Fraction from_here =
      std::accumulate(w.begin() + static_cast<std::ptrdiff_t>(i), w.end(), Fraction(0));
  if (w[i] * p <= from_here) return;
  readjust(w, i + 1, p - 1);
  const Fraction behind =
      std::accumulate(w.begin() + static_cast<std::ptrdiff_t>(i) + 1, w.end(), Fraction(0));
  w[i] = behind / (p - 1);
}

struct Example {
  CpuId cpus;
  std::vector<Weight> weights;
  Fractions cpu_each;
};

// Who gets how much of a CPU? With equality (4 * 2 = 4 + 2 + 1 + 1) a weight is feasible.
TEST(Readjust, PublishedAndWorkedExamples) {
  const std::vector<Example> examples{
      {2, {1, 10}, {1, 1}},
      {2, {10, 1, 1}, {1, {1, 2}, {1, 2}}},
      {2, {4, 2, 1, 1}, {1, {1, 2}, {1, 4}, {1, 4}}},
      {2, {3, 2, 1}, {1, {2, 3}, {1, 3}}},
      {4, {50, 30, 10, 5, 5}, {1, 1, 1, {1, 2}, {1, 2}}},
      {4, {100, 50, 20, 10, 5, 1}, {1, 1, 1, {5, 8}, {5, 16}, {1, 16}}},
      {4,
       {1, 1, 1, 1, 1, 1, 1, 10000},
       {{3, 7}, {3, 7}, {3, 7}, {3, 7}, {3, 7}, {3, 7}, {3, 7}, 1}},
  };
  for (const Example& example : examples) {
    EXPECT_EQ(rates(competitors(example.weights), example.cpus), example.cpu_each)
        << example.weights.front();
  }
}

TEST(Readjust, WeightsAreCutToTheLeastThatIsStillACpu) {
  EXPECT_EQ(readjusted(competitors({50, 30, 10, 5, 5}), 4), (Fractions{10, 10, 10, 5, 5}));
  EXPECT_EQ(readjusted(competitors({100, 50, 20, 10, 5, 1}), 4), (Fractions{16, 16, 16, 10, 5, 1}));
  EXPECT_EQ(readjusted(competitors({4, 2, 1, 1}), 2), (Fractions{4, 2, 1, 1}));
  EXPECT_EQ(readjusted(competitors({1, 10, 1}), 2), (Fractions{1, 2, 1}));
}

// 64 tasks of weight 1 and one of 10000 on 32 CPUs: it is cut to 64 / 31, and the weights add up to
// 64 + 64 / 31 = 2048 / 31 = 66.06451612903226 (the worked example of sched_ext's infeasible-weight
// solver).
TEST(Readjust, OneHeavyTaskOnThirtyTwoCpus) {
  std::vector<Weight> weights(64, 1);
  weights.push_back(10000);
  const Fractions phi = readjusted(competitors(weights), 32);
  EXPECT_EQ(phi.back(), Fraction(64, 31));
  EXPECT_EQ(sum(phi), Fraction(2048, 31));
  EXPECT_DOUBLE_EQ(static_cast<double>(sum(phi)), 66.06451612903226);
}

// A group of three and a group of one on four CPUs, weights 9 and 1, and a task of weight 2: the first is
// entitled to 3 of 4 CPUs and can use 3; without a ceiling of its own it would be cut to one.
TEST(Readjust, CeilingsOfSeveralCpus) {
  EXPECT_EQ(rates({{0, 9, 3}, {1, 1, 1}, {2, 2, 1}}, 4), (Fractions{3, {1, 3}, {2, 3}}));
  EXPECT_EQ(rates({{0, 9, 2}, {1, 1, 1}, {2, 2, 1}}, 4), (Fractions{2, 1, 1}));
  EXPECT_EQ(rates({{0, 6, 4}, {1, 4, 1}, {2, 2, 1}}, 4), (Fractions{{9, 4}, 1, {3, 4}}));
}

/// Random competitors; weights alike, or far apart.
std::vector<Competitor> draw(RandomStream& stream, CpuId most_ceiling) {
  std::vector<Competitor> all;
  const std::uint32_t count = 1 + stream() % 40;
  const std::uint32_t range = stream() % 2 == 0 ? 4 : 10'000;
  for (EntityId e = 0; e < count; ++e) {
    all.push_back({e, static_cast<Weight>(1 + stream() % range), 1 + stream() % most_ceiling});
  }
  return all;
}

// Is it weighted max-min sharing with a ceiling for each, whatever the weights?
TEST(Readjust, EqualsWeightedMaxMin) {
  RandomStream stream = make_stream(1, 1);
  for (int i = 0; i < 5000; ++i) {
    const CpuId cpus = 1 + stream() % 33;
    const std::vector<Competitor> all = draw(stream, i % 2 == 0 ? 1 : std::min<CpuId>(cpus, 6));
    ASSERT_EQ(rates(all, cpus), weighted_max_min(all, cpus)) << "case " << i;
  }
}

// Is it what the paper's recursion gives, where there are at least as many tasks as CPUs?
TEST(Readjust, EqualsThePapersRecursion) {
  RandomStream stream = make_stream(2, 1);
  for (int i = 0; i < 5000; ++i) {
    std::vector<Competitor> all = draw(stream, 1);
    std::sort(all.begin(), all.end());
    Fractions expected;
    for (const Competitor& one : all) expected.emplace_back(one.weight);
    const auto cpus = static_cast<CpuId>(1 + stream() % all.size());
    readjust(expected, 0, cpus);
    ASSERT_EQ(readjusted(all, cpus), expected) << "case " << i;
  }
}

// Do those that leave take everything with them?
TEST(Readjust, ForgetsThoseThatHaveLeft) {
  RandomStream stream = make_stream(3, 1);
  for (int i = 0; i < 1000; ++i) {
    const CpuId cpus = 1 + stream() % 9;
    const std::vector<Competitor> all = draw(stream, std::min<CpuId>(cpus, 4));
    Readjustment weights(cpus);
    for (const Competitor& one : all) weights.insert(one);
    std::vector<Competitor> stay;
    for (const Competitor& one : all) {
      if (stream() % 2 == 0) {
        weights.erase(one);
      } else {
        stay.push_back(one);
      }
    }
    const Fractions expected = readjusted(stay, cpus);
    for (std::size_t k = 0; k < stay.size(); ++k) {
      const Phi phi = weights.phi(stay[k]);
      ASSERT_EQ(Fraction(phi.numerator, phi.denominator), expected[k]) << "case " << i;
    }
  }
}

}  // namespace
}  // namespace sharesim
