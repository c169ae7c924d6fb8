#pragma once
// What each entity got over time, in a fixed amount of memory however long the run is.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sharesim {

/// One entity in one stretch of time: sums, and extremes that no thinning may lose.
struct ReportBin {
  std::int64_t service = 0, ideal = 0, throttled = 0;  ///< within the bin, in ns
  std::int64_t lag_min = 0, lag_max = 0;               ///< of the lags at the ends of its ticks
  std::int64_t waiting = 0;  ///< longest stretch without running that lasted into the bin

  /// This bin and the one that follows it become one.
  void absorb(const ReportBin& later);
  friend bool operator==(const ReportBin&, const ReportBin&) = default;
};

/// Bins of one or more ticks each. When there are more than fit, two become one: sums stay sums,
/// extremes extremes.
class ReportBins {
 public:
  /// `most` is at least 2.
  ReportBins(std::size_t entities, std::size_t most);

  /// The next tick: a bin per entity.
  void add_tick(const std::vector<ReportBin>& tick);

  std::size_t size() const { return bins_.size() / entities_; }
  /// All bins but the last hold so many.
  std::int64_t ticks_per_bin() const { return ticks_per_bin_; }
  const ReportBin& at(std::size_t bin, std::size_t entity) const {
    return bins_[bin * entities_ + entity];
  }
  /// Heap memory in use.
  std::size_t bytes() const { return bins_.capacity() * sizeof(ReportBin); }

 private:
  void halve();

  const std::size_t entities_;
  const std::size_t most_;
  std::vector<ReportBin> bins_;  ///< bin by bin, the entities of each
  std::int64_t ticks_per_bin_ = 1;
  std::int64_t ticks_in_last_ = 0;
};

}  // namespace sharesim
