#pragma once
// Weight readjustment: on p CPUs nobody can use more than its CPUs, so a weight that asks for more
// is cut to what it can use (Chandra, Adler, Goyal, Shenoy: "Surplus fair scheduling", OSDI 2000).
//
//   infeasible:  w_i / sum of w > 1 / p
//   the heaviest first, i on the p_i CPUs that the heavier ones leave:
//     w_i * p_i > w_i + ... + w_n:   phi_i = (phi_{i+1} + ... + phi_n) / (p_i - 1)
//     else                           phi_i = w_i, and so for all the lighter ones
//
// Those that are cut all get the same phi = lambda = L / (p - k): k are cut, L is the weight of the
// rest. Where all can have a CPU of their own, lambda is the smallest weight. Then phi_i is in
// proportion to the weighted max-min fair share with a ceiling of one CPU.

#include <cstdint>
#include <set>

#include "sim/core/ids.hpp"

namespace sharesim {

/// A weight as a fraction, exact.
struct Phi {
  Weight numerator = 1;
  Weight denominator = 1;
};

/// Somebody who competes for the CPUs.
struct Competitor {
  EntityId id = kNoEntity;
  Weight weight = 1;
  CpuId ceiling = 1;  ///< CPUs that it can use at once: more than one for a group

  /// The order of cutting: the most weight per CPU of its ceiling first.
  friend bool operator<(const Competitor& a, const Competitor& b) {
    const auto mine = static_cast<__int128>(a.weight) * b.ceiling;
    const auto other = static_cast<__int128>(b.weight) * a.ceiling;
    return mine != other ? mine > other : a.id < b.id;
  }
};

/// The competitors by weight, and what their weights come to. O(log n + p) for a change.
class Readjustment {
 public:
  explicit Readjustment(CpuId cpus) : cpus_(cpus) {}

  bool empty() const { return competitors_.empty(); }
  /// The least weight per CPU of its ceiling. There is one.
  const Competitor& lightest() const { return *competitors_.rbegin(); }

  void insert(const Competitor& competitor) {
    competitors_.insert(competitor);
    total_ += competitor.weight;
    readjust();
  }
  /// `competitor` as it was inserted.
  void erase(const Competitor& competitor) {
    competitors_.erase(competitor);
    total_ -= competitor.weight;
    readjust();
  }

  /// The readjusted weight: min(w, lambda x ceiling).
  Phi phi(const Competitor& competitor) const {
    if (!is_cut(competitor)) return {competitor.weight, 1};
    return {lambda_.numerator * competitor.ceiling, lambda_.denominator};
  }
  bool is_cut(const Competitor& competitor) const { return exceeds(competitor, lambda_); }

  /// Calls visit(competitor) for all that are cut, or whose weight is beyond `lambda`.
  template <typename Visit>
  void for_each_beyond(Phi lambda, Visit visit) const {
    for (const Competitor& competitor : competitors_) {
      if (!is_cut(competitor) && !exceeds(competitor, lambda)) return;
      visit(competitor);
    }
  }
  /// What a CPU's worth is; those with more weight per CPU are cut to it. Denominator 0: without
  /// bound.
  Phi lambda() const { return lambda_; }

 private:
  static bool exceeds(const Competitor& competitor, Phi lambda) {
    return static_cast<__int128>(competitor.weight) * lambda.denominator >
           static_cast<__int128>(competitor.ceiling) * lambda.numerator;
  }

  void readjust() {
    lambda_ = {1, 0};
    Weight rest = total_;
    std::int64_t left = cpus_;
    for (const Competitor& heaviest : competitors_) {
      const bool infeasible = static_cast<__int128>(heaviest.weight) * left >
                              static_cast<__int128>(heaviest.ceiling) * rest;
      if (!infeasible) return;
      rest -= heaviest.weight;
      left -= heaviest.ceiling;
      lambda_ = {rest, left};
    }
    // Enough CPUs for everybody.
    if (!empty()) lambda_ = {lightest().weight, static_cast<Weight>(lightest().ceiling)};
  }

  const CpuId cpus_;
  std::set<Competitor> competitors_;
  Weight total_ = 0;
  Phi lambda_{1, 0};
};

}  // namespace sharesim
