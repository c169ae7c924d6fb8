#include <algorithm>
#include <cmath>

#include "sim/metrics/measures_state.hpp"
#include "sim/metrics/measures_tree.hpp"

namespace sharesim {
namespace {

Duration rounded(double value_ns) { return ns(std::llround(value_ns)); }

/// The longer one; the earlier one if equal.
void keep_worse(Starvation& worst, const Starvation& other) {
  if (other.length > worst.length ||
      (other.length == worst.length && other.victim != kNoTask && other.start < worst.start)) {
    worst = other;
  }
}

/// Jain's index (sum x)^2 / (n sum x^2) (Jain, Chiu, Hawe, DEC TR-301, 1984).
class JainIndex {
 public:
  void add(double x) {
    ++count_;
    sum_ += x;
    squares_ += x * x;
  }
  /// Nothing without values; 1 if all are 0, and so equal.
  std::optional<double> value() const {
    if (count_ == 0) return std::nullopt;
    return squares_ == 0 ? 1 : sum_ * sum_ / (static_cast<double>(count_) * squares_);
  }

 private:
  std::uint64_t count_ = 0;
  double sum_ = 0, squares_ = 0;
};

bool has_ceilings(const Scenario& scenario) {
  const auto capped = [](const auto& item) { return item.cap.has_value(); };
  return scenario.machine.cpus > 1 ||
         std::any_of(scenario.groups.begin(), scenario.groups.end(), capped) ||
         std::any_of(scenario.tasks.begin(), scenario.tasks.end(), capped) ||
         std::any_of(scenario.events.begin(), scenario.events.end(), capped);
}

}  // namespace

void Measures::State::finished(std::int64_t now) {
  pass_edges(now);
  cross_last(now);
  wakeups_.settle();
  responses_.settle();
  end_ = now;
  for (TaskId id = 0; id < tasks_.size(); ++id) {
    Task& task = tasks_[id];
    if (!task.has_demand) continue;
    task.runnable += now;
    if (fluid_) continue;
    sample_task(id, task, now);
    stops_waiting(id, task, now);
  }
  for (GroupId id = 0; id < groups_.size(); ++id) {
    Group& group = groups_[id];
    sample_group(id, now);
    group.fairness.finish(now);
    if (group.with_demand > 0) group.runnable += now;
  }
  for (std::size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
    check(open_[cpu].task == kNoTask && cpus_[cpu].accounted <= now,
          "every run ends before the end of all");
    idle_ += now - cpus_[cpu].accounted;
  }
  wasted_idle_ = wasted_.finish(now);
  if (fluid_) idle_ = std::max<std::int64_t>(idle_ - group_service_at(kRoot, now), 0);
  conserve();
}

/// Nothing may be lost or counted twice: not one nanosecond.
/// (In a fluid run each task's service is rounded to one.)
void Measures::State::conserve() const {
  std::int64_t served = 0;
  for (TaskId id = 0; id < tasks_.size(); ++id) served += service_at(id, end_);
  const std::int64_t of_root = group_service_at(kRoot, end_);
  const std::int64_t all = static_cast<std::int64_t>(cpus_.size()) * end_;
  const auto rounding = fluid_ ? static_cast<std::int64_t>(tasks_.size()) : 0;
  check(std::abs(served - of_root) <= rounding &&
            std::abs(of_root + overhead_ + idle_ - all) <= std::min<std::int64_t>(rounding, 1),
        "service + overhead + idle time is the CPUs' time");
}

EntityResult Measures::State::row(EntityRef entity) const {
  check(end_ != kNone, "rows are asked for after the end");
  EntityResult row = entity.is_task() ? task_row(entity.id) : group_row(entity.id);
  if (credits_) row.credits = credits_->at(entity, at_ns(end_));
  return row;
}

std::vector<LatencyCount> Measures::State::wakeup_counts(EntityRef entity) const {
  check(end_ != kNone, "histograms are asked for after the end");
  if (entity.is_task()) return wakeups_[entity.id].counts();
  LatencyHistogram all;
  for_each_task_below(entity.id, [&](TaskId below) { all.merge(wakeups_[below]); });
  return all.counts();
}

EntityResult Measures::State::task_row(TaskId id) const {
  const Task& task = tasks_.at(id);
  EntityResult row;
  row.service = ns(service_at(id, end_));
  row.ideal = rounded(ideal_.service_ns(id, at_ns(end_)));
  row.lag_max = rounded(task.lag_max);
  row.lag_min = rounded(task.lag_min);
  row.runnable = ns(task.runnable);
  row.wakeup = wakeups_[id].summary();
  row.response = responses_[id].summary();
  if (task.starved_for > 0) {
    row.starvation = {ns(task.starved_for), at_ns(task.starved_from), id, task.starved_by};
  }
  row.switches = task.switches;
  row.preemptions = task.preemptions;
  row.migrations = task.migrations;
  row.wakeups = task.wakeups;
  const auto throttling = throttled_tasks_.find(id);
  if (throttling != throttled_tasks_.end()) {
    row.throttled = ns(throttling->second.until(end_));
    row.throttled_periods = throttling->second.times;
  }
  const TaskSpec& spec = scenario_->spec_of(id);
  if (spec.first == id) {
    row.dropped = dropped_[static_cast<std::size_t>(&spec - scenario_->tasks.data())];
  }
  return row;
}

/// In a fluid run siblings that compete get the same for their weight, unless a ceiling binds: a cap,
/// or one CPU among several. Where there are ceilings nothing is said.
void Measures::State::set_fairness(EntityResult& row, const Group& group) const {
  auto bound = group.fairness.bound_ns();
  row.relative_fairness_exact = fluid_ || group.fairness.exact();
  if (fluid_ && bound) {
    if (has_ceilings(*scenario_)) return;
    bound = 0;
  }
  if (bound) row.relative_fairness = rounded(*bound);
}

EntityResult Measures::State::group_row(GroupId id) const {
  const Group& group = groups_.at(id);
  EntityResult row;
  LatencyHistogram wakeup;
  LatencyHistogram response;
  JainIndex jain;
  for_each_task_below(id, [&](TaskId below) {
    const Task& task = tasks_[below];
    wakeup.merge(wakeups_[below]);
    response.merge(responses_[below]);
    row.switches += task.switches;
    row.preemptions += task.preemptions;
    row.migrations += task.migrations;
    row.wakeups += task.wakeups;
    if (task.starved_for > 0) {
      keep_worse(row.starvation,
                 {ns(task.starved_for), at_ns(task.starved_from), below, task.starved_by});
    }
    const double ideal = ideal_.service_ns(below, at_ns(end_));
    if (ideal > 0) jain.add(static_cast<double>(service_at(below, end_)) / ideal);
  });
  for_each_spec_below(id, [&](std::uint32_t index) { row.dropped += dropped_[index]; });
  row.service = ns(group_service_at(id, end_));
  row.ideal = rounded(ideal_.group_service_ns(id, at_ns(end_)));
  row.lag_max = rounded(group.lag_max);
  row.lag_min = rounded(group.lag_min);
  row.runnable = ns(group.runnable);
  row.wakeup = wakeup.summary();
  row.response = response.summary();
  row.throttled = ns(group.throttling.until(end_));
  row.throttled_periods = group.throttling.times;
  row.cpu_stat = cpu_stats_.of(EntityRef::group(id), at_ns(end_));
  set_fairness(row, group);
  row.jain = jain.value();
  if (id == kRoot) {
    row.overhead = ns(overhead_);
    row.idle = ns(idle_);
    row.wasted_idle = ns(wasted_idle_);
  }
  return row;
}

std::vector<ExpectationResult> Measures::State::expectations() const {
  check(end_ != kNone, "expectations are judged after the end");
  std::vector<ExpectationResult> results;
  auto window = windows_.begin();  // in the order of the results
  for (const std::size_t index : expected_) {
    const Expectation& expectation = scenario_->expectations[index];
    for (const EntityRef entity : expectation.entities) {
      const bool windowed = window != windows_.end() && window->expectation == index;
      const auto value = windowed ? value_in(*window++) : value_at_end(expectation.metric, entity);
      const bool met = value.has_value() && *value >= expectation.at_least.value_or(*value) &&
                       *value <= expectation.at_most.value_or(*value);
      results.push_back({index, entity, value.value_or(0), value.has_value(), met});
    }
  }
  return results;
}

std::optional<std::int64_t> Measures::State::value_at_end(Metric metric, EntityRef entity) const {
  return value_of(row(entity), metric, entity.is_task(), entity == EntityRef::group(kRoot),
                  ns(end_));
}

/// Nothing if the run ended before the window began.
std::optional<std::int64_t> Measures::State::value_in(const Window& window) const {
  if (window.to <= window.from) return std::nullopt;
  EntityResult part;
  part.service = ns(window.at_to.service_ns - window.at_from.service_ns);
  part.ideal = ns(window.at_to.ideal_ns - window.at_from.ideal_ns);
  part.credits = window.credits_at_to;
  if (part.credits && window.credits_at_from) {
    const CreditAccount& before = window.credits_at_from->account;
    CreditAccount& account = part.credits->account;
    account.earned -= before.earned;
    account.spent -= before.spent;
    account.lost -= before.lost;
    account.charged -= before.charged;
  }
  return value_of(part, scenario_->expectations[window.expectation].metric, window.entity.is_task(),
                  window.entity == EntityRef::group(kRoot), ns(window.to - window.from));
}

}  // namespace sharesim
