// Did behaviour change? Every shipped workload under every scheduler, reduced to a few numbers per entity, against
// tests/golden/workloads.csv. A change here must be on purpose: look at the difference, then rewrite the file with
//   SHARESIM_REWRITE_GOLDEN=1 build/tests/golden_tests

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "sim/cli/simulate.hpp"

namespace sharesim::test {
namespace {

const std::filesystem::path kSource = SHARESIM_SOURCE_DIR;
/// Entries with more tasks than this are in the file by their first one only.
constexpr std::uint32_t kMostInstances = 3;

void add_row(std::ostream& out, const Scenario& scenario, const EntityTable& table,
             EntityRef entity, const std::string& scheduler) {
  const EntityResult row = table.row(entity);
  out << scenario.name << ',' << scheduler << ',' << scenario.path_of(entity) << ','
      << to_ns(row.service) << ',' << to_ns(row.wakeup.max) << ',' << to_ns(row.response.p99) << ','
      << to_ns(row.starvation.length) << ',' << row.switches << ',' << to_ns(row.throttled) << '\n';
}

void add_run(std::ostream& out, const std::filesystem::path& file, const SchedulerInfo& info) {
  const auto scenario = std::make_shared<const Scenario>(load_scenario(file.string()));
  const Result result =
      cli::simulate({.scenario = scenario,
                     .scheduler = scenario->set_up(Registry::global().choose(info.name)),
                     .folder = {},
                     .schedule = false},
                    {});
  for (GroupId id = 0; id < scenario->groups.size(); ++id) {
    add_row(out, *scenario, *result.table, EntityRef::group(id), info.name);
  }
  for (const TaskSpec& spec : scenario->tasks) {
    const std::uint32_t shown = spec.instances() > kMostInstances ? 1 : spec.instances();
    for (TaskId id = spec.first; id < spec.first + shown; ++id) {
      add_row(out, *scenario, *result.table, EntityRef::task(id), info.name);
    }
  }
}

std::string all_runs() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kSource / "workloads")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::ostringstream out;
  out << "workload,scheduler,entity,service_ns,wakeup_max_ns,response_p99_ns,starvation_ns,"
         "switches,throttled_ns\n";
  for (const auto& file : files) {
    for (const SchedulerInfo* info : Registry::global().all()) add_run(out, file, *info);
  }
  return out.str();
}

TEST(Golden, WorkloadsUnderEveryScheduler) {
  const std::filesystem::path golden = kSource / "tests" / "golden" / "workloads.csv";
  const std::string now = all_runs();
  if (std::getenv("SHARESIM_REWRITE_GOLDEN") != nullptr) {
    std::ofstream(golden) << now;
    return;
  }
  std::ifstream file(golden);
  ASSERT_TRUE(file.good()) << golden << " is missing";
  std::istringstream then_lines(std::string(std::istreambuf_iterator<char>(file), {}));
  std::istringstream now_lines(now);
  std::string was, is;
  for (int line = 1; std::getline(now_lines, is); ++line) {
    ASSERT_TRUE(std::getline(then_lines, was)) << "line " << line << " is new: " << is;
    ASSERT_EQ(was, is) << "line " << line;
  }
  EXPECT_FALSE(std::getline(then_lines, was)) << "gone: " << was;
}

}  // namespace
}  // namespace sharesim::test
