#include "sim/cgroup/live.hpp"

#include <algorithm>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <time.h>

#include <fmt/format.h>

#include "sim/cgroup/live_clients.hpp"
#include "sim/cgroup/live_merge.hpp"
#include "sim/core/error.hpp"

namespace sharesim::cgroup {
namespace {

/// What /proc/stat says of the CPUs, in ns.
struct CpuTimes {
  Duration busy{}, stolen{};
};

CpuTimes cpu_times(const std::vector<CpuId>& cpus) {
  constexpr std::int64_t kJiffy =
      10'000'000;  // ns: what /proc/stat counts in, whatever the kernel's tick
  std::ifstream stat("/proc/stat");
  CpuTimes times;
  for (std::string line; std::getline(stat, line);) {
    std::istringstream words(line);
    std::string name;
    std::int64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0,
                 steal = 0;
    words >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    const auto is_it = [&](CpuId cpu) { return name == fmt::format("cpu{}", cpu); };
    if (std::none_of(cpus.begin(), cpus.end(), is_it)) continue;
    times.busy += ns(kJiffy * (user + nice + system + irq + softirq));
    times.stolen += ns(kJiffy * steal);
  }
  return times;
}

/// Keeps this process off the workload's CPUs, where there are others.
class OutOfTheWay {
 public:
  explicit OutOfTheWay(const std::vector<CpuId>& cpus) {
    known_ = sched_getaffinity(0, sizeof before_, &before_) == 0;
    if (!known_) return;
    cpu_set_t others = before_;
    for (const CpuId cpu : cpus) {
      if (cpu < CPU_SETSIZE) CPU_CLR(cpu, &others);
    }
    if (CPU_COUNT(&others) > 0) sched_setaffinity(0, sizeof others, &others);
  }
  ~OutOfTheWay() {
    if (known_) sched_setaffinity(0, sizeof before_, &before_);
  }
  OutOfTheWay(const OutOfTheWay&) = delete;
  OutOfTheWay& operator=(const OutOfTheWay&) = delete;

 private:
  cpu_set_t before_{};
  bool known_ = false;
};

class LiveRun {
 public:
  LiveRun(const Scenario& scenario, LiveGroups& groups, RunObserver& observer,
          const LiveOptions& options)
      : scenario_(scenario),
        groups_(groups),
        options_(options),
        merge_(observer, groups.cpus(), scenario.task_count()),
        clients_(scenario, groups) {}

  LiveSummary run();

 private:
  void watch();
  void look(Time now);
  void make_changes(Time now);
  void change(const ScenarioEvent& event);
  LiveSample sample(Time now) const;
  bool stopped() const { return options_.stop != nullptr && *options_.stop; }

