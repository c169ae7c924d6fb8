#pragma once
// Comma-separated values, as RFC 4180 has them, with a line feed at the end of each row.

#include <string>
#include <string_view>

#include "sim/output/sink.hpp"
#include "sim/record/result.hpp"

namespace sharesim {

/// `text` as one field: in quotes if it has commas, quotes or line ends.
std::string csv_field(std::string_view text);

/// The heading of write_metrics_csv().
void write_metrics_heading(Sink& sink);
/// One row per value of a run, tidy: workload,scheduler,entity,kind,metric,unit,value. Durations
/// are in ns, fractions decimal. Metrics without a value have no row.
void write_metrics_csv(Sink& sink, const Result& result);

}  // namespace sharesim
