#include "sim/scenario/metric.hpp"

#include "sim/core/check.hpp"

namespace sharesim {

const std::vector<MetricInfo>& metrics() {
  using enum MetricUnit;
  // clang-format off
  static const std::vector<MetricInfo> kAll{
      {Metric::kShare, "share", kFraction, true, true, true, "service over elapsed time, in CPUs: 100% is one whole CPU"},
      {Metric::kService, "service", kDuration, true, true, true, "CPU time received"},
      {Metric::kIdealService, "ideal", kDuration, true, true, true, "CPU time that fluid sharing would have given (weighted max-min over the tree, with caps and affinity); when a task blocks or exits, its ideal becomes its service, and those that competed with it share the difference"},
      {Metric::kLag, "lag", kDuration, true, true, false, "ideal minus service at the end: positive is owed; 0 while blocked, because lag leaves with the task"},
      {Metric::kLagMax, "lag_max", kDuration, true, true, false, "largest lag when a run of it began or ended or when it left: the worst under-service"},
      {Metric::kLagMin, "lag_min", kDuration, true, true, false, "smallest lag when a run of it began or ended or when it left: the largest lead over the ideal, negative"},
      {Metric::kRelativeFairness, "relative_fairness", kDuration, false, true, false, "relative fairness bound among the group's direct children: largest difference of service per unit of mean weight over any interval in which both had work"},
      {Metric::kJain, "jain", kFraction, false, true, false, "Jain's index of service over ideal of the tasks below: 100% is perfectly fair"},
      {Metric::kWakeupP50, "wakeup_p50", kDuration, true, true, false, "wakeup latency (wakeup or start to first run), median"},
      {Metric::kWakeupP90, "wakeup_p90", kDuration, true, true, false, "wakeup latency, 90th percentile"},
      {Metric::kWakeupP99, "wakeup_p99", kDuration, true, true, false, "wakeup latency, 99th percentile"},
      {Metric::kWakeupP999, "wakeup_p999", kDuration, true, true, false, "wakeup latency, 99.9th percentile"},
      {Metric::kWakeupMax, "wakeup_max", kDuration, true, true, false, "wakeup latency, largest"},
      {Metric::kResponseP50, "response_p50", kDuration, true, true, false, "response time (wakeup, release or arrival to completion), median"},
      {Metric::kResponseP90, "response_p90", kDuration, true, true, false, "response time, 90th percentile"},
      {Metric::kResponseP99, "response_p99", kDuration, true, true, false, "response time, 99th percentile"},
      {Metric::kResponseP999, "response_p999", kDuration, true, true, false, "response time, 99.9th percentile"},
      {Metric::kResponseMax, "response_max", kDuration, true, true, false, "response time, largest"},
      {Metric::kStarvation, "starvation", kDuration, true, true, false, "longest stretch runnable without running (throttled time does not count); of a group: the worst of its tasks"},
      {Metric::kSwitches, "switches", kCount, true, true, false, "times it was put on a CPU that another task, or nobody, had before"},
      {Metric::kPreemptions, "preemptions", kCount, true, true, false, "runs that were cut short for another task"},
      {Metric::kMigrations, "migrations", kCount, true, true, false, "runs that began on another CPU than the last one"},
      {Metric::kWakeups, "wakeups", kCount, true, true, false, "wakeups, starts included"},
      {Metric::kThrottledTime, "throttled", kDuration, true, true, false, "time out of quota (its own cap's) while it had work"},
      {Metric::kThrottledPeriods, "throttled_periods", kCount, true, true, false, "periods of its own cap in which it was throttled"},
      {Metric::kDropped, "dropped", kCount, true, true, false, "requests refused because the service's queue was full"},
      {Metric::kOverhead, "overhead", kDuration, false, true, false, "CPU time spent on context switches, wakeups and migrations; the machine's only"},
      {Metric::kIdle, "idle", kDuration, false, true, false, "CPU time that nobody used; the machine's only"},
      {Metric::kWastedIdle, "wasted_idle", kDuration, false, true, false, "CPU time idle while a task that may run there was waiting; 0 if work conserving; the machine's only"},
  };
  // clang-format on
  return kAll;
}

const MetricInfo& metric_info(Metric metric) {
  const MetricInfo& info = metrics().at(static_cast<std::size_t>(metric));
  check(info.metric == metric, "the metrics stand in the order of their enumeration");
  return info;
}

const MetricInfo* find_metric(std::string_view name) {
  for (const MetricInfo& info : metrics()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace sharesim
