// Is a trace what happened? The same run is told to a trace and to a log; the trace is read back by protoc (Perfetto) or
// by the pattern of Perfetto's own reader (ftrace's text) and held against the log.

#include "sim/output/trace.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/engine/engine.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/output/trace_ftrace.hpp"
#include "sim/output/trace_perfetto.hpp"
#include "sim/record/fanout.hpp"
#include "tests/support/decoded_trace.hpp"
#include "tests/support/random_scenario.hpp"
#include "tests/support/run_command.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using namespace test;
using ::testing::HasSubstr;
using Switch = DecodedTrace::Switch;

constexpr const char* kSchedulers[] = {"sfq", "credit", "eevdf:scope=global", "hardcap"};

/// One run, as a log and as both traces.
struct TracedRun {
  explicit TracedRun(const Scenario& scenario, const std::string& scheduler) : log(scenario) {
    RunLog again(scenario);
    run(scenario, Registry::global().parse(scheduler), true, again);
    lags.clear();
    run(scenario, Registry::global().parse(scheduler), false, log);
    perfetto = decode_perfetto(folder.path() / "x.pftrace");
    ftrace = decode_ftrace(folder.path() / "x.ftrace");
  }

  ScratchFolder folder;
  RunLog log;
  DecodedTrace perfetto, ftrace;
  std::map<std::string, DecodedTrace::Values> lags;  ///< at the end of every tick

 private:
  /// Keeps the lags, and hands the tick on.
  struct Lags final : TickListener {
    void tick(Time begin, Time end) override {
      for (TaskId task = 0; task < scenario->task_count(); ++task) {
        const Progress progress = measures->progress(EntityRef::task(task));
        (*lags)["lag behind the ideal of " + scenario->path_of(task)].emplace_back(
            to_ns(end), progress.ideal_ns - progress.service_ns);
      }
      next->tick(begin, end);
    }
    const Scenario* scenario = nullptr;
    const Measures* measures = nullptr;
    TickListener* next = nullptr;
    std::map<std::string, DecodedTrace::Values>* lags = nullptr;
  };

  void run(const Scenario& scenario, const SchedulerChoice& scheduler, bool as_perfetto,
           RunLog& listening) {
    Measures measures(std::make_shared<const Scenario>(scenario), scheduler.info().name);
    OutFile file(folder.path() / (as_perfetto ? "x.pftrace" : "x.ftrace"));
    std::unique_ptr<TraceFormat> format;
    if (as_perfetto) {
      format = std::make_unique<PerfettoTrace>(file, scenario, scheduler.to_string());
    } else {
      format = std::make_unique<FtraceText>(file, scenario);
    }
    TraceWriter writer(scenario, std::move(format), measures);
    Lags listener;
    listener.scenario = &scenario;
    listener.measures = &measures;
    listener.next = &writer;
    listener.lags = &lags;
    measures.set_tick_listener(scenario.record_tick, &listener);
    Fanout all({&measures, &listening, &writer});
    run_engine(scenario, scheduler, all, {.watchers = {&writer}});
    file.commit();
  }
};

using Interval =
    std::tuple<std::uint32_t, std::string, std::int64_t, std::int64_t>;  // cpu, task, begin, end

/// In order, without those of no length; where a task goes on, in one piece.
std::vector<Interval> merged(std::vector<Interval> all) {
  std::erase_if(all, [](const Interval& one) { return std::get<2>(one) == std::get<3>(one); });
  std::sort(all.begin(), all.end(), [](const Interval& a, const Interval& b) {
    return std::tie(std::get<0>(a), std::get<2>(a)) < std::tie(std::get<0>(b), std::get<2>(b));
  });
  std::vector<Interval> result;
  for (const Interval& one : all) {
    if (!result.empty() && std::get<0>(result.back()) == std::get<0>(one) &&
        std::get<1>(result.back()) == std::get<1>(one) &&
        std::get<3>(result.back()) == std::get<2>(one)) {
      std::get<3>(result.back()) = std::get<3>(one);
    } else {
      result.push_back(one);
    }
  }
  return result;
}

