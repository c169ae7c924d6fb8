#include "sim/output/report_words.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "sim/output/report_text.hpp"

namespace sharesim {
namespace {

using Rows = std::vector<const ReportRow*>;

/// Those that compete, and came to their end.
Rows competitors(const std::vector<ReportRow>& rows) {
  Rows found;
  for (const ReportRow& row : rows) {
    if (row.values.complete && !row.values.is_reference) found.push_back(&row);
  }
  return found;
}

/// "a", "a and b", "a, b and 3 others".
std::string listed(const Rows& rows) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == kMost - 1 && rows.size() > kMost) {
      return text + fmt::format(" and {} others", rows.size() - i);
    }
    if (i > 0) text += i + 1 == rows.size() ? " and " : ", ";
    text += rows[i]->values.scheduler;
  }
  return text;
}

/// Those of `rows` whose value reads like that of `example`.
Rows alike(const Rows& rows, const ReportRow& example,
           const std::function<Duration(const ReportRow&)>& value) {
  Rows found;
  for (const ReportRow* row : rows) {
    if (in_words(value(*row)) == in_words(value(example))) found.push_back(row);
  }
  return found;
}

std::optional<std::string> lag_sentence(const Rows& rows) {
  const std::size_t column = compared_column("lag_max");
  const auto lag = [&](const ReportRow& row) { return ns(row.values.values[column].value_or(0)); };
  const auto less = [&](const auto* a, const auto* b) { return lag(*a) < lag(*b); };
  const ReportRow& best = **std::min_element(rows.begin(), rows.end(), less);
  const ReportRow& worst = **std::max_element(rows.begin(), rows.end(), less);
  if (lag(worst) == Duration::zero()) return "No task was ever behind its ideal share.";
  if (in_words(lag(best)) == in_words(lag(worst))) {
    return fmt::format("No task was ever more than {} of CPU time behind its ideal share.",
                       in_words(lag(worst)));
  }
  return fmt::format(
      "Shares stayed closest to the ideal under {} (never more than {} of CPU time behind), and "
      "strayed furthest under {} ({}).",
      listed(alike(rows, best, lag)), in_words(lag(best)), listed(alike(rows, worst, lag)),
      in_words(lag(worst)));
}

std::optional<std::string> idle_sentence(const Rows& rows) {
  const std::size_t column = compared_column("wasted_idle");
  Rows idle;
  for (const ReportRow* row : rows) {
    if (row->values.values[column].value_or(0) > 0) idle.push_back(row);
  }
  if (idle.empty()) return std::nullopt;
  const auto wasted = [&](const ReportRow* row) { return *row->values.values[column]; };
  const auto worst = *std::max_element(idle.begin(), idle.end(),
                                       [&](auto* a, auto* b) { return wasted(a) < wasted(b); });
  const std::string time = in_words(ns(wasted(worst)));
  if (rows.size() == 1) return fmt::format("CPUs idled for {} while a task waited.", time);
  if (idle.size() == 1) {
    return fmt::format("Only {} left CPUs idle while a task waited: {} in all.", listed(idle),
                       time);
  }
  return fmt::format("{} left CPUs idle while a task waited, {} longest: {} in all.", listed(idle),
                     worst->values.scheduler, time);
}

std::optional<std::string> expectation_sentence(const Rows& rows) {
  std::size_t asked = 0;
  Rows failed;
  for (const ReportRow* row : rows) {
    const ExpectationCount& count = row->values.expectations;
    asked += count.asked;
    if (count.met < count.asked) failed.push_back(row);
  }
  if (asked == 0) return std::nullopt;
  if (failed.empty()) return "All that the workload expects was met.";
  if (rows.size() == 1) {
    const ExpectationCount& count = rows.front()->values.expectations;
    return fmt::format("Of {} expectations of the workload {} failed.", count.asked,
                       count.asked - count.met);
  }
  return fmt::format("Not all that the workload expects was met under {}.", listed(failed));
}

std::optional<std::string> absent_sentence(const std::vector<ReportRow>& rows) {
  Rows absent;
  for (const ReportRow& row : rows) {
    if (!row.values.complete) absent.push_back(&row);
  }
  if (absent.empty()) return std::nullopt;
  return fmt::format("{} did not come to the end of the run.", listed(absent));
}

/// The task for which `value` is largest; nothing if it is 0 for all.
template <typename Value>
std::optional<EntityRef> worst_task(const Result& result, const Value& value) {
  std::optional<EntityRef> worst;
  Duration most{};
  for (TaskId task = 0; task < result.scenario->task_count(); ++task) {
    const Duration here = value(result.table->row(EntityRef::task(task)));
    if (here <= most) continue;
    most = here;
    worst = EntityRef::task(task);
  }
  return worst;
}

}  // namespace

