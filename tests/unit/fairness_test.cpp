#include "sim/metrics/fairness.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sharesim {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// Two hogs A and B that run in turn as `order` says ("ABB"), each for 10 ms, four times over.
double bound_of_two(Weight a, Weight b, const std::string& order) {
  Fairness fairness({a, b}, 1);
  fairness.compete(0, 0);
  fairness.compete(1, 0);
  std::int64_t now = 0;
  for (int round = 0; round < 4; ++round) {
    for (const char who : order) {
      const std::uint32_t child = who == 'A' ? 0 : 1;
      fairness.begin(child, now);
      now += 10 * kMs;
      fairness.end(child, now);
    }
  }
  fairness.finish(now);
  return fairness.bound_ns().value();
}

// Start-time fair queuing with quanta of 10 ms: sup |W_A/w_A - W_B/w_B| is 10, 10, 10, 20/3 and
// 10 ms per unit of weight for the sequences of weights 1:1, 1:2, 1:3, 2:3 and 1:10; times the mean
// weight 1, 1.5, 2, 2.5 and 5.5.
TEST(Fairness, OfTwoHogsUnderStartTimeFairQueuing) {
  EXPECT_DOUBLE_EQ(bound_of_two(1, 1, "AB"), 10.0 * kMs);
  EXPECT_DOUBLE_EQ(bound_of_two(1, 2, "ABB"), 15.0 * kMs);
  EXPECT_DOUBLE_EQ(bound_of_two(1, 3, "ABBB"), 20.0 * kMs);
  EXPECT_NEAR(bound_of_two(2, 3, "ABBAB"), 20.0 / 3 * 2.5 * kMs, 0.01);
  EXPECT_NEAR(bound_of_two(1, 10, "ABBBBBBBBBB"), 55.0 * kMs, 0.01);
}

// Does the unit of weights matter? The bound is in ns of a child of mean weight, so no.
TEST(Fairness, DoesNotDependOnTheUnitOfWeights) {
  EXPECT_NEAR(bound_of_two(25600, 51200, "ABB"), bound_of_two(1, 2, "ABB"), 0.01);
}

// Is there a bound where no two children ever competed at once? A leaves before B comes.
TEST(Fairness, HasNoValueWithoutCompetition) {
  Fairness fairness({1, 1}, 1);
  fairness.compete(0, 0);
  fairness.begin(0, 0);
  fairness.end(0, 10);
  fairness.retire(0, 10);
  fairness.compete(1, 10);
  fairness.finish(20);
  EXPECT_EQ(fairness.bound_ns(), std::nullopt);
  EXPECT_EQ(Fairness({1}, 1).bound_ns(), std::nullopt);
  EXPECT_EQ(Fairness().bound_ns(), std::nullopt);
}

// Are intervals cut where one of the pair does not compete? A runs 10 while B competes, then 90
// alone, then 10 while B competes again: 10, not 110.
TEST(Fairness, CountsOnlyIntervalsOfCompetition) {
  Fairness fairness({1, 1}, 1);
  fairness.compete(0, 0);
  fairness.compete(1, 0);
  fairness.begin(0, 0);
  fairness.retire(1, 10);
  fairness.compete(1, 100);
  fairness.end(0, 110);
  fairness.finish(110);
  EXPECT_DOUBLE_EQ(fairness.bound_ns().value(), 10);
}

// What does a change of weight do? A runs 10 at weight 1 against B of weight 1 (difference 10 x
// mean 1), then at weight 3 for 30 (difference 30/3 = 10 x mean 2 = 20). Were the pair to go on, it
// would be 10 + 10.
TEST(Fairness, AChangeOfWeightStartsAnew) {
  for (const CpuId cpus : {1U, 2U}) {
    Fairness fairness({1, 1}, cpus);
    fairness.compete(0, 0);
    fairness.compete(1, 0);
    fairness.begin(0, 0);
    fairness.set_weight(0, 3, 10);
    fairness.end(0, 40);
    fairness.finish(40);
    EXPECT_DOUBLE_EQ(fairness.bound_ns().value(), 20);
  }
}

