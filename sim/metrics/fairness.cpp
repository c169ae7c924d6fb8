#include "sim/metrics/fairness.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sharesim {
namespace {

double mean_of(const std::vector<Weight>& weights) {
  const Weight sum = std::accumulate(weights.begin(), weights.end(), Weight{0});
  return static_cast<double>(sum) / static_cast<double>(weights.size());
}

/// Exact, because weights are far below 2^52.
Weight weight_of(double inverse_weight) {
  return static_cast<Weight>(std::llround(1 / inverse_weight));
}

}  // namespace

// ---- A few children ----

PairwiseFairness::PairwiseFairness(const std::vector<Weight>& weights, CpuId cpus)
    : one_cpu_(cpus == 1), mean_weight_(mean_of(weights)) {
  const auto count = static_cast<std::uint32_t>(weights.size());
  blocks_ = (count + 3) / 4;
  data_.resize(row_size() * (kHighest + count * (one_cpu_ ? 1 : 2)));
  for (const Weight weight : weights) {
    children_.push_back({.inverse_weight = 1 / static_cast<double>(weight), .weight = weight});
  }
}

void PairwiseFairness::row_with_runs(std::uint32_t child, std::int64_t now) {
  const Child& c = children_[child];
  data_[child] = static_cast<double>(c.offset_ns) * c.inverse_weight;
  data_[kRate * row_size() + child] = c.running * c.inverse_weight;

  const auto time = static_cast<double>(now);
  const double* __restrict x = data_.data();
  const double* __restrict rate = x + kRate * row_size();
  double* __restrict highest = data_.data() + (kHighest + child) * row_size();
  double* __restrict lowest = highest + children_.size() * row_size();
  const double x_child = x[child] + rate[child] * time;
  for (std::size_t j = 0; j < row_size(); ++j) {
    const double d = x_child - (x[j] + rate[j] * time);
    highest[j] = d > highest[j] ? d : highest[j];
    lowest[j] = d < lowest[j] ? d : lowest[j];
  }
}

/// Brings every pair of `child` up to `now`, in both directions.
void PairwiseFairness::compare_all(std::uint32_t child, std::int64_t now) {
  const double x_child = x_of(child, now);
  for (std::uint32_t j = 0; j < children_.size(); ++j) {
    const double d = x_child - x_of(j, now);
    highest(child, j) = std::max(highest(child, j), d);
    highest(j, child) = std::max(highest(j, child), -d);
  }
}

void PairwiseFairness::compete(std::uint32_t child, std::int64_t now) {
  const double x_child = x_of(child, now);
  for (std::uint32_t j = 0; j < children_.size(); ++j) {
    if (j == child || !children_[j].competes) continue;
    any_pair_ = true;
    const double d = x_child - x_of(j, now);
    highest(child, j) = d;
    highest(j, child) = -d;
    if (!one_cpu_) {
      lowest(child, j) = d;
      lowest(j, child) = -d;
    }
  }
  children_[child].competes = true;
}

void PairwiseFairness::retire(std::uint32_t child, std::int64_t now) {
  compare_all(child, now);
  children_[child].competes = false;
  for (std::uint32_t j = 0; j < children_.size(); ++j) {
    if (!children_[j].competes) continue;
    double up = highest(child, j);
    double down = highest(j, child);
    if (!one_cpu_) {
      up = std::max(up, -lowest(j, child));
      down = std::max(down, -lowest(child, j));
    }
    bound_ns_ = std::max(bound_ns_, (up + down) * mean_weight_);
  }
}

void PairwiseFairness::set_weight(std::uint32_t child, Weight weight, std::int64_t now) {
  Child& c = children_[child];
  const bool competed = c.competes;
  if (competed) retire(child, now);
  mean_weight_ += static_cast<double>(weight - c.weight) / static_cast<double>(children_.size());
  c.weight = weight;
  c.inverse_weight = 1 / static_cast<double>(weight);
  c.offset_ns = -static_cast<std::int64_t>(c.running) * now;
  if (one_cpu_) {
    data_[child] = 0;
  } else {
    row_with_runs(child, now);
  }
  if (competed) compete(child, now);
}

void PairwiseFairness::finish(std::int64_t now) {
  for (std::uint32_t i = 0; i < children_.size(); ++i) {
    if (children_[i].competes) retire(i, now);
  }
}

