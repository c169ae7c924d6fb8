#pragma once
// summary.json: everything that is known about a run, for programs.

#include "sim/output/sink.hpp"
#include "sim/record/result.hpp"
#include "sim/registry.hpp"

namespace sharesim {

/// Changes when a reader of summary.json has to change.
inline constexpr int kSummarySchema = 1;

/// Writes one JSON object, entity by entity, so that it takes no memory to speak of. `scheduler` is
/// the one that ran. With a baseline, a run of the same workload, each entity tells also what it has
/// more in this run (`difference`).
void write_summary(Sink& sink, const Result& result, const SchedulerChoice& scheduler,
                   const Result* baseline = nullptr);

}  // namespace sharesim
