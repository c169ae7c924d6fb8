#include "sim/output/run_table.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "sim/core/units.hpp"
#include "sim/output/credits.hpp"
#include "sim/output/entities.hpp"
#include "sim/output/expectations.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kNameColumns = 32;
constexpr std::size_t kQuestionColumns = 108;

/// value / whole in millionths, to the nearest; whole > 0.
std::int64_t part(std::int64_t value, __int128 whole) {
  return static_cast<std::int64_t>((__int128{value} * 1'000'000 + whole / 2) / whole);
}

/// The values of one row as cells.
class RowText {
 public:
  RowText(const Result& result, EntityRef entity)
      : result_(result), entity_(entity), row_(result.table->row(entity)) {}

  GridCell name(std::uint32_t depth) const {
    const std::string path = result_.scenario->path_of(entity_);
    const std::string own = depth == 0 ? path : path.substr(path.rfind('/') + 1);
    return {std::string(2 * std::size_t{depth}, ' ') + shorten_name(printable(own), kNameColumns)};
  }
  GridCell share() const { return percent(value(Metric::kShare)); }
  GridCell ideal_share() const {
    const auto ideal = value(Metric::kIdealService);
    if (!ideal || result_.end == kStart) return {};
    return {human_percent(part(*ideal, to_ns(result_.end)))};
  }
  GridCell duration(Metric metric) const {
    const auto found = value(metric);
    return found ? GridCell{human(ns(*found))} : GridCell{};
  }
  GridCell count(Metric metric) const {
    const auto found = value(metric);
    return found ? GridCell{human_count(static_cast<std::uint64_t>(*found))} : GridCell{};
  }
  GridCell unless_zero(Metric metric) const {
    return value(metric).value_or(0) == 0 ? GridCell{} : duration(metric);
  }
  GridCell starved_at() const {
    return starved() ? GridCell{human(row_.starvation.start.time_since_epoch())} : GridCell{};
  }
  GridCell starved_by() const {
    const TaskId runner = row_.starvation.runner;
    if (!starved() || runner == kNoTask) return {};
    return {shorten_name(printable(result_.scenario->path_of(runner)), kNameColumns)};
  }

 private:
  std::optional<std::int64_t> value(Metric metric) const {
    return value_of(row_, metric, entity_.is_task(), entity_ == EntityRef::group(kRoot),
                    result_.end.time_since_epoch());
  }
  bool starved() const {
    return row_.measured(Metric::kStarvation) && row_.starvation.length > Duration::zero();
  }
  static GridCell percent(std::optional<std::int64_t> millionths) {
    return millionths ? GridCell{human_percent(*millionths)} : GridCell{};
  }

  const Result& result_;
  EntityRef entity_;
  EntityResult row_;
};

std::string field(std::string_view name, const std::string& text) {
  return fmt::format("{:<11}{}\n", name, text);
}

std::string heading(const Result& result, const std::string& in_force) {
  const Scenario& scenario = *result.scenario;
  const std::string question = headline(scenario.question);
  std::string text = field("workload", printable(scenario.name));
  if (!question.empty()) text += field("", shorten(question, kQuestionColumns));
  const bool set_up = !in_force.empty() && in_force != result.scheduler;
  text += field("scheduler", result.scheduler + (set_up ? ", set up here as " + in_force : ""));
  std::string machine =
      fmt::format("{} CPU{}, {}, seed {}", scenario.machine.cpus,
                  scenario.machine.cpus == 1 ? "" : "s", to_text(scenario.duration), scenario.seed);
  if (!result.complete) machine += fmt::format("; INCOMPLETE, ended at {}", to_text(result.end));
  return text + field("machine", machine);
}

Grid entity_grid(const Result& result, std::size_t& hidden) {
  Grid grid({{"entity", false},
             {"share"},
             {"ideal"},
             {"lag\nmax"},
             {"wakeup\np50"},
             {"wakeup\np99"},
             {"response\np99"},
             {"longest\nstarved"},
             {"at", true, 2},
             {"meanwhile ran", false, 3},
             {"throttled"},
             {"switches", true, 1}});
  std::size_t rows = 0;
  walk_tree(*result.scenario, [&](EntityRef entity, std::uint32_t depth) {
    const RowText row(result, entity);
    grid.add_row({row.name(depth), row.share(), row.ideal_share(), row.duration(Metric::kLagMax),
                  row.duration(Metric::kWakeupP50), row.duration(Metric::kWakeupP99),
                  row.duration(Metric::kResponseP99), row.duration(Metric::kStarvation),
                  row.starved_at(), row.starved_by(), row.unless_zero(Metric::kThrottledTime),
                  row.count(Metric::kSwitches)});
    return ++rows < kRunTableRows;
  });
  hidden = result.scenario->groups.size() + result.scenario->task_count() - rows;
  return grid;
}

