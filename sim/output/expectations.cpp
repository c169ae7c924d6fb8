#include "sim/output/expectations.hpp"

#include <vector>

#include <fmt/format.h>

#include "sim/core/units.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
namespace {

const Expectation& line_of(const Scenario& scenario, const ExpectationResult& outcome) {
  return scenario.expectations.at(outcome.index);
}

std::string bounds(const Expectation& expectation) {
  const MetricUnit unit = metric_info(expectation.metric).unit;
  std::string text;
  if (expectation.at_least) text = "at least " + exact(unit, *expectation.at_least);
  if (expectation.at_least && expectation.at_most) text += " and ";
  if (expectation.at_most) text += "at most " + exact(unit, *expectation.at_most);
  return text;
}

std::string subject(const Scenario& scenario, const ExpectationResult& outcome) {
  const Expectation& expectation = line_of(scenario, outcome);
  std::string text = fmt::format("{} of {}", metric_info(expectation.metric).name,
                                 printable(scenario.path_of(outcome.entity)));
  if (expectation.from != kStart) text += " from " + to_text(expectation.from);
  if (expectation.to) {
    const bool instant = metric_info(expectation.metric).times == MetricTimes::kInstant;
    text += (instant ? " at " : " to ") + to_text(*expectation.to);
  }
  return text;
}

}  // namespace

ExpectationCount count_expectations(const Result& result) {
  std::vector<bool> asked(result.scenario->expectations.size());
  std::vector<bool> failed(asked.size());
  for (const ExpectationResult& outcome : result.expectations) {
    asked.at(outcome.index) = true;
    if (!outcome.met) failed.at(outcome.index) = true;
  }
  ExpectationCount count;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (asked[i]) ++count.asked;
    if (asked[i] && !failed[i]) ++count.met;
  }
  return count;
}

std::string asked_text(const Scenario& scenario, const ExpectationResult& outcome) {
  return subject(scenario, outcome) + " " + bounds(line_of(scenario, outcome));
}

std::string got_text(const Scenario& scenario, const ExpectationResult& outcome) {
  if (!outcome.has_value) return "no value";
  return exact(metric_info(line_of(scenario, outcome).metric).unit, outcome.value);
}

std::string failure_text(const Result& result, const ExpectationResult& outcome) {
  const Scenario& scenario = *result.scenario;
  const Expectation& expectation = line_of(scenario, outcome);
  return fmt::format("{}:{}: {}: expectation failed under {}: {}: wanted {}, got {}",
                     printable(scenario.file), expectation.line, printable(scenario.name),
                     result.scheduler, subject(scenario, outcome), bounds(expectation),
                     got_text(scenario, outcome));
}

}  // namespace sharesim