std::optional<double> PairwiseFairness::bound_ns() const {
  return any_pair_ ? std::optional(bound_ns_) : std::nullopt;
}

// ---- Many children ----

RangeFairness::RangeFairness(const std::vector<Weight>& weights, CpuId cpus)
    : one_cpu_(cpus == 1), cpus_(cpus), mean_weight_(mean_of(weights)), children_(weights.size()) {
  for (std::size_t i = 0; i < weights.size(); ++i) {
    children_[i].inverse_weight = 1 / static_cast<double>(weights[i]);
  }
}

void RangeFairness::set_competing_weight(Weight weight, std::int64_t now) {
  competing_weight_ = weight;
  inverse_competing_ = weight == 0 ? 0 : 1 / static_cast<double>(weight);
  steepest_v_ = cpus_ * inverse_competing_;
  reweighed_at_ns_ = static_cast<std::uint64_t>(now);
}

void RangeFairness::compete(std::uint32_t child, std::int64_t now) {
  Child& c = children_[child];
  change(c, now);
  c.lowest = c.highest = c.x - v_;
  c.competes = 1;
  ++competing_;
  any_pair_ = any_pair_ || competing_ > 1;
  set_competing_weight(competing_weight_ + weight_of(c.inverse_weight), now);
}

void RangeFairness::retire(std::uint32_t child, std::int64_t now) {
  Child& c = children_[child];
  change(c, now);
  note_range(child, (c.highest - c.lowest) * mean_weight_);
  c.competes = 0;
  --competing_;
  set_competing_weight(competing_weight_ - weight_of(c.inverse_weight), now);
}

void RangeFairness::note_range(std::uint32_t child, double range) {
  if (child == widest_child_) {
    widest_ = std::max(widest_, range);
  } else if (range > widest_) {
    second_ = widest_;
    widest_ = range;
    widest_child_ = child;
  } else {
    second_ = std::max(second_, range);
  }
}

void RangeFairness::set_weight(std::uint32_t child, Weight weight, std::int64_t now) {
  Child& c = children_[child];
  const bool competed = c.competes != 0;
  if (competed) {
    retire(child, now);
  } else {
    change(c, now);
  }
  const double change_of_weight = static_cast<double>(weight - weight_of(c.inverse_weight));
  mean_weight_ += change_of_weight / static_cast<double>(children_.size());
  c.inverse_weight = 1 / static_cast<double>(weight);
  if (competed) compete(child, now);
}

void RangeFairness::finish(std::int64_t now) {
  for (std::uint32_t i = 0; i < children_.size(); ++i) {
    if (children_[i].competes != 0) retire(i, now);
  }
}

std::optional<double> RangeFairness::bound_ns() const {
  return any_pair_ ? std::optional(widest_ + second_) : std::nullopt;
}

// ---- One of them ----

Fairness::Fairness(const std::vector<Weight>& weights, CpuId cpus) {
  if (weights.size() > PairwiseFairness::kMostChildren) {
    ranges_ = std::make_unique<RangeFairness>(weights, cpus);
  } else if (weights.size() > 1) {
    pairs_ = std::make_unique<PairwiseFairness>(weights, cpus);
  }
}

void Fairness::compete(std::uint32_t child, std::int64_t now) {
  if (pairs_ != nullptr) pairs_->compete(child, now);
  if (ranges_ != nullptr) ranges_->compete(child, now);
}

void Fairness::retire(std::uint32_t child, std::int64_t now) {
  if (pairs_ != nullptr) pairs_->retire(child, now);
  if (ranges_ != nullptr) ranges_->retire(child, now);
}

void Fairness::set_weight(std::uint32_t child, Weight weight, std::int64_t now) {
  if (pairs_ != nullptr) pairs_->set_weight(child, weight, now);
  if (ranges_ != nullptr) ranges_->set_weight(child, weight, now);
}

void Fairness::finish(std::int64_t now) {
  if (pairs_ != nullptr) pairs_->finish(now);
  if (ranges_ != nullptr) ranges_->finish(now);
}

std::optional<double> Fairness::bound_ns() const {
  if (pairs_ != nullptr) return pairs_->bound_ns();
  return ranges_ != nullptr ? ranges_->bound_ns() : std::nullopt;
}

}  // namespace sharesim
