#pragma once
// Random durations, drawn with Boost.Random so that every compiler and library draws the same.

#include <cstdint>
#include <memory>
#include <vector>

#include <pcg_random.hpp>

#include "sim/core/time.hpp"

namespace sharesim {

/// A random stream of 16 bytes; each task has its own, so that adding a task leaves the others'
/// draws alone.
using RandomStream = pcg32;
/// The stream number `stream` of a run with seed `seed`.
RandomStream make_stream(std::uint64_t seed, std::uint64_t stream);

/// No draw is longer, and no length in a workload may be.
inline constexpr Duration kLongestDraw = std::chrono::hours(1000);

/// Of durations. Every draw is rounded to whole ns and is at least 1 ns (constants: at least 0) and
/// at most kLongestDraw.
struct Distribution {
  enum class Kind : std::uint8_t {
    kConstant,     ///< a
    kExponential,  ///< mean a
    kUniform,      ///< from a to b, both included
    kNormal,       ///< mean a, standard deviation b; negative draws become 1 ns
    kLognormal,    ///< mean a, standard deviation b, both of the duration itself (not of its
                   ///< logarithm)
    kPareto,       ///< smallest value a, shape `shape` > 1 (mean = a * shape / (shape - 1))
    kEmpirical,    ///< one of `values`, all equally likely
  };
  Kind kind = Kind::kConstant;
  Duration a{};
  Duration b{};
  double shape = 0;
  std::shared_ptr<const std::vector<Duration>> values;

  static Distribution constant(Duration d) { return {Kind::kConstant, d, {}, 0, nullptr}; }
  /// The mean of the distribution (of the untruncated one for kNormal), rounded to ns.
  Duration mean() const;
  /// Draws; a constant draws nothing from the stream.
  Duration draw(RandomStream& stream) const;
};

}  // namespace sharesim
