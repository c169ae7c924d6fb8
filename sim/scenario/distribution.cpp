#include "sim/scenario/distribution.hpp"

#include <algorithm>
#include <cmath>

#include <boost/random/exponential_distribution.hpp>
#include <boost/random/generate_canonical.hpp>
#include <boost/random/lognormal_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include "sim/core/check.hpp"

namespace sharesim {
namespace {

/// The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): spreads neighbouring numbers.
std::uint64_t mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

double real(Duration d) { return static_cast<double>(to_ns(d)); }

/// Rounded to the nearest ns and brought into the range that a draw may have.
Duration bounded(double draw) {
  return ns(std::llround(std::clamp(draw, 1.0, real(kLongestDraw))));
}

Duration bounded(Duration draw) { return std::clamp(draw, ns(1), kLongestDraw); }

double draw_lognormal(double mean, double deviation, RandomStream& stream) {
  // The parameters of the logarithm: sigma^2 = ln(1 + (sd / mean)^2), mu = ln(mean) - sigma^2 / 2.
  const double ratio = deviation / mean;
  const double variance = std::log1p(ratio * ratio);
  boost::random::lognormal_distribution<double> distribution(std::log(mean) - variance / 2,
                                                             std::sqrt(variance));
  return distribution(stream);
}

double draw_pareto(double smallest, double shape, RandomStream& stream) {
  constexpr std::size_t kBits = 53;  // all that a double holds: 32 would cut the tail short
  const double u = 1.0 - boost::random::generate_canonical<double, kBits>(stream);
  return smallest * std::pow(u, -1.0 / shape);
}

std::int64_t draw_integer(std::int64_t low, std::int64_t high, RandomStream& stream) {
  return boost::random::uniform_int_distribution<std::int64_t>(low, high)(stream);
}

Duration mean_of(const std::vector<Duration>& values) {
  __extension__ __int128 sum = 0;
  for (const Duration value : values) sum += to_ns(value);
  const auto count = static_cast<std::int64_t>(values.size());
  return ns(static_cast<std::int64_t>((sum + count / 2) / count));
}

}  // namespace

RandomStream make_stream(std::uint64_t seed, std::uint64_t stream) {
  return RandomStream(mix(seed ^ mix(stream)), stream);
}

Duration Distribution::mean() const {
  switch (kind) {
    case Kind::kConstant:
    case Kind::kExponential:
    case Kind::kNormal:
    case Kind::kLognormal:
      return a;
    case Kind::kUniform:
      return a + ns((to_ns(b - a) + 1) / 2);
    case Kind::kPareto:
      return bounded(real(a) * shape / (shape - 1));
    case Kind::kEmpirical:
      return mean_of(*values);
  }
  fail_check("a distribution is of a known kind");
}

Duration Distribution::draw(RandomStream& stream) const {
  switch (kind) {
    case Kind::kConstant:
      return a;
    case Kind::kExponential:
      return bounded(boost::random::exponential_distribution<double>(1.0 / real(a))(stream));
    case Kind::kUniform:
      return bounded(ns(draw_integer(to_ns(a), to_ns(b), stream)));
    case Kind::kNormal:
      return bounded(boost::random::normal_distribution<double>(real(a), real(b))(stream));
    case Kind::kLognormal:
      return bounded(draw_lognormal(real(a), real(b), stream));
    case Kind::kPareto:
      return bounded(draw_pareto(real(a), shape, stream));
    case Kind::kEmpirical: {
      const auto last = static_cast<std::int64_t>(values->size()) - 1;
      return bounded((*values)[static_cast<std::size_t>(draw_integer(0, last, stream))]);
    }
  }
  fail_check("a distribution is of a known kind");
}

}  // namespace sharesim
