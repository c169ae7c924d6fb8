#include "sim/record/result.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace sharesim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

/// part / whole in millionths, to the nearest; part >= 0, whole > 0.
std::int64_t millionths(Duration part, Duration whole) {
  const __int128 scaled = static_cast<__int128>(to_ns(part)) * kMillion;
  return static_cast<std::int64_t>((scaled + to_ns(whole) / 2) / to_ns(whole));
}

std::optional<std::int64_t> of_samples(const LatencySummary& latency, Duration value) {
  return latency.count == 0 ? std::nullopt : std::optional(to_ns(value));
}

std::optional<std::int64_t> count_of(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

std::optional<std::int64_t> of_account(const EntityResult& row, Duration CreditAccount::*value) {
  if (!row.credits) return std::nullopt;
  return to_ns(row.credits->account.*value);
}

template <typename T>
std::optional<std::int64_t> of_cpu_stat(const EntityResult& row, T CpuStat::*value) {
  if (!row.cpu_stat) return std::nullopt;
  if constexpr (std::is_same_v<T, Duration>) {
    return to_ns((*row.cpu_stat).*value);
  } else {
    return count_of((*row.cpu_stat).*value);
  }
}

bool is_of_the_machine(Metric metric) {
  return metric == Metric::kOverhead || metric == Metric::kIdle || metric == Metric::kWastedIdle;
}

}  // namespace

bool Result::expectations_met() const {
  return std::all_of(expectations.begin(), expectations.end(),
                     [](const ExpectationResult& e) { return e.met; });
}

std::optional<std::int64_t> Result::value(Metric metric, EntityRef entity) const {
  return value_of(table->row(entity), metric, entity.is_task(), entity == EntityRef::group(kRoot),
                  end - kStart);
}

std::optional<std::int64_t> value_of(const EntityResult& row, Metric metric, bool is_task,
                                     bool is_root, Duration elapsed) {
  const MetricInfo& info = metric_info(metric);
  if (is_task ? !info.of_task : !info.of_group) return std::nullopt;
  if (!row.measured(metric) || (is_of_the_machine(metric) && !is_root)) return std::nullopt;
  switch (metric) {
    case Metric::kShare:
      if (elapsed == Duration::zero()) return std::nullopt;
      return millionths(row.service, elapsed);
    case Metric::kService:
      return to_ns(row.service);
    case Metric::kIdealService:
      return to_ns(row.ideal);
    case Metric::kLag:
      return to_ns(row.ideal - row.service);
    case Metric::kLagMax:
      return to_ns(row.lag_max);
    case Metric::kLagMin:
      return to_ns(row.lag_min);
    case Metric::kRelativeFairness:
      if (!row.relative_fairness) return std::nullopt;
      return to_ns(*row.relative_fairness);
    case Metric::kJain:
      if (!row.jain) return std::nullopt;
      return std::llround(*row.jain * static_cast<double>(kMillion));
    case Metric::kWakeupP50:
      return of_samples(row.wakeup, row.wakeup.p50);
    case Metric::kWakeupP90:
      return of_samples(row.wakeup, row.wakeup.p90);
    case Metric::kWakeupP99:
      return of_samples(row.wakeup, row.wakeup.p99);
    case Metric::kWakeupP999:
      return of_samples(row.wakeup, row.wakeup.p999);
    case Metric::kWakeupMax:
      return of_samples(row.wakeup, row.wakeup.max);
    case Metric::kResponseP50:
      return of_samples(row.response, row.response.p50);
    case Metric::kResponseP90:
      return of_samples(row.response, row.response.p90);
    case Metric::kResponseP99:
      return of_samples(row.response, row.response.p99);
    case Metric::kResponseP999:
      return of_samples(row.response, row.response.p999);
    case Metric::kResponseMax:
      return of_samples(row.response, row.response.max);
    case Metric::kStarvation:
      return to_ns(row.starvation.length);
    case Metric::kSwitches:
      return count_of(row.switches);
    case Metric::kPreemptions:
      return count_of(row.preemptions);
    case Metric::kMigrations:
      return count_of(row.migrations);
    case Metric::kWakeups:
      return count_of(row.wakeups);
    case Metric::kThrottledTime:
      return to_ns(row.throttled);
    case Metric::kThrottledPeriods:
      return count_of(row.throttled_periods);
    case Metric::kDropped:
      return count_of(row.dropped);
    case Metric::kOverhead:
      return to_ns(row.overhead);
    case Metric::kIdle:
      return to_ns(row.idle);
    case Metric::kWastedIdle:
      return to_ns(row.wasted_idle);
    case Metric::kCredits:
      return of_account(row, &CreditAccount::balance);
    case Metric::kSurplusCredits:
      return of_account(row, &CreditAccount::surplus);
    case Metric::kEarnedCredits:
      return of_account(row, &CreditAccount::earned);
    case Metric::kSpentCredits:
      return of_account(row, &CreditAccount::spent);
    case Metric::kLostCredits:
      return of_account(row, &CreditAccount::lost);
    case Metric::kChargedCredits:
      return of_account(row, &CreditAccount::charged);
    case Metric::kPeriods:
      return of_cpu_stat(row, &CpuStat::periods);
    case Metric::kPeriodsThrottled:
      return of_cpu_stat(row, &CpuStat::throttled);
    case Metric::kCpuThrottledTime:
      return of_cpu_stat(row, &CpuStat::throttled_time);
    case Metric::kBursts:
      return of_cpu_stat(row, &CpuStat::bursts);
    case Metric::kBurstTime:
      return of_cpu_stat(row, &CpuStat::burst_time);
  }
  return std::nullopt;
}

}  // namespace sharesim