std::vector<Interval> intervals_of(const RunLog& log, const Scenario& scenario) {
  std::vector<Interval> all;
  for (const RunInterval& run : log.runs) {
    const std::string path = scenario.path_of(run.task);
    all.emplace_back(run.cpu, path.substr(path.rfind('/') + 1), to_ns(run.begin), to_ns(run.end));
  }
  return merged(std::move(all));
}

bool is_task(const std::string& comm) {
  return !comm.starts_with("swapper/") && !comm.starts_with("overhead/");
}

/// Checks, on the way, that each CPU's switches are in the order of time and follow on each other, from idle to idle.
std::vector<Interval> intervals_of(const DecodedTrace& trace) {
  std::map<std::uint32_t, Switch> last;
  std::vector<Interval> all;
  for (const Switch& now : trace.switches) {
    EXPECT_NE(now.prev, now.next);
    const auto [at, is_first] = last.try_emplace(now.cpu, now);
    if (is_first) {
      EXPECT_EQ(now.prev, 0U);
      continue;
    }
    Switch& before = at->second;
    EXPECT_LE(before.at, now.at);
    EXPECT_EQ(before.next, now.prev);
    EXPECT_EQ(before.next_comm, now.prev_comm);
    if (is_task(now.prev_comm)) all.emplace_back(now.cpu, now.prev_comm, before.at, now.at);
    before = now;
  }
  for (const auto& [cpu, change] : last) EXPECT_EQ(change.next, 0U) << "CPU " << cpu;
  return merged(std::move(all));
}

void expect_no_task_twice(std::vector<Interval> all) {
  std::sort(all.begin(), all.end(), [](const Interval& a, const Interval& b) {
    return std::tie(std::get<1>(a), std::get<2>(a)) < std::tie(std::get<1>(b), std::get<2>(b));
  });
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (std::get<1>(all[i]) != std::get<1>(all[i - 1])) continue;
    EXPECT_LE(std::get<3>(all[i - 1]), std::get<2>(all[i])) << std::get<1>(all[i]);
  }
}

/// The value that a counter has at a time, or nothing before its first one.
std::optional<std::int64_t> value_at(const DecodedTrace& trace, const std::string& counter,
                                     std::int64_t at) {
  const auto found = trace.counters.find(counter);
  if (found == trace.counters.end()) return std::nullopt;
  std::optional<std::int64_t> value;
  for (const auto& [time, number] : found->second) {
    if (time <= at) value = number;
  }
  return value;
}

// Question: does a trace say who ran when, exactly? Expected, in random scenarios with every feature and per-CPU and global
// queues: the runs of the log (those of one task that follow on each other in one piece, since a kernel does not switch
// from a task to itself), on every CPU in the order of time, prev the next of before, no task on two CPUs; the time of the
// overhead threads is the overhead; and both formats say the same.
TEST(Trace, HasEveryRunOfTheLog) {
  std::size_t seen = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Scenario scenario = random_scenario(seed, Features{});
    for (const char* scheduler : kSchedulers) {
      SCOPED_TRACE(std::string(scheduler) + ", seed " + std::to_string(seed));
      const TracedRun run(scenario, scheduler);
      const std::vector<Interval> expected = intervals_of(run.log, scenario);
      const std::vector<Interval> found = intervals_of(run.perfetto);
      EXPECT_EQ(found, expected);
      EXPECT_EQ(intervals_of(run.ftrace), expected);
      expect_no_task_twice(found);
      seen += found.size();

      std::int64_t overhead = 0;
      for (const Switch& change : run.perfetto.switches) {
        if (change.prev_comm.starts_with("overhead/")) overhead += change.at;
        if (change.next_comm.starts_with("overhead/")) overhead -= change.at;
      }
      EXPECT_EQ(overhead, to_ns(run.log.overhead_total));
      EXPECT_EQ(run.perfetto.marks, run.ftrace.marks);
    }
  }
  EXPECT_GT(seen, 1000U);
}

