#include "sim/output/shares.hpp"

#include <cmath>

namespace sharesim {
namespace {

constexpr std::int64_t kLeastShares = 2;
constexpr std::int64_t kMostShares = 262'144;
constexpr std::int64_t kMostWeight = 10'000;

}  // namespace

std::int64_t weight_by_line(std::int64_t shares) {
  return 1 + (shares - kLeastShares) * (kMostWeight - 1) / (kMostShares - kLeastShares);
}

std::int64_t weight_by_curve(std::int64_t shares) {
  if (shares <= kLeastShares) return 1;
  if (shares >= kMostShares) return kMostWeight;
  const double l = std::log2(static_cast<double>(shares));
  const double exponent = (l * l + 125.0 * l) / 612.0 - 7.0 / 34.0;
  return static_cast<std::int64_t>(std::ceil(std::pow(10.0, exponent)));
}

std::int64_t shares_for_curve(std::int64_t weight) {
  std::int64_t low = kLeastShares;
  std::int64_t high = kMostShares;
  while (low < high) {  // the curve never falls
    const std::int64_t middle = (low + high) / 2;
    if (weight_by_curve(middle) >= weight) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace sharesim
