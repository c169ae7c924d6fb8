#pragma once
// Two that always run, slices of 10 ms: in which order, and how far apart do they get?

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scripted_queue.hpp"
#include "tests/support/shadowed.hpp"

namespace sharesim {

struct Pair {
  Weight a;
  Weight b;
  const char* order;  ///< of the first twelve runs
  Fraction worst;     ///< |W_A / w_A - W_B / w_B| over any interval, in ms per unit of weight
};

/// Holds `scheduler` to the orders and worst differences of `pairs`, and to the bound 10 / w_A + 10 / w_B.
inline void expect_pairs(const std::string& scheduler, const std::vector<Pair>& pairs) {
  for (const Pair& pair : pairs) {
    SCOPED_TRACE(std::to_string(pair.a) + ":" + std::to_string(pair.b));
    ScriptedQueue queue(scheduler + ":slice=10ms");
    queue.add_hog(pair.a);
    queue.add_hog(pair.b);
    queue.run_until(Time(std::chrono::milliseconds(3300)));
    EXPECT_EQ(queue.order().substr(0, 12), pair.order);

    // The largest difference over an interval is the range of the difference since the start.
    Fraction difference;
    Fraction least;
    Fraction most;
    for (const ScriptedRun& run : queue.runs()) {
      const Fraction ms = fraction(run.length()) / 1'000'000;
      difference += run.entity == 0 ? Fraction(ms / pair.a) : Fraction(-ms / pair.b);
      least = std::min(least, difference);
      most = std::max(most, difference);
    }
    EXPECT_EQ(Fraction(most - least), pair.worst);
    EXPECT_LE(Fraction(most - least), Fraction(10, pair.a) + Fraction(10, pair.b));
  }
}

}  // namespace sharesim
