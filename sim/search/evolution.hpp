#pragma once
// The search for the worst attack: a (mu + lambda) evolution strategy with restarts (Schwefel:
// "Numerical optimization of computer models", 1981). The harm of an attack is a plateau with cliffs
// (a leg just under the tick is worth everything, just over it nothing), so that nothing that
// follows a slope would do; and a strategy of thirty lines gives the same bytes on every machine.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/search/attack.hpp"
#include "sim/search/attack_space.hpp"

namespace sharesim {

struct SearchOptions {
  std::int64_t budget = 1000;  ///< attacks to try, at most
  std::uint64_t seed = 1;
};

/// Tries attacks and returns the harm that each does, the larger the worse; nothing for one that
/// was not tried to its end, because the search is to end.
using Trial = std::function<std::vector<std::optional<std::int64_t>>(const std::vector<Attack>&)>;

struct Found {
  Attack attack;          ///< the worst; the plainest of those that are equally bad
  std::int64_t harm = 0;  ///< that it does
  std::int64_t hog = 0;   ///< that running for ever does
  std::int64_t trials = 0;
  bool complete = false;  ///< false: ended before its time, by a trial without a value
};

/// Begins with a hog, with `known` attacks, and with random ones; nothing else is built in. Empty if
/// not even the hog was tried. The same for the same arguments, whatever the trials' order in time.
std::optional<Found> find_worst(const AttackSpace& space, const std::vector<Attack>& known,
                                const SearchOptions& options, const Trial& trial);

}  // namespace sharesim