// Question: does it say who woke up when? Expected: the arrivals of the log, each on a CPU of the machine.
TEST(Trace, HasEveryWakeup) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Scenario scenario = random_scenario(seed, Features{});
    const TracedRun run(scenario, "sfq");
    std::multiset<std::pair<std::int64_t, std::string>> expected;
    for (const auto& [task, at] : run.log.arrivals) {
      const std::string path = scenario.path_of(task);
      expected.emplace(to_ns(at), path.substr(path.rfind('/') + 1));
    }
    for (const DecodedTrace* trace : {&run.perfetto, &run.ftrace}) {
      std::multiset<std::pair<std::int64_t, std::string>> found;
      for (const auto& waking : trace->wakings) {
        EXPECT_LT(waking.cpu, scenario.machine.cpus);
        found.emplace(waking.at, run.perfetto.threads.at(waking.thread));
      }
      EXPECT_EQ(found, expected) << "seed " << seed;
    }
  }
}

// Question: are the counters what the policies say? Expected: at every recording tick each counter has the value that a
// second run, stopped there, gives for the task, and for the quota that is left to it and to the groups above.
TEST(Trace, CountersAreWhatThePoliciesSay) {
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Scenario scenario = random_scenario(seed, Features{});
    std::vector<TaskId> all(scenario.task_count());
    for (TaskId task = 0; task < all.size(); ++task) all[task] = task;
    std::vector<Moment> moments;
    for (Time at = kStart + scenario.record_tick; at < kStart + scenario.duration;
         at += scenario.record_tick) {
      moments.push_back({at, all});
    }
    for (const char* scheduler : kSchedulers) {
      const TracedRun run(scenario, scheduler);
      const auto answers = describe_at(scenario, Registry::global().parse(scheduler), moments);
      for (std::size_t i = 0; i < moments.size(); ++i) {
        for (const StatePath& path : answers[i]) {
          const EntityState& task = path.back();
          const std::string name = scenario.path_of(task.entity);
          for (const StateValue& value : task.policy) {
            EXPECT_EQ(value_at(run.perfetto, value.name + " of " + name, to_ns(moments[i].at)),
                      value.number)
                << value.name << " of " << name << " at " << to_ns(moments[i].at) << ", "
                << scheduler << ", seed " << seed;
            ++compared;
          }
          for (const EntityState& level : path) {
            if (!level.quota) continue;
            const std::string counter = "quota left of " + scenario.path_of(level.entity);
            EXPECT_EQ(value_at(run.perfetto, counter, to_ns(moments[i].at)), to_ns(*level.quota))
                << counter << " at " << to_ns(moments[i].at) << ", seed " << seed;
            ++compared;
          }
        }
      }
    }
  }
  EXPECT_GT(compared, 1000U);
}

// Question: has the text, which is wordy, values as often as it may, and the right ones? Expected: for each counter a part of
// what Perfetto's trace has, with the value that holds at that time there. Of eevdf's five numbers for each of 3 tasks, 1000
// ticks get 1 line each per row of allocations.csv (4 with the root's), give or take one look of 15; of fifo's one, the
// lag, every change is there.
TEST(Trace, TextHasAsManyValuesAsTheCsvHasRows) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const TracedRun run(random_scenario(seed, Features{}), "eevdf:scope=global");
    for (const auto& [name, values] : run.ftrace.counters) {
      for (const auto& [at, value] : values) {
        EXPECT_EQ(value_at(run.perfetto, name, at), value)
            << name << " at " << at << ", seed " << seed;
      }
    }
    EXPECT_EQ(run.perfetto.marks, run.ftrace.marks);
  }
  ScenarioBuilder b;
  b.duration(1s).scenario().record_tick = 1ms;
  b.task("hog", 100, RunForever{}, kRoot, 3);
  const auto count = [](const DecodedTrace& trace) {
    std::size_t all = 0;
    for (const auto& [name, values] : trace.counters) all += values.size();
    return all;
  };
  const TracedRun wordy(b.build(), "eevdf");
  EXPECT_GT(count(wordy.perfetto), 8000U);
  EXPECT_LE(count(wordy.ftrace), 4015U);
  EXPECT_GT(count(wordy.ftrace), 3000U);
  EXPECT_EQ(wordy.ftrace.counters.size(), wordy.perfetto.counters.size());
  const TracedRun terse(b.build(), "fifo");
  EXPECT_EQ(terse.ftrace.counters, terse.perfetto.counters);
}