std::vector<EntityRef> worst_entities(const Result& result) {
  std::vector<EntityRef> worst;
  const auto add_task = [&](TaskId task) {
    if (task != kNoTask) worst.push_back(EntityRef::task(task));
  };
  const auto add = [&](const std::optional<EntityRef>& entity) {
    if (entity) worst.push_back(*entity);
  };
  const Starvation starvation = result.table->row(EntityRef::group(kRoot)).starvation;
  const bool starved = starvation.length > Duration::zero();
  if (starved) add_task(starvation.victim);
  add(worst_task(result, [](const EntityResult& row) { return row.lag_max; }));
  add(worst_task(result, [](const EntityResult& row) { return row.wakeup.max; }));
  add(worst_task(result, [](const EntityResult& row) { return row.response.p99; }));
  for (const ExpectationResult& outcome : result.expectations) {
    if (!outcome.met && outcome.entity != EntityRef::group(kRoot)) worst.push_back(outcome.entity);
  }
  if (starved) add_task(starvation.runner);
  return worst;
}

std::vector<EntityRef> named_entities(const std::vector<ReportRow>& rows) {
  std::vector<EntityRef> named;
  Rows runs = competitors(rows);
  std::stable_sort(runs.begin(), runs.end(),
                   [](const auto* a, const auto* b) { return a->starved > b->starved; });
  std::size_t most = 0;
  for (const ReportRow* row : runs) most = std::max(most, row->worst.size());
  for (std::size_t place = 0; place < most; ++place) {
    for (const ReportRow* row : runs) {
      if (place >= row->worst.size()) continue;
      const EntityRef entity = row->worst[place];
      if (std::find(named.begin(), named.end(), entity) == named.end()) named.push_back(entity);
    }
  }
  return named;
}

ReportRow report_row(const Result& result) {
  const Scenario& scenario = *result.scenario;
  ReportRow row;
  row.values = compare_row(result);
  const Starvation worst = result.table->row(EntityRef::group(kRoot)).starvation;
  row.starved = worst.length;
  row.starved_from = worst.start;
  if (worst.length > Duration::zero()) {
    if (worst.victim != kNoTask) row.victim = scenario.path_of(worst.victim);
    if (worst.runner != kNoTask) row.runner = scenario.path_of(worst.runner);
  }
  row.worst = worst_entities(result);
  for (const ExpectationResult& outcome : result.expectations) {
    if (outcome.met || !result.complete) continue;
    row.failures.push_back(
        fmt::format("{}: got {}", asked_text(scenario, outcome), got_text(scenario, outcome)));
  }
  return row;
}

std::string starvation_sentence(const std::vector<ReportRow>& rows) {
  const Rows runs = competitors(rows);
  if (runs.empty()) return "";
  const auto starved = [](const ReportRow& row) { return row.starved; };
  const auto less = [&](const auto* a, const auto* b) { return a->starved < b->starved; };
  const ReportRow& worst = **std::max_element(runs.begin(), runs.end(), less);
  const ReportRow& best = **std::min_element(runs.begin(), runs.end(), less);
  if (worst.starved == Duration::zero()) {
    return "Nobody starved: but for caps, no task ever waited for a CPU.";
  }
  std::string text =
      fmt::format("The longest starvation was {}: {}", in_words(worst.starved), worst.victim);
  if (runs.size() > 1) text += " under " + worst.values.scheduler;
  text += worst.starved_from == kStart
              ? ", from the very beginning"
              : fmt::format(", from {} on", in_words(worst.starved_from - kStart));
  if (!worst.runner.empty()) text += fmt::format(", while {} ran", worst.runner);
  text += '.';
  if (in_words(best.starved) == in_words(worst.starved)) return text;
  return text + fmt::format(" Under {} it was never more than {}.",
                            listed(alike(runs, best, starved)), in_words(best.starved));
}

std::vector<std::string> findings(const std::vector<ReportRow>& rows) {
  std::vector<std::string> sentences;
  const auto add = [&](const std::optional<std::string>& sentence) {
    if (sentence && !sentence->empty()) sentences.push_back(*sentence);
  };
  const Rows runs = competitors(rows);
  if (!runs.empty()) {
    add(starvation_sentence(rows));
    add(lag_sentence(runs));
    add(idle_sentence(runs));
    add(expectation_sentence(runs));
  }
  add(absent_sentence(rows));
  return sentences;
}

}  // namespace sharesim
