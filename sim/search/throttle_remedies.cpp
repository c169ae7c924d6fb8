#include "sim/search/throttle_remedies.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/check.hpp"
#include "sim/core/error.hpp"
#include "sim/core/units.hpp"
#include "sim/engine/engine.hpp"
#include "sim/metrics/throttle_log.hpp"
#include "sim/scenario/parse_document.hpp"
#include "sim/scenario/problems.hpp"
#include "sim/scenario/write_document.hpp"

namespace sharesim {
namespace {

bool lies_below(const Scenario& scenario, GroupId group, GroupId above) {
  while (group != above && group != kRoot) group = scenario.groups[group].parent;
  return group == above;
}

/// The keys that lead to a group in the document: "groups.web.groups.static".
std::string keys_of(const Scenario& scenario, GroupId group) {
  if (group == kRoot) return "";
  const GroupSpec& spec = scenario.groups[group];
  const std::string above = keys_of(scenario, spec.parent);
  return above + (above.empty() ? "" : ".") + "groups." + spec.name;
}

std::string keys_of(const Scenario& scenario, const TaskSpec& task) {
  const std::string above = keys_of(scenario, task.group);
  return above + (above.empty() ? "" : ".") + "tasks." + task.name;
}

std::string path_of_entry(const Scenario& scenario, const TaskSpec& task) {
  const std::string& above = scenario.groups[task.group].path;
  return above + (above == "/" ? "" : "/") + task.name;
}

/// What is expected may name tasks that will not be there any more.
WorkloadText without_expectations(WorkloadText workload) {
  const auto is_expect = [](const auto& item) { return item.key == "expect"; };
  Problems problems(workload.file, {});
  std::optional<Node> document = parse_document(workload.text, 0, problems);
  check(document.has_value(), "the workload has been read before");
  std::erase_if(document->items, is_expect);
  workload.text = write_document(*document);
  std::erase_if(workload.overrides, [](const Override& change) {
    return change.path == "expect" || change.path.starts_with("expect.");
  });
  return workload;
}

/// Listens for the first time that a group is out of quota, and counts what it used until then.
class FirstThrottle final : public QuietObserver {
 public:
  FirstThrottle(const Scenario& scenario, GroupId group, bool to_the_end,
                const std::atomic<bool>& stop)
      : below_(tasks_below(scenario, group)), group_(group), to_the_end_(to_the_end), stop_(stop) {}

  const Replay& replay() const { return replay_; }
  const std::atomic<bool>& enough() const { return enough_; }

  void run_begin(CpuId, TaskId, Time) override {
    if (stop_.load(std::memory_order_relaxed)) enough_ = true;
  }
  void run_end(CpuId, TaskId task, Time begin, Time end, StopReason) override {
    if (below_[task]) replay_.used += end - begin;
  }
  void throttled(EntityRef entity, Time now) override {
    if (entity == EntityRef::group(group_)) since_ = now;
  }
  void unthrottled(EntityRef entity, Time now) override {
    if (entity == EntityRef::group(group_)) end_throttling(now);
  }

 private:
  void end_throttling(Time now) {
    if (now == since_) return;  // at the very end of a period: it did not wait
    replay_.throttled = true;
    if (!to_the_end_) enough_ = true;
  }

  const std::vector<bool> below_;
  const GroupId group_;
  const bool to_the_end_;
  const std::atomic<bool>& stop_;
  std::atomic<bool> enough_ = false;
  Time since_{};
  Replay replay_;
};

class Search {
 public:
  Search(const WorkloadText& workload, const Scenario& scenario, GroupId group,
         const SchedulerChoice& scheduler, const std::atomic<bool>& stop)
      : workload_(without_expectations(workload)),
        scenario_(scenario),
        group_(group),
        scheduler_(scheduler),
        stop_(stop),
        cap_(*scenario.groups[group].cap) {}

