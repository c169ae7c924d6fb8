// Does the Linux model do what a Linux kernel did? Each measured case of linux_measured.hpp, with both
// numbers. The table in workloads/linux/README.md is made from the same; renew it with
//   SHARESIM_REWRITE_TABLES=1 build/tests/oracle_tests --gtest_filter='LinuxCases.*'

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/cli/simulate.hpp"
#include "tests/oracle/linux_measured.hpp"

namespace sharesim::test {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(SHARESIM_SOURCE_DIR) / "workloads" / "linux";
constexpr double kNsPerSecond = 1e9, kNsPerUs = 1e3;
/// What the probe's jobs take: from response to release-to-start.
constexpr double kJobUs = 1000;

/// The model's run of a workload; each is run once.
const Result& model(const std::string& workload) {
  static std::map<std::string, Result> runs;
  const auto known = runs.find(workload);
  if (known != runs.end()) return known->second;
  const auto scenario =
      std::make_shared<const Scenario>(load_scenario((kFolder / (workload + ".yaml")).string()));
  return runs[workload] = cli::simulate({.scenario = scenario,
                                         .scheduler = Registry::global().choose("linux_eevdf"),
                                         .folder = {},
                                         .schedule = false},
                                        {});
}

EntityRef entity(const Scenario& scenario, std::string_view path) {
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    if (scenario.groups[id].path == path) return EntityRef::group(id);
  }
  for (TaskId id = 0; id < scenario.task_count(); ++id) {
    if (scenario.path_of(id) == path) return EntityRef::task(id);
  }
  ADD_FAILURE() << "no " << path << " in " << scenario.file;
  return EntityRef::group(kRoot);
}

double seconds(Duration d) { return static_cast<double>(to_ns(d)) / kNsPerSecond; }
double us(Duration d) { return static_cast<double>(to_ns(d)) / kNsPerUs; }

double value(const MeasuredCase& measured) {
  const Result& result = model(std::string(measured.workload));
  const EntityResult row = result.table->row(entity(*result.scenario, measured.entity));
  switch (measured.quantity) {
    case Quantity::kShare:
      return seconds(row.service) / seconds(result.end - kStart);
    case Quantity::kInvoluntary:
      return static_cast<double>(row.switches - (row.wakeups > 1 ? row.wakeups : 0));
    case Quantity::kService:
      return seconds(row.service);
    case Quantity::kThrottled:
      return seconds(row.cpu_stat.value().throttled_time);
    case Quantity::kPeriods:
      return static_cast<double>(row.cpu_stat.value().periods);
    case Quantity::kThrottledPeriods:
      return static_cast<double>(row.cpu_stat.value().throttled);
    case Quantity::kWakeupP50:
      return us(row.wakeup.p50);
    case Quantity::kWakeupP90:
      return us(row.wakeup.p90);
    case Quantity::kWakeupP99:
      return us(row.wakeup.p99);
    case Quantity::kReleaseP50:
      return us(row.response.p50) - kJobUs;
    case Quantity::kReleaseP90:
      return us(row.response.p90) - kJobUs;
    case Quantity::kReleaseP99:
      return us(row.response.p99) - kJobUs;
  }
  return 0;
}

std::string name(Quantity quantity) {
  switch (quantity) {
    case Quantity::kShare:
      return "share";
    case Quantity::kInvoluntary:
      return "involuntary switches";
    case Quantity::kService:
      return "CPU time, s";
    case Quantity::kThrottled:
      return "throttled, s";
    case Quantity::kPeriods:
      return "periods";
    case Quantity::kThrottledPeriods:
      return "periods throttled";
    case Quantity::kWakeupP50:
      return "wakeup p50, us";
    case Quantity::kWakeupP90:
      return "wakeup p90, us";
    case Quantity::kWakeupP99:
      return "wakeup p99, us";
    case Quantity::kReleaseP50:
      return "release to start p50, us";
    case Quantity::kReleaseP90:
      return "release to start p90, us";
    case Quantity::kReleaseP99:
      return "release to start p99, us";
  }
  return "";
}

