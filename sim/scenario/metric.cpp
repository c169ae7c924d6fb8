#include "sim/scenario/metric.hpp"

#include "sim/core/check.hpp"

namespace sharesim {

const std::vector<MetricInfo>& metrics() {
  using enum MetricUnit;
  using enum MetricTimes;
  // clang-format off
  static const std::vector<MetricInfo> kAll{
      {Metric::kShare, "share", kFraction, true, true, kBetween, "service over elapsed time, in CPUs: 100% is one whole CPU"},
      {Metric::kService, "service", kDuration, true, true, kBetween, "CPU time received"},
      {Metric::kIdealService, "ideal", kDuration, true, true, kBetween, "CPU time that fluid sharing would have given (weighted max-min over the tree, with caps and affinity); when a task blocks or exits, its ideal becomes its service, and those that competed with it share the difference"},
      {Metric::kLag, "lag", kDuration, true, true, kEnd, "ideal minus service at the end: positive is owed; 0 while blocked, because lag leaves with the task"},
      {Metric::kLagMax, "lag_max", kDuration, true, true, kEnd, "largest lag when a run of it began or ended or when it left: the worst under-service"},
      {Metric::kLagMin, "lag_min", kDuration, true, true, kEnd, "smallest lag when a run of it began or ended or when it left: the largest lead over the ideal, negative"},
      {Metric::kRelativeFairness, "relative_fairness", kDuration, false, true, kEnd, "relative fairness bound among the group's direct children: largest difference of service per unit of mean weight over any interval in which both had work"},
      {Metric::kJain, "jain", kFraction, false, true, kEnd, "Jain's index of service over ideal of the tasks below: 100% is perfectly fair"},
      {Metric::kWakeupP50, "wakeup_p50", kDuration, true, true, kEnd, "wakeup latency (wakeup or start to first run), median"},
      {Metric::kWakeupP90, "wakeup_p90", kDuration, true, true, kEnd, "wakeup latency, 90th percentile"},
      {Metric::kWakeupP99, "wakeup_p99", kDuration, true, true, kEnd, "wakeup latency, 99th percentile"},
      {Metric::kWakeupP999, "wakeup_p999", kDuration, true, true, kEnd, "wakeup latency, 99.9th percentile"},
      {Metric::kWakeupMax, "wakeup_max", kDuration, true, true, kEnd, "wakeup latency, largest"},
      {Metric::kResponseP50, "response_p50", kDuration, true, true, kEnd, "response time (wakeup, release or arrival to completion), median"},
      {Metric::kResponseP90, "response_p90", kDuration, true, true, kEnd, "response time, 90th percentile"},
      {Metric::kResponseP99, "response_p99", kDuration, true, true, kEnd, "response time, 99th percentile"},
      {Metric::kResponseP999, "response_p999", kDuration, true, true, kEnd, "response time, 99.9th percentile"},
      {Metric::kResponseMax, "response_max", kDuration, true, true, kEnd, "response time, largest"},
      {Metric::kStarvation, "starvation", kDuration, true, true, kEnd, "longest stretch runnable without running (throttled time does not count); of a group: the worst of its tasks"},
      {Metric::kSwitches, "switches", kCount, true, true, kEnd, "times it was put on a CPU that another task, or nobody, had before"},
      {Metric::kPreemptions, "preemptions", kCount, true, true, kEnd, "runs that were cut short for another task"},
      {Metric::kMigrations, "migrations", kCount, true, true, kEnd, "runs that began on another CPU than the last one"},
      {Metric::kWakeups, "wakeups", kCount, true, true, kEnd, "wakeups, starts included"},
      {Metric::kThrottledTime, "throttled", kDuration, true, true, kEnd, "time out of quota (its own cap's) while it had work"},
      {Metric::kThrottledPeriods, "throttled_periods", kCount, true, true, kEnd, "periods of its own cap in which it was throttled"},
      {Metric::kDropped, "dropped", kCount, true, true, kEnd, "requests refused because the service's queue was full"},
      {Metric::kOverhead, "overhead", kDuration, false, true, kEnd, "CPU time spent on context switches, wakeups and migrations; the machine's only"},
      {Metric::kIdle, "idle", kDuration, false, true, kEnd, "CPU time that nobody used; the machine's only"},
      {Metric::kWastedIdle, "wasted_idle", kDuration, false, true, kEnd, "CPU time idle while a task that may run there was waiting; 0 if work conserving; the machine's only"},
      {Metric::kCredits, "credits", MetricUnit::kCredits, true, true, kInstant, "balance of a burstable machine, launch credits included; 1 credit is 1 minute of CPU time"},
      {Metric::kSurplusCredits, "surplus_credits", MetricUnit::kCredits, true, true, kInstant, "credits that an unlimited machine owes: spent before they were earned"},
      {Metric::kEarnedCredits, "earned_credits", MetricUnit::kCredits, true, true, kBetween, "credits earned, at the baseline rate"},
      {Metric::kSpentCredits, "spent_credits", MetricUnit::kCredits, true, true, kBetween, "credits spent: all CPU time used, in minutes"},
      {Metric::kLostCredits, "lost_credits", MetricUnit::kCredits, true, true, kBetween, "credits earned in vain, while the balance was at its limit"},
      {Metric::kChargedCredits, "charged_credits", MetricUnit::kCredits, true, true, kBetween, "credits that an unlimited machine spent beyond the surplus that it may owe, and is charged for"},
      {Metric::kPeriods, "nr_periods", kCount, false, true, kEnd, "as in cpu.stat (with machine.bandwidth_slice): periods of its cap that ended while quota was in use"},
      {Metric::kPeriodsThrottled, "nr_throttled", kCount, false, true, kEnd, "as in cpu.stat: periods at whose end it was out of quota on some CPU"},
      {Metric::kCpuThrottledTime, "throttled_time", kDuration, false, true, kEnd, "as in cpu.stat: time out of quota, summed over the CPUs"},
      {Metric::kBursts, "nr_bursts", kCount, false, true, kEnd, "as in cpu.stat: periods in which it used more than its quota, thanks to burst"},
      {Metric::kBurstTime, "burst_time", kDuration, false, true, kEnd, "as in cpu.stat: CPU time used beyond the quota, thanks to burst"},
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