std::string machine_line(const Result& result) {
  const EntityResult root = result.table->row(EntityRef::group(kRoot));
  const __int128 capacity = __int128{to_ns(result.end)} * result.scenario->machine.cpus;
  const auto size = [&](Metric metric, Duration d) {
    if (!root.measured(metric)) return std::string("not measured");
    if (d == Duration::zero()) return human(d);
    return fmt::format("{} ({})", human(d),
                       human_percent(std::max<std::int64_t>(1, part(to_ns(d), capacity))));
  };
  std::string text = fmt::format(
      "idle {}, wasted idle {}, overhead {}", size(Metric::kIdle, root.idle),
      size(Metric::kWastedIdle, root.wasted_idle), size(Metric::kOverhead, root.overhead));
  if (root.jain) text += fmt::format(", Jain index {:.4f}", *root.jain);
  return field("totals", text + fmt::format(", {} decisions", human_count(result.decisions)));
}

/// One line for each level of a task's way down the tree, but none of `shown`.
void add_states(std::string& text, const Result& result, const StatePath& path,
                std::vector<EntityRef>& shown) {
  for (const EntityState& level : path) {
    if (std::find(shown.begin(), shown.end(), level.entity) != shown.end()) continue;
    shown.push_back(level.entity);
    std::string line = fmt::format(
        "  {}: {}", shorten_name(printable(result.scenario->path_of(level.entity)), kNameColumns),
        level.state);
    for (const StateValue& value : level.policy) {
      line += fmt::format(", {} {}", printable(value.name), value.number);
    }
    if (level.quota) line += ", quota left " + to_text(*level.quota);
    text += field("", line);
  }
}

/// How things stood when the longest starvation of all began.
std::string starvation_lines(const Result& result) {
  const Starvation worst = result.table->row(EntityRef::group(kRoot)).starvation;
  const auto found = result.starvation_states.find(worst.victim);
  if (worst.victim == kNoTask || found == result.starvation_states.end()) return "";
  const auto path = [&](TaskId task) {
    return shorten_name(printable(result.scenario->path_of(task)), kNameColumns);
  };
  std::string line = fmt::format("{} waited {}", path(worst.victim), human(worst.length));
  if (worst.runner != kNoTask) line += fmt::format(" while {} ran", path(worst.runner));
  std::string text = field("starved", line + "; at the beginning, " + to_text(worst.start) + ":");
  std::vector<EntityRef> shown;
  add_states(text, result, found->second.victim, shown);
  add_states(text, result, found->second.runner, shown);
  return text;
}

/// Of a long time: "73h4m25s".
std::string in_seconds(Duration d) {
  return to_text(Duration(std::chrono::round<std::chrono::seconds>(d)));
}

/// What is to be said of each machine with credits, up to so many of them.
std::string credit_lines(const Result& result) {
  constexpr std::size_t kMost = 10;
  const std::vector<EntityRef> machines = machines_with_credits(*result.scenario);
  std::string text;
  for (std::size_t i = 0; i < machines.size() && i < kMost; ++i) {
    const auto credits = result.table->row(machines[i]).credits;
    if (!credits) continue;
    const CreditAccount& account = credits->account;
    std::string line = fmt::format(
        "{}: {} left, {} earned, {} spent",
        shorten_name(printable(result.scenario->path_of(machines[i])), kNameColumns),
        credits_text(account.balance), credits_text(account.earned), credits_text(account.spent));
    const auto add = [&](Duration value, const char* what) {
      if (value > Duration::zero()) line += fmt::format(", {} {}", credits_text(value), what);
    };
    add(account.lost, "lost");
    add(account.surplus, "owed");
    add(account.charged, "charged");
    if (credits->depleted)
      line += "; none left first at " + in_seconds(credits->depleted->time_since_epoch());
    if (credits->at_baseline > Duration::zero())
      line += ", held to the baseline for " + in_seconds(credits->at_baseline);
    text += field(text.empty() ? "credits" : "", line);
  }
  if (machines.size() > kMost)
    text += field("", fmt::format("... and {} more", machines.size() - kMost));
  return text;
}

std::string expectation_lines(const Result& result, const TableStyle& style) {
  if (result.expectations.empty()) return "";
  const ExpectationCount count = count_expectations(result);
  std::string text = field("expected", fmt::format("{} of {} met", count.met, count.asked));
  for (const ExpectationResult& outcome : result.expectations) {
    text += fmt::format(
        "  {}  {}: {}\n",
        outcome.met ? inked("ok    ", Ink::kGood, style) : inked("FAILED", Ink::kBad, style),
        asked_text(*result.scenario, outcome), got_text(*result.scenario, outcome));
  }
  return text;
}

}  // namespace

std::string run_table(const Result& result, const TableStyle& style, const std::string& in_force) {
  std::size_t hidden = 0;
  const Grid grid = entity_grid(result, hidden);
  std::string text = heading(result, in_force) + "\n" + grid.render(style);
  if (hidden > 0) text += fmt::format("... and {} more (see -o DIR or --format csv)\n", hidden);
  return text + "\n" + machine_line(result) + starvation_lines(result) + credit_lines(result) +
         expectation_lines(result, style);
}

}  // namespace sharesim