// Question: is the lag that of allocations.csv? Expected: at the end of every tick, of every task.
TEST(Trace, LagIsThatOfTheTicks) {
  const Scenario scenario = random_scenario(5, Features{});
  const TracedRun run(scenario, "sfq");
  ASSERT_EQ(run.lags.size(), scenario.task_count());
  for (const auto& [counter, values] : run.lags) {
    for (const auto& [at, value] : values) EXPECT_EQ(value_at(run.perfetto, counter, at), value);
  }
}

// Question: does it say when who was throttled? A hog with 30 ms in every 100 ms, alone: throttled at 30, 130, ... 930 ms,
// released at 100, 200, ... 900 ms and at the end. Its group is process 2 (the root is 1).
TEST(Trace, MarksThrottling) {
  ScenarioBuilder b;
  const GroupId web = b.group("web", 100);
  b.spec(web).cap = Bandwidth{30ms, 100ms, 0ms, {}};
  b.task("hog", 100, RunForever{}, web);
  const TracedRun run(b.build(), "sfq");
  std::vector<DecodedTrace::Mark> expected;
  for (std::int64_t period = 0; period < 10; ++period) {
    expected.push_back({(period * 100 + 30) * 1'000'000, 2, "throttled"});
    expected.push_back({(period * 100 + 100) * 1'000'000, 2, "unthrottled"});
  }
  EXPECT_EQ(run.perfetto.marks, expected);
  EXPECT_EQ(run.perfetto.processes, (std::map<std::uint32_t, std::string>{{1, "/"}, {2, "/web"}}));
  EXPECT_EQ(value_at(run.perfetto, "quota left of /web", 10'000'000), 20'000'000);
  EXPECT_EQ(value_at(run.perfetto, "quota left of /web", 50'000'000), 0);
}

// Question: has each state its letter, and each task its place? A task that blocks sleeps (S), one that exits is dead (X),
// one whose slice ends stays runnable (R). Threads follow the groups: the root is 1, /web 2, so a is 3, b is 4.
TEST(Trace, SaysWhyATaskLeft) {
  ScenarioBuilder b;
  const GroupId web = b.group("web", 100);
  b.task("a", 100, once({run_for(1ms), sleep_for(1ms), run_for(1ms)}));
  b.task("b", 100, RunForever{}, web).start = 10ms;
  b.duration(20ms);
  const TracedRun run(b.build(), "rr");
  const std::vector<Switch> expected{
      {0, 0, 0, 3, "swapper/0", "a", "R"},          {0, 1'000'000, 3, 0, "a", "swapper/0", "S"},
      {0, 2'000'000, 0, 3, "swapper/0", "a", "R"},  {0, 3'000'000, 3, 0, "a", "swapper/0", "X"},
      {0, 10'000'000, 0, 4, "swapper/0", "b", "R"}, {0, 20'000'000, 4, 0, "b", "swapper/0", "R"}};
  EXPECT_EQ(run.perfetto.switches, expected);
  EXPECT_EQ(run.ftrace.switches, expected);
  const std::map<std::uint32_t, std::string> threads{{3, "a"}, {4, "b"}};
  EXPECT_EQ(run.perfetto.threads, threads);
  EXPECT_EQ(run.perfetto.process_of, (std::map<std::uint32_t, std::uint32_t>{{3, 1}, {4, 2}}));
  EXPECT_EQ(run.ftrace.process_of.at(3), 1U);
  EXPECT_EQ(run.ftrace.process_of.at(4), 2U);
}

