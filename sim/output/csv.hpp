#pragma once
// Comma-separated values, as RFC 4180 has them, with a line feed at the end of each row.

#include <optional>
#include <string>
#include <string_view>

#include "sim/output/sink.hpp"
#include "sim/record/result.hpp"

namespace sharesim {

/// `text` as one field: in quotes if it has commas, quotes or line ends.
std::string csv_field(std::string_view text);

/// How a run is set beside another one of the same workload.
struct Comparison {
  const Result* baseline = nullptr;  ///< nullptr: it did not come to its end
};

/// The heading of write_metrics_csv(), with the columns of a comparison or without.
void write_metrics_heading(Sink& sink, bool with_differences = false);
/// One row per value of a run, tidy: workload,scheduler,entity,kind,metric,unit,value. Durations
/// are in ns, fractions decimal. Metrics without a value have no row. With a comparison two more
/// fields, baseline,difference: the baseline's value, and value - baseline; empty where it has none.
void write_metrics_csv(Sink& sink, const Result& result,
                       const std::optional<Comparison>& comparison = std::nullopt);

}  // namespace sharesim