// From 17 children on it is an upper bound: the sum of the two largest ranges of x - v. 20 children
// of weight 1 run once each for 20: the first rises by 20 and the last has fallen by 19 before it
// runs (v rises 1 per run), so the sum is 19 + 20 ... and the truth is 20.
TEST(Fairness, IsAnUpperBoundForManyChildren) {
  Fairness fairness(std::vector<Weight>(20, 1), 1);
  EXPECT_FALSE(fairness.exact());
  EXPECT_TRUE(Fairness(std::vector<Weight>(16, 1), 1).exact());
  for (std::uint32_t child = 0; child < 20; ++child) fairness.compete(child, 0);
  for (std::uint32_t child = 0; child < 20; ++child) {
    fairness.begin(child, child * 20);
    fairness.end(child, child * 20 + 20);
  }
  fairness.finish(400);
  EXPECT_GE(fairness.bound_ns().value(), 20);
  EXPECT_LE(fairness.bound_ns().value(), 40);
}

// On several CPUs too it follows x - v exactly where every weight is worth at most one CPU: four of
// weight 1 on two CPUs, v rises by 2/4. A and B run 0-10, C and D 10-20. x - v of A: 0, 5, 0; of C:
// 0, -5, 0. The sum of two ranges is 10, and so is the truth.
TEST(Fairness, OnSeveralCpusTheUpperBoundIsTightForFeasibleWeights) {
  RangeFairness fairness({1, 1, 1, 1}, 2);
  for (std::uint32_t child = 0; child < 4; ++child) fairness.compete(child, 0);
  for (std::uint32_t child = 0; child < 4; ++child) {
    if (child % 2 == 0) {
      fairness.begin(child, child * 5);
      fairness.begin(child + 1, child * 5);
    } else {
      fairness.end(child - 1, child * 5 + 5);
      fairness.end(child, child * 5 + 5);
    }
  }
  fairness.finish(20);
  EXPECT_DOUBLE_EQ(fairness.bound_ns().value(), 10);
}

// A of weight 2 is worth more than one of two CPUs beside B of weight 1. A runs 0-30, B 10-30; v =
// 10/3 at 10 and 50/3 at 30. Then A's x - v may have turned round: from 0 - 50/3 to 15 - 0. B's
// weight is feasible: from -10/3 to 20 - 50/3. (95/3 + 20/3) x mean 1.5 = 57.5. The truth is 15.
TEST(Fairness, OnSeveralCpusItAllowsForWeightsThatAreNotFeasible) {
  RangeFairness fairness({2, 1}, 2);
  fairness.compete(0, 0);
  fairness.compete(1, 0);
  fairness.begin(0, 0);
  fairness.begin(1, 10);
  fairness.end(0, 30);
  fairness.end(1, 30);
  fairness.finish(30);
  EXPECT_DOUBLE_EQ(fairness.bound_ns().value(), 57.5);
}

// The same if a weight was feasible at both ends of a run, but not all the time: A, B, C of weights
// 2, 1, 3 on two CPUs; A and B run 0-20, C does not compete 10-15. v is 10/3, 20/3, 25/3 at 10, 15, 20.
// A: from 0 - 25/3 to 10 - 0; B: from 0 - 25/3 to 20 - 0; C less. (55 + 85) / 3 x mean 2.
TEST(Fairness, OnSeveralCpusItAllowsForChangesInMidRun) {
  RangeFairness fairness({2, 1, 3}, 2);
  for (std::uint32_t child = 0; child < 3; ++child) fairness.compete(child, 0);
  fairness.begin(0, 0);
  fairness.begin(1, 0);
  fairness.retire(2, 10);
  fairness.compete(2, 15);
  fairness.end(0, 20);
  fairness.end(1, 20);
  fairness.finish(20);
  EXPECT_NEAR(fairness.bound_ns().value(), 140.0 / 3 * 2, 1e-9);
}

// ---- Against the definition ----

/// One step of a random history: at a time, a child begins or ends a run, competes, or retires.
struct Step {
  std::int64_t at;
  std::uint32_t child;
  enum class Kind { kBegin, kEnd, kCompete, kRetire } kind;
};