  Remedies run() {
    const std::int64_t most = to_ns(cap_.period) * scenario_.machine.cpus;
    const Replay uncapped = replay(quota_change(most), true);
    if (!stop_) remedies_.uncapped = uncapped;
    // A thousandth of the period: 0.1 ms of the usual 100 ms.
    const std::int64_t step = std::max<std::int64_t>(to_ns(cap_.period) / 1000, 1000);
    add(Remedy::Kind::kQuota, scenario_.groups[group_].path, to_ns(cap_.quota), most, step,
        [this](std::int64_t value) { return quota_change(value); });
    add(Remedy::Kind::kBurst, scenario_.groups[group_].path, to_ns(cap_.burst), to_ns(cap_.quota),
        step, [this](std::int64_t value) { return burst_change(value); });
    for (const TaskSpec& task : scenario_.tasks) {
      if (task.instances() == 1 || !lies_below(scenario_, task.group, group_)) continue;
      const bool workers = std::holds_alternative<Service>(task.behaviour) && task.count == 1;
      const std::string keys = keys_of(scenario_, task) + (workers ? ".service.workers" : ".count");
      const auto now = static_cast<std::int64_t>(workers ? task.instances() : task.count);
      if (now == 1) continue;
      add(Remedy::Kind::kTasks, path_of_entry(scenario_, task), now, 1, 1,
          [keys](std::int64_t value) {
            return Override{keys, std::to_string(value)};
          });
    }
    return std::move(remedies_);
  }

 private:
  Override cap_change(std::int64_t quota, std::int64_t burst) const {
    std::string value = "{quota: " + to_text(ns(quota)) + ", period: " + to_text(cap_.period);
    if (burst > 0) value += ", burst: " + to_text(ns(burst));
    return {keys_of(scenario_, group_) + ".cap", value + "}"};
  }
  Override quota_change(std::int64_t quota) const { return cap_change(quota, to_ns(cap_.burst)); }
  Override burst_change(std::int64_t burst) const { return cap_change(to_ns(cap_.quota), burst); }

  /// Throws InputError if the workload cannot be changed so.
  Replay replay(const Override& change, bool to_the_end) {
    ++remedies_.replays;
    std::vector<Override> overrides = workload_.overrides;
    overrides.push_back(change);
    const Scenario scenario = parse_scenario(workload_.text, workload_.file, overrides);
    FirstThrottle watch(scenario, group_, to_the_end, stop_);
    run_engine(scenario, scheduler_, watch, {.stop = &watch.enough(), .progress = {}});
    return watch.replay();
  }

  /// Tries values from `now` towards `limit`, at multiples of `step`.
  template <typename Change>
  void add(Remedy::Kind kind, const std::string& of, std::int64_t now, std::int64_t limit,
           std::int64_t step, const Change& change) {
    if (stop_) return;
    Remedy remedy{.kind = kind, .of = of, .now = now, .step = step, .limit = limit};
    // The k-th value; the limit itself is the last.
    const std::int64_t sign = limit < now ? -1 : 1;
    const std::int64_t first = now / step;
    const auto value_of = [&](std::int64_t k) {
      return sign > 0 ? std::min(k * step, limit) : std::max(k * step, limit);
    };
    const std::int64_t last = (limit + (sign > 0 ? step - 1 : 0)) / step;
    try {
      if (first != last) {
        remedy.edge = nearest(first, last, [&](std::int64_t k) {
          return !stop_ && !replay(change(value_of(k)), false).throttled;
        });
      }
    } catch (const InputError& error) {
      remedy.problem = error.what();
    }
    if (stop_) return;
    if (remedy.edge.value) {
      remedy.edge.value = value_of(*remedy.edge.value);
      const Override found = change(*remedy.edge.value);
      remedy.change = found.path + "=" + found.value;
    }
    remedies_.ways.push_back(std::move(remedy));
  }

  const WorkloadText workload_;
  const Scenario& scenario_;
  const GroupId group_;
  const SchedulerChoice& scheduler_;
  const std::atomic<bool>& stop_;
  const Bandwidth cap_;
  Remedies remedies_;
};

}  // namespace

Edge nearest(std::int64_t fails, std::int64_t limit,
             const std::function<bool(std::int64_t)>& holds) {
  constexpr std::int64_t kProbes = 8;
  Edge edge;
  if (!holds(limit)) return edge;
  std::int64_t good = limit;
  for (bool closer = true; closer;) {
    std::int64_t bad = fails;
    while (good - bad > 1 || bad - good > 1) {
      const std::int64_t middle = bad + (good - bad) / 2;
      (holds(middle) ? good : bad) = middle;
    }
    closer = false;
    for (std::int64_t i = 1; i < kProbes && !closer; ++i) {
      const std::int64_t probe = fails + (bad - fails) * i / kProbes;
      if (probe == fails || probe == bad || !holds(probe)) continue;
      good = probe;
      closer = true;
      edge.monotone = false;
    }
  }
  edge.value = good;
  return edge;
}

Remedies find_remedies(const WorkloadText& workload, const Scenario& scenario, GroupId group,
                       const SchedulerChoice& scheduler, const std::atomic<bool>& stop) {
  return Search(workload, scenario, group, scheduler, stop).run();
}

}  // namespace sharesim