std::string number(Quantity quantity, double value) {
  if (quantity == Quantity::kShare) return fmt::format("{:.4f}", value);
  const bool is_seconds = quantity == Quantity::kService || quantity == Quantity::kThrottled;
  return is_seconds ? fmt::format("{:.3f}", value) : fmt::format("{:.0f}", value);
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// How far off the model is: of a share absolutely, else as a part of what was measured.
double distance(const MeasuredCase& measured, double model_says) {
  const double difference = model_says - mean(measured.runs);
  return measured.quantity == Quantity::kShare ? difference : difference / mean(measured.runs);
}
std::string distance_text(Quantity quantity, double distance) {
  return quantity == Quantity::kShare ? fmt::format("{:+.4f}", distance)
                                      : fmt::format("{:+.1f} %", 100 * distance);
}
std::string allowed_text(const MeasuredCase& measured) {
  if (measured.within == kShownOnly) return "shown only";
  return measured.quantity == Quantity::kShare ? fmt::format("{:.3f}", measured.within)
                                               : fmt::format("{:g} %", 100 * measured.within);
}

/// The lines of the page, and below them why some miss.
std::string page_table() {
  std::string table =
      "| workload | of | what | measured | model | off by | within | "
      "|\n|---|---|---|---|---|---|---|---|\n";
  std::vector<std::string_view> reasons;
  for (const MeasuredCase& measured : measured_cases()) {
    std::string runs;
    for (const double run : measured.runs)
      runs += (runs.empty() ? "" : " ") + number(measured.quantity, run);
    const double says = value(measured);
    std::string note;
    if (!measured.exception.empty()) {
      auto known = std::find(reasons.begin(), reasons.end(), measured.exception);
      if (known == reasons.end()) known = reasons.insert(known, measured.exception);
      note = fmt::format("missed ({})", known - reasons.begin() + 1);
    }
    table += fmt::format(
        "| [{0}]({0}.yaml) | `{1}` | {2} | {3} | {4} | {5} | {6} | {7} |\n", measured.workload,
        measured.entity, name(measured.quantity), runs, number(measured.quantity, says),
        distance_text(measured.quantity, distance(measured, says)), allowed_text(measured), note);
  }
  table += "\n";
  for (std::size_t i = 0; i < reasons.size(); ++i)
    table += fmt::format("{}. {}.\n", i + 1, reasons[i]);
  return table;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The page with the table in its place.
std::string with_table(const std::string& page) {
  const std::string open = "<!-- measured cases -->\n", close = "<!-- end of measured cases -->";
  const std::size_t from = page.find(open) + open.size();
  const std::size_t to = page.find(close);
  if (to == std::string::npos) return "no place for the table";
  return page.substr(0, from) + page_table() + page.substr(to);
}

// Each within its tolerance of the mean of the measured runs, but for those with a reason; and these are
// further off: a reason that is not needed any more has to go.
TEST(LinuxCases, AreMet) {
  for (const MeasuredCase& measured : measured_cases()) {
    const double says = value(measured);
    const double off = distance(measured, says);
    fmt::print("{:24} {:16} {:26} measured {:>9} model {:>9} {:>9} (within {}){}\n",
               measured.workload, measured.entity, name(measured.quantity),
               number(measured.quantity, mean(measured.runs)), number(measured.quantity, says),
               distance_text(measured.quantity, off), allowed_text(measured),
               measured.exception.empty() ? "" : " missed, with a reason");
    if (measured.within == kShownOnly) continue;
    EXPECT_EQ(std::abs(off) <= measured.within, measured.exception.empty())
        << measured.workload << " " << measured.entity << " " << name(measured.quantity)
        << ": off by " << distance_text(measured.quantity, off);
  }
}

// Is the page up to date?
TEST(LinuxCases, ArePrintedOnThePage) {
  const fs::path page = kFolder / "README.md";
  const std::string now = with_table(text_of(page));
  if (std::getenv("SHARESIM_REWRITE_TABLES") != nullptr) {
    std::ofstream(page) << now;
    return;
  }
  EXPECT_EQ(text_of(page), now);
}

}  // namespace
}  // namespace sharesim::test