/// A history on `cpus` CPUs; children that compete run now and then, several at once if there are
/// several CPUs (a group may then run more than once).
std::vector<Step> draw_history(std::uint32_t children, CpuId cpus) {
  std::vector<Step> steps;
  std::vector<bool> competes(children);
  std::vector<std::uint32_t> running;
  std::int64_t now = 0;
  for (int i = *rc::gen::inRange(10, 80); i > 0; --i) {
    now += *rc::gen::inRange(0, 20);
    const auto child = *rc::gen::inRange<std::uint32_t>(0, children);
    if (*rc::gen::inRange(0, 5) == 0) {
      if (std::find(running.begin(), running.end(), child) != running.end()) continue;
      steps.push_back({now, child, competes[child] ? Step::Kind::kRetire : Step::Kind::kCompete});
      competes[child] = !competes[child];
    } else if (competes[child] && running.size() < cpus) {
      steps.push_back({now, child, Step::Kind::kBegin});
      running.push_back(child);
    } else if (!running.empty()) {
      steps.push_back({now, running.front(), Step::Kind::kEnd});
      running.erase(running.begin());
    }
  }
  for (const std::uint32_t child : running) {
    now += 7;
    steps.push_back({now, child, Step::Kind::kEnd});
  }
  return steps;
}

template <typename Measure>
double measured(const std::vector<Weight>& weights, const std::vector<Step>& steps, CpuId cpus) {
  Measure measure(weights, cpus);
  for (const Step& step : steps) {
    switch (step.kind) {
      case Step::Kind::kBegin:
        measure.begin(step.child, step.at);
        break;
      case Step::Kind::kEnd:
        measure.end(step.child, step.at);
        break;
      case Step::Kind::kCompete:
        measure.compete(step.child, step.at);
        break;
      case Step::Kind::kRetire:
        measure.retire(step.child, step.at);
        break;
    }
  }
  measure.finish(steps.empty() ? 0 : steps.back().at);
  return measure.bound_ns().value_or(0);
}

/// The definition: x changes linearly between steps, so the supremum over intervals lies between
/// two steps.
double exact_bound(const std::vector<Weight>& weights, const std::vector<Step>& steps) {
  const std::size_t n = weights.size();
  double worst = 0;
  double mean = 0;
  for (const Weight weight : weights) mean += static_cast<double>(weight) / static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      std::vector<int> running(n);
      std::vector<bool> competes(n);
      std::vector<double> x(n);
      std::int64_t last = 0;
      double low = 0;
      double high = 0;
      bool open = false;
      for (const Step& step : steps) {
        for (std::size_t k = 0; k < n; ++k) {
          x[k] +=
              running[k] * static_cast<double>(step.at - last) / static_cast<double>(weights[k]);
        }
        last = step.at;
        const double d = x[i] - x[j];
        if (open) {
          low = std::min(low, d);
          high = std::max(high, d);
          worst = std::max(worst, high - low);
        }
        switch (step.kind) {
          case Step::Kind::kBegin:
            ++running[step.child];
            break;
          case Step::Kind::kEnd:
            --running[step.child];
            break;
          case Step::Kind::kCompete:
            competes[step.child] = true;
            break;
          case Step::Kind::kRetire:
            competes[step.child] = false;
            break;
        }
        const bool both = competes[i] && competes[j];
        if (both && !open) low = high = d;
        open = both;
      }
    }
  }
  return worst * mean;
}

std::vector<Weight> draw_weights() {
  const auto count = *rc::gen::inRange<std::size_t>(2, 17);
  std::vector<Weight> weights(count);
  for (Weight& weight : weights) weight = *rc::gen::inRange<Weight>(1, 50);
  return weights;
}

// Up to 16 children: is it the supremum of the definition?
RC_GTEST_PROP(Fairness, OfFewChildrenIsExact, ()) {
  const auto weights = draw_weights();
  const auto cpus = *rc::gen::inRange<CpuId>(1, 4);
  const auto steps = draw_history(static_cast<std::uint32_t>(weights.size()), cpus);
  const double exact = exact_bound(weights, steps);
  RC_ASSERT(std::abs(measured<PairwiseFairness>(weights, steps, cpus) - exact) < 1e-6);
}

// Many children: is it never less than the supremum? (The same histories, so that the truth is
// cheap to find.)
RC_GTEST_PROP(Fairness, OfManyChildrenIsAnUpperBound, ()) {
  const auto weights = draw_weights();
  const auto cpus = *rc::gen::inRange<CpuId>(1, 4);
  const auto steps = draw_history(static_cast<std::uint32_t>(weights.size()), cpus);
  const double exact = exact_bound(weights, steps);
  RC_ASSERT(measured<RangeFairness>(weights, steps, cpus) > exact - 1e-6);
}

}  // namespace
}  // namespace sharesim