  const Scenario& scenario_;
  LiveGroups& groups_;
  const LiveOptions& options_;
  LiveMerge merge_;
  LiveClients clients_;
  std::size_t next_event_ = 0, next_step_ = 0;
  LiveSample first_;
  Time end_{};
};

LiveSample LiveRun::sample(Time now) const {
  LiveSample sample{.at = now};
  for (GroupId id = 0; id < scenario_.groups.size(); ++id) {
    sample.groups.push_back(groups_.usage(EntityRef::group(id)));
  }
  for (TaskId id = 0; id < scenario_.task_count(); ++id) {
    sample.tasks.push_back(groups_.usage(EntityRef::task(id)));
  }
  const auto since_first = [](std::vector<KernelUsage>& now_of,
                              const std::vector<KernelUsage>& first) {
    for (std::size_t i = 0; i < first.size(); ++i) {
      now_of[i].cpu_time -= first[i].cpu_time;
      now_of[i].throttled -= first[i].throttled;
      now_of[i].throttled_periods -= first[i].throttled_periods;
    }
  };
  since_first(sample.groups, first_.groups);
  since_first(sample.tasks, first_.tasks);
  return sample;
}

LiveSummary LiveRun::run() {
  const OutOfTheWay out_of_the_way(groups_.cpus());
  clients_.start();
  first_ = sample(kStart);
  const CpuTimes before = cpu_times(groups_.cpus());
  clients_.open();
  watch();
  const CpuTimes after = cpu_times(groups_.cpus());
  const LiveSample last = sample(end_);
  clients_.kill_all();
  if (options_.sample) options_.sample(last);
  look(end_);
  const bool complete = end_ == Time(scenario_.duration);
  merge_.finish(end_, complete);
  LiveSummary summary{.end = end_, .complete = complete, .runs = merge_.runs()};
  const Duration busy = after.busy - before.busy;
  summary.disturbance = {.others = std::max(Duration::zero(), busy - last.groups[kRoot].cpu_time),
                         .stolen = after.stolen - before.stolen};
  return summary;
}

/// Until the run is over: looks at what the clients tell, often enough that their pages do not fill up;
/// asks the kernel every tick; and changes what the workload changes.
void LiveRun::watch() {
  constexpr Duration kLook = std::chrono::milliseconds(20);
  constexpr Duration kShortestSample = std::chrono::milliseconds(10);
  const Duration tick = std::max(scenario_.record_tick, kShortestSample);
  const Time end = Time(scenario_.duration);
  Time next_sample = kStart;
  for (Time now = clients_.now(); now < end && !stopped(); now = clients_.now()) {
    make_changes(now);
    if (options_.sample && now >= next_sample) {
      options_.sample(sample(now));
      while (next_sample <= now) next_sample += tick;
    }
    look(now);
    clients_.check();
    if (options_.progress) options_.progress(now);
    Time wake = std::min(end, clients_.now() + kLook);
    if (next_event_ < scenario_.events.size())
      wake = std::min(wake, scenario_.events[next_event_].at);
    const Duration pause = std::max(Duration::zero(), wake - clients_.now());
    const timespec span{.tv_sec = 0, .tv_nsec = to_ns(pause)};
    nanosleep(&span, nullptr);
  }
  end_ = std::clamp(clients_.now(), kStart, end);
  clients_.end_at(end_);
}

/// What a client pushes while this reads is of the next look.
void LiveRun::look(Time now) {
  for (TaskId task = 0; task < scenario_.task_count(); ++task) {
    LivePage& page = clients_.page(task);
    const Time until = page.told_until();
    for (LiveRecord record; page.pop(record);) merge_.add(task, record);
    merge_.told_until(task, until);
  }
  merge_.flush(now);
}

void LiveRun::make_changes(Time now) {
  for (; next_event_ < scenario_.events.size() && scenario_.events[next_event_].at <= now;
       ++next_event_) {
    const ScenarioEvent& event = scenario_.events[next_event_];
    const auto& changes = groups_.plan().changes;
    for (; next_step_ < changes.size() && changes[next_step_].at <= event.at; ++next_step_) {
      groups_.write(changes[next_step_].step);
    }
    if (event.cpus) clients_.change_cpus(event.entities, *event.cpus);
    change(event);
  }
}

/// It counts from when it has been made.
void LiveRun::change(const ScenarioEvent& event) {
  merge_.add_own(clients_.now(), [event](RunObserver& observer, Time now) {
    for (const EntityRef entity : event.entities) {
      if (event.weight) observer.weight_changed(entity, *event.weight, now);
      if (event.cap) observer.cap_changed(entity, *event.cap ? &**event.cap : nullptr, now);
      if (event.cpus) observer.affinity_changed(entity, *event.cpus, now);
    }
  });
}

}  // namespace

LiveSummary run_live(const Scenario& scenario, LiveGroups& groups, RunObserver& observer,
                     const LiveOptions& options) {
  if (scenario.task_count() > kMostClients) {
    throw MachineError(fmt::format("{} tasks would be as many processes, and {} are the most",
                                   scenario.task_count(), kMostClients));
  }
  groups.make();
  LiveSummary summary;
  {
    LiveRun run(scenario, groups, observer, options);
    summary = run.run();
  }
  summary.problems = groups.remove();
  return summary;
}

}  // namespace sharesim::cgroup
