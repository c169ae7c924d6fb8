#pragma once
// The values of counters as Perfetto has them: those of one time together.

#include <array>
#include <string>
#include <vector>

#include "sim/output/trace_format.hpp"
#include "sim/output/trace_perfetto_packets.hpp"

namespace sharesim::perfetto {

/// Most of a trace are values. One event holds several of one time: its own, and up to eight more (readers take no more).
class CounterValues {
 public:
  explicit CounterValues(Packets& packets) : packets_(packets) {}

  /// Once, before the first value.
  void define(const TraceCounter& counter);
  void value(const TraceCounter& counter, Time now, std::int64_t value);
  /// Writes those that wait. Before anything else of a later time.
  void flush();

 private:
  static constexpr std::size_t kMost = 9;
  struct Waiting {
    std::uint32_t counter = 0;
    std::int64_t value = 0;
  };
  struct Tracks {
    std::string first;  ///< how an event begins whose own value this counter has, encoded
    std::string more;   ///< that an event has a value of this counter too, encoded
  };

  Packets& packets_;
  std::vector<Tracks> tracks_;  ///< by counter
  std::array<Waiting, kMost> waiting_{};
  std::size_t count_ = 0;
  Time now_{};  ///< of those that wait
};

}  // namespace sharesim::perfetto
