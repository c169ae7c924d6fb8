#pragma once
// What a report says in words before it shows anything.

#include <string>
#include <vector>

#include "sim/output/compare_table.hpp"
#include "sim/record/result.hpp"

namespace sharesim {

/// One run in the table of a report; small, so that the Result behind it can be dropped.
struct ReportRow {
  CompareRow values;
  Duration starved{};                 ///< the longest starvation of all tasks
  Time starved_from{};                ///< if there was one
  std::string victim, runner;         ///< paths; empty if there is none
  std::vector<std::string> failures;  ///< a line per expectation that failed
  std::vector<EntityRef> worst;       ///< see worst_entities()
  bool has_charts = false;            ///< its data are in the page
};

ReportRow report_row(const Result& result);

/// Whom the numbers of a run are about, the most telling first; may name one twice: the tasks that starved
/// longest, that fell furthest behind, that waited longest after a wakeup, and for a response; whom
/// expectations failed for; who ran while the first one starved.
std::vector<EntityRef> worst_entities(const Result& result);

/// The same of all runs of one workload that compete and came to their end, each entity once; that of the
/// longest starvation first.
std::vector<EntityRef> named_entities(const std::vector<ReportRow>& rows);

/// The longest starvation of a workload, as a sentence: how long, who, under which scheduler, who ran.
std::string starvation_sentence(const std::vector<ReportRow>& rows);

/// Sentences about the runs of one workload, the most important one first: starvation, how far shares
/// strayed from the ideal, idle time that was wanted, expectations.
std::vector<std::string> findings(const std::vector<ReportRow>& rows);

}  // namespace sharesim
