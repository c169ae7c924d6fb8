#include "sim/output/live_report.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/output/run_table.hpp"
#include "sim/output/scenario_json.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
namespace {

/// part / whole in millionths; 0 of nothing.
std::int64_t part(Duration part, __int128 whole) {
  return whole == 0 ? 0 : static_cast<std::int64_t>(__int128{to_ns(part)} * 1'000'000 / whole);
}

std::string cpu_list(const std::vector<CpuId>& cpus) {
  return fmt::format("CPU{} {}", cpus.size() == 1 ? "" : "s", fmt::join(cpus, ","));
}

std::string usage_row(std::int64_t time_ns, std::string_view path, std::string_view kind,
                      const cgroup::KernelUsage& usage) {
  return fmt::format("{},{},{},{},{}\n", time_ns, path, kind, to_ns(usage.cpu_time),
                     to_ns(usage.throttled));
}

}  // namespace

std::string live_table_text(const Result& result, const LiveReport& report,
                            const TableStyle& style) {
  const cgroup::Disturbance& disturbance = report.summary.disturbance;
  const Duration counted = report.last.of(EntityRef::group(kRoot)).cpu_time;
  const Duration seen = result.table->row(EntityRef::group(kRoot)).service;
  const __int128 capacity = __int128{to_ns(result.end)} * result.scenario->machine.cpus;
  std::string text = run_table(result, style);
  text += fmt::format(
      "kernel     Linux {}, cgroup v{}, {}; counts {} of CPU time where the processes saw {}\n",
      report.kernel, static_cast<int>(report.version), cpu_list(report.cpus), human(counted),
      human(seen));
  text += fmt::format("others     used {} of these CPUs; a hypervisor took {}\n",
                      human_percent(part(disturbance.others, capacity)),
                      human_percent(part(disturbance.stolen, capacity)));
  return text;
}

void write_live_json(Sink& sink, const Result& result, const LiveReport& report) {
  const Scenario& scenario = *result.scenario;
  Json json{{"kernel", report.kernel},
            {"cgroup_version", static_cast<int>(report.version)},
            {"cpus", report.cpus},
            {"complete", result.complete},
            {"end_ns", to_ns(result.end)},
            {"others_ns", to_ns(report.summary.disturbance.others)},
            {"stolen_ns", to_ns(report.summary.disturbance.stolen)},
            {"entities", Json::array()}};
  walk_tree(scenario, [&](EntityRef entity, std::uint32_t) {
    const cgroup::KernelUsage& usage = report.last.of(entity);
    json["entities"].push_back({{"path", scenario.path_of(entity)},
                                {"kind", entity.is_task() ? "task" : "group"},
                                {"kernel_usage_ns", to_ns(usage.cpu_time)},
                                {"seen_usage_ns", to_ns(result.table->row(entity).service)},
                                {"throttled_ns", to_ns(usage.throttled)},
                                {"throttled_periods", usage.throttled_periods}});
    return true;
  });
  sink.write(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

UsageWriter::UsageWriter(OutFile& file, std::shared_ptr<const CsvPaths> paths)
    : file_(file), paths_(std::move(paths)) {
  file_.write("time_ns,entity,kind,usage_ns,throttled_ns\n");
}

void UsageWriter::add(const cgroup::LiveSample& sample) {
  const std::int64_t at = to_ns(sample.at);
  for (GroupId id = 0; id < sample.groups.size(); ++id) {
    file_.write(usage_row(at, paths_->group(id), "group", sample.groups[id]));
  }
  for (TaskId id = 0; id < sample.tasks.size(); ++id) {
    file_.write(usage_row(at, paths_->task(id), "task", sample.tasks[id]));
  }
}

}  // namespace sharesim
