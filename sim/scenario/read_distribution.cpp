#include <array>
#include <memory>
#include <utility>

#include "sim/core/units.hpp"
#include "sim/scenario/loading.hpp"

namespace sharesim {
namespace {

using Kind = Distribution::Kind;

const char* const kAllowed =
    "a duration such as 5ms, or one of exponential, uniform, normal, lognormal, pareto, empirical";
constexpr DurationRange kPositive{ns(1), kLongestDraw};
constexpr DurationRange kAny{ns(0), kLongestDraw};

std::optional<Distribution> read_exponential(Loading& loading, const At& at) {
  const auto mean = read_duration(loading.problems, at, kPositive);
  if (!mean) return std::nullopt;
  return Distribution{Kind::kExponential, *mean, {}, 0, nullptr};
}

std::optional<Distribution> read_uniform(Loading& loading, const At& at) {
  constexpr std::size_t kBounds = 2;
  if (!check_list(loading.problems, at, kBounds, "[lowest, highest]")) return std::nullopt;
  const auto low = read_duration(loading.problems, at.item(0), kAny);
  const auto high = read_duration(loading.problems, at.item(1), kPositive);
  if (!low || !high) return std::nullopt;
  if (*low > *high) {
    loading.problems.add(at, "is empty: " + to_text(*low) + " is more than " + to_text(*high),
                         "[lowest, highest]");
    return std::nullopt;
  }
  return Distribution{Kind::kUniform, *low, *high, 0, nullptr};
}

/// {mean, sd}.
std::optional<Distribution> read_bell(Loading& loading, const At& at, Kind kind) {
  const Fields fields(loading.problems, at, {"mean", "sd"});
  const auto mean_at = fields.require("mean", "the mean, such as 5ms");
  const auto sd_at = fields.require("sd", "the standard deviation, such as 1ms");
  const auto mean = mean_at ? read_duration(loading.problems, *mean_at, kPositive) : std::nullopt;
  const auto sd = sd_at ? read_duration(loading.problems, *sd_at, kAny) : std::nullopt;
  if (!mean || !sd) return std::nullopt;
  return Distribution{kind, *mean, *sd, 0, nullptr};
}

std::optional<Distribution> read_pareto(Loading& loading, const At& at) {
  constexpr int kMostShape = 1000;
  const Fields fields(loading.problems, at, {"min", "shape"});
  const auto min_at = fields.require("min", "the smallest value, such as 1ms");
  const auto shape_at = fields.require("shape", "a number above 1, such as 1.5");
  const auto min = min_at ? read_duration(loading.problems, *min_at, kPositive) : std::nullopt;
  const auto shape =
      shape_at ? read_number_above(loading.problems, *shape_at, 1, kMostShape) : std::nullopt;
  if (!min || !shape) return std::nullopt;
  return Distribution{Kind::kPareto, *min, {}, *shape, nullptr};
}

std::optional<Distribution> read_empirical(Loading& loading, const At& at) {
  auto values = read_records(loading, at, {"duration"});
  if (!values) return std::nullopt;
  auto shared = std::make_shared<const std::vector<Duration>>(std::move(*values));
  return Distribution{Kind::kEmpirical, {}, {}, 0, std::move(shared)};
}

std::optional<Distribution> read_poisson(Loading& loading, const At& at) {
  const std::string allowed = "arrivals such as 200/s, less than one per ns, at least one in 1000h";
  const auto text = read_text(loading.problems, at, allowed);
  if (!text) return std::nullopt;
  const auto gap = parse_rate(*text);
  if (gap.value && *gap.value <= kLongestDraw) {
    return Distribution{Kind::kExponential, *gap.value, {}, 0, nullptr};
  }
  loading.problems.add(
      at, in_quotes(*text) + " " + (gap.value ? "is too small" : explain(gap.error)), allowed);
  return std::nullopt;
}

std::optional<Distribution> read_every(Loading& loading, const At& at) {
  const auto gap = read_duration(loading.problems, at, kPositive);
  if (!gap) return std::nullopt;
  return Distribution::constant(*gap);
}

const std::vector<std::string>& distribution_keys() {
  static const std::vector<std::string> kKeys{"exponential", "uniform", "normal",
                                              "lognormal",   "pareto",  "empirical"};
  return kKeys;
}

const std::vector<std::string>& arrival_keys() {
  static const std::vector<std::string> kKeys = [] {
    std::vector<std::string> keys{"poisson", "every"};
    keys.insert(keys.end(), distribution_keys().begin(), distribution_keys().end());
    return keys;
  }();
  return kKeys;
}

std::optional<Distribution> read_by_key(Loading& loading, const At& at) {
  const std::string& key = at.node().key;
  if (key == "exponential") return read_exponential(loading, at);
  if (key == "uniform") return read_uniform(loading, at);
  if (key == "normal") return read_bell(loading, at, Kind::kNormal);
  if (key == "lognormal") return read_bell(loading, at, Kind::kLognormal);
  if (key == "pareto") return read_pareto(loading, at);
  if (key == "empirical") return read_empirical(loading, at);
  if (key == "poisson") return read_poisson(loading, at);
  return read_every(loading, at);
}

/// A map with one of `keys`.
std::optional<Distribution> read_choice(Loading& loading, const At& at,
                                        const std::vector<std::string>& keys) {
  const std::size_t before = loading.problems.count();
  const Fields fields(loading.problems, at, keys);
  std::optional<Distribution> chosen;
  std::size_t found = 0;
  for (const std::string& key : keys) {
    if (const auto value = fields.find(key)) {
      chosen = read_by_key(loading, *value);
      ++found;
    }
  }
  if (found == 1) return chosen;
  if (loading.problems.count() == before) {
    loading.problems.add(at, found == 0 ? "is empty" : "holds more than one distribution",
                         "one of " + word_list(keys));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Distribution> read_distribution(Loading& loading, const At& at, Duration least) {
  if (at.kind() == Node::Kind::kMap) return read_choice(loading, at, distribution_keys());
  if (at.kind() == Node::Kind::kScalar) {
    const auto constant = read_duration(loading.problems, at, {least, kLongestDraw});
    if (!constant) return std::nullopt;
    return Distribution::constant(*constant);
  }
  if (const std::string kind = kind_text(at.node()); !kind.empty()) {
    loading.problems.add(at, kind, kAllowed);
  }
  return std::nullopt;
}

std::optional<Distribution> read_arrivals(Loading& loading, const At& at) {
  if (at.kind() == Node::Kind::kMap) return read_choice(loading, at, arrival_keys());
  if (const std::string kind = kind_text(at.node()); !kind.empty()) {
    loading.problems.add(at, kind, "{poisson: 200/s}, {every: 5ms} or a distribution of gaps");
  }
  return std::nullopt;
}

}  // namespace sharesim
