#pragma once
// What an attacker does: a small family of behaviours, each of which a workload file can express.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/time.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// A run or a sleep of fixed length.
struct Leg {
  Step::Kind kind = Step::Kind::kRun;
  Duration length{};

  friend bool operator==(const Leg&, const Leg&) = default;
};

/// It comes to exist, goes through its legs `rounds` times, and then runs for ever. Without legs it
/// is a hog.
struct Attack {
  Duration phase{};             ///< it starts so much later than the workload says
  std::vector<Leg> legs;        ///< runs and sleeps in turn
  std::int64_t rounds = 1;      ///< 0: the legs again and again
  std::uint32_t attackers = 1;  ///< so many do the same, each with its part of the weight

  friend bool operator==(const Attack&, const Attack&) = default;
};

/// Its legs once.
Duration round_length(const Attack& attack);
/// The steps of a `do:`, without the phase; empty if it runs for ever from the start. `duration` is
/// the length of the whole run: to run for so long is to run for ever.
std::vector<Leg> steps_of(const Attack& attack, Duration duration);
/// The same as a behaviour of the engine.
Behaviour behaviour_of(const Attack& attack, Duration duration);

/// "sleep 10s, then run for ever".
std::string in_words(const Attack& attack);

}  // namespace sharesim
