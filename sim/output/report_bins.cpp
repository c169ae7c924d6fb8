#include "sim/output/report_bins.hpp"

#include <algorithm>

#include "sim/core/check.hpp"

namespace sharesim {

void ReportBin::absorb(const ReportBin& later) {
  service += later.service;
  ideal += later.ideal;
  throttled += later.throttled;
  lag_min = std::min(lag_min, later.lag_min);
  lag_max = std::max(lag_max, later.lag_max);
  waiting = std::max(waiting, later.waiting);
}

ReportBins::ReportBins(std::size_t entities, std::size_t most)
    : entities_(entities), most_(most - most % 2) {
  check(entities > 0 && most_ >= 2, "there are entities, and room for two bins of each");
  bins_.reserve(entities_ * most_);
}

void ReportBins::add_tick(const std::vector<ReportBin>& tick) {
  check(tick.size() == entities_, "a tick has a bin per entity");
  if (size() > 0 && ticks_in_last_ < ticks_per_bin_) {
    for (std::size_t i = 0; i < entities_; ++i) {
      bins_[bins_.size() - entities_ + i].absorb(tick[i]);
    }
    ++ticks_in_last_;
    return;
  }
  if (size() == most_) halve();
  bins_.insert(bins_.end(), tick.begin(), tick.end());
  ticks_in_last_ = 1;
}

/// All bins are full then, and they are even in number.
void ReportBins::halve() {
  const std::size_t half = size() / 2;
  for (std::size_t bin = 0; bin < half; ++bin) {
    for (std::size_t i = 0; i < entities_; ++i) {
      ReportBin both = at(2 * bin, i);
      both.absorb(at(2 * bin + 1, i));
      bins_[bin * entities_ + i] = both;
    }
  }
  bins_.resize(half * entities_);
  ticks_per_bin_ *= 2;
}

}  // namespace sharesim