constexpr const char* kWorkload =
    "name: traced\nduration: 1s\ntasks:\n  - {name: hog}\n  - {name: sleeper, do: [{run: 2ms}, "
    "{sleep: 3ms}]}\n";

// Question: does `run --trace` write what is measured, the same bytes each time, and change nothing? Expected: each task's
// CPU time in ftrace's text is its service in the CSV that is printed, and that is printed without a trace as well.
TEST(TraceCommand, AgreesWithWhatIsPrinted) {
  const ScratchFolder scratch;
  const std::string file = scratch.write("w.yaml", kWorkload);
  const std::string text = (scratch.path() / "x.ftrace").string();
  const std::string proto = (scratch.path() / "x.pftrace").string();
  const CommandResult plain = run_sharesim({"run", file, "--format", "csv"});
  const CommandResult traced = run_sharesim({"run", file, "--format", "csv", "--trace", text});
  ASSERT_EQ(traced.status, 0) << traced.err;
  EXPECT_EQ(traced.out, plain.out);
  std::map<std::string, std::int64_t> service;
  for (const auto& [cpu, task, begin, end] : intervals_of(decode_ftrace(text))) {
    service[task] += end - begin;
  }
  EXPECT_EQ(service.size(), 2U);
  for (const auto& [task, sum] : service) {
    EXPECT_THAT(plain.out, HasSubstr("traced,sfq,/" + task + ",task,service,ns," +
                                     std::to_string(sum) + "\n"));
  }
  ASSERT_EQ(run_sharesim({"run", file, "--trace", proto}).status, 0);
  const std::string once = read_file(proto);
  ASSERT_EQ(run_sharesim({"run", file, "--trace", proto}).status, 0);
  EXPECT_EQ(read_file(proto), once);
  const DecodedTrace decoded = decode_perfetto(proto);
  EXPECT_EQ(decoded.about.at("workload"), "traced");
  EXPECT_EQ(decoded.about.at("scheduler"), "sfq");
  EXPECT_EQ(decoded.about.at("seed"), "1");
}

// Question: is what cannot be traced refused? A name of no known kind and a fluid run are wrong usage (2) and write
// nothing; a folder that is not there, and a disk that is full after 1000 bytes, are the machine's no (3) and leave nothing.
TEST(TraceCommand, RefusesWhatItCannotWrite) {
  const ScratchFolder scratch;
  const std::string file = scratch.write("w.yaml", kWorkload);
  const auto run = [&](const std::string& name, std::vector<std::string> more = {},
                       long bytes = 0) {
    std::vector<std::string> words{"run", file, "--trace", (scratch.path() / name).string()};
    words.insert(words.end(), more.begin(), more.end());
    CommandSetting setting;
    setting.file_bytes = bytes;
    return run_sharesim(words, setting);
  };
  const CommandResult unknown = run("x.json");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(
      unknown.err,
      HasSubstr("what kind of trace? (a name that ends with .pftrace (Perfetto) or .ftrace"));
  const CommandResult fluid = run("x.pftrace", {"-s", "gps"});
  EXPECT_EQ(fluid.status, 2);
  EXPECT_THAT(fluid.err, HasSubstr("there is nothing to trace under gps"));
  for (const char* name : {"none/x.pftrace", "none/x.ftrace"}) {
    const CommandResult refused = run(name);
    EXPECT_EQ(refused.status, 3);
    EXPECT_THAT(refused.err, HasSubstr(std::string(name) + ": No such file"));
  }
  for (const char* name : {"full.pftrace", "full.ftrace"}) {
    const CommandResult full = run(name, {}, 1000);
    EXPECT_EQ(full.status, 3);
    EXPECT_THAT(full.err, HasSubstr(std::string(name) + ": File too large"));
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    ++files;
    EXPECT_EQ(entry.path().filename(), "w.yaml");
  }
  EXPECT_EQ(files, 1U);
}

}  // namespace
}  // namespace sharesim
