#include <algorithm>
#include <utility>

#include "sim/scenario/loading.hpp"

namespace sharesim {
namespace {

constexpr std::int64_t kMostRepeats = 1'000'000'000'000;
constexpr std::int64_t kMostQueued = 10'000'000;

std::int64_t read_repeat(Loading& loading, const Fields& task, std::int64_t otherwise) {
  const auto at = task.find("repeat");
  if (!at) return otherwise;
  return read_integer(loading.problems, *at, 0, kMostRepeats).value_or(otherwise);
}

/// A sequence that takes no time would go round for ever at one instant, or be over at once.
void check_length(Loading& loading, const At& at, const Sequence& sequence) {
  const bool takes_time = std::any_of(sequence.steps.begin(), sequence.steps.end(),
                                      [](const Step& step) { return step.length.mean() > ns(0); });
  if (!takes_time) loading.problems.add(at, "takes no time", "at least one step longer than 0s");
}

std::optional<Step> read_step(Loading& loading, const At& at) {
  const std::size_t before = loading.problems.count();
  const Fields fields(loading.problems, at, {"run", "sleep"});
  const auto run = fields.find("run");
  const auto sleep = fields.find("sleep");
  if (run && sleep) {
    loading.problems.add(at, "holds both run and sleep", "a step of its own for each");
    return std::nullopt;
  }
  if (!run && !sleep) {
    if (loading.problems.count() == before) {
      loading.problems.add(at, "is empty", "{run: 5ms} or {sleep: 5ms}");
    }
    return std::nullopt;
  }
  auto length = read_distribution(loading, run ? *run : *sleep, ns(0));
  if (!length) return std::nullopt;
  return Step{run ? Step::Kind::kRun : Step::Kind::kSleep, std::move(*length)};
}

Sequence read_steps(Loading& loading, const At& at, const Fields& task) {
  Sequence sequence;
  sequence.repeat = read_repeat(loading, task, 0);
  const std::size_t before = loading.problems.count();
  if (!check_list(loading.problems, at, "a list of {run: 5ms} and {sleep: 5ms}")) return sequence;
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (auto step = read_step(loading, at.item(i))) sequence.steps.push_back(std::move(*step));
  }
  if (loading.problems.count() > before) return sequence;
  const bool runs = std::any_of(sequence.steps.begin(), sequence.steps.end(),
                                [](const Step& step) { return step.kind == Step::Kind::kRun; });
  if (!runs) {
    loading.problems.add(at, "never runs", "at least one {run: ...}");
  } else {
    check_length(loading, at, sequence);
  }
  return sequence;
}

Sequence read_replay(Loading& loading, const At& at, const Fields& task) {
  Sequence sequence;
  sequence.repeat = read_repeat(loading, task, 1);
  const auto records = read_records(loading, at, {"run", "sleep"});
  if (!records) return sequence;
  sequence.steps.reserve(records->size());
  for (std::size_t i = 0; i < records->size(); ++i) {
    const Step::Kind kind = i % 2 == 0 ? Step::Kind::kRun : Step::Kind::kSleep;
    // To sleep for no time is not to sleep: the runs around it are one burst.
    if (kind == Step::Kind::kSleep && (*records)[i] == ns(0)) continue;
    sequence.steps.push_back({kind, Distribution::constant((*records)[i])});
  }
  check_length(loading, at, sequence);
  return sequence;
}

Periodic read_periodic(Loading& loading, const At& at) {
  Periodic periodic;
  const Fields fields(loading.problems, at, {"every", "run"});
  if (const auto every = fields.require("every", "the period, such as 10ms")) {
    periodic.every = read_duration(loading.problems, *every, {ns(1), kLongestDraw}).value_or(ns(1));
  }
  if (const auto run = fields.require("run", "CPU time of each job, such as 1ms")) {
    periodic.run = read_distribution(loading, *run, ns(1)).value_or(Distribution::constant(ns(1)));
  }
  return periodic;
}

Service read_service(Loading& loading, const At& at) {
  Service service;
  service.gap = service.demand = Distribution::constant(ns(1));
  const Fields fields(loading.problems, at, {"arrivals", "demand", "workers", "queue"});
  if (const auto arrivals = fields.require("arrivals", "such as {poisson: 200/s}")) {
    service.gap = read_arrivals(loading, *arrivals).value_or(service.gap);
  }
  if (const auto demand = fields.require("demand", "CPU time of a request, such as 2ms")) {
    service.demand = read_distribution(loading, *demand, ns(1)).value_or(service.demand);
  }
  if (const auto workers = fields.find("workers")) {
    const auto count = read_integer(loading.problems, *workers, 1, limits::kTasks);
    service.workers = static_cast<std::uint32_t>(count.value_or(1));
  }
  if (const auto queue = fields.find("queue")) {
    service.queue = read_integer(loading.problems, *queue, 0, kMostQueued).value_or(service.queue);
  }
  return service;
}

}  // namespace

const std::vector<std::string>& behaviour_keys() {
  static const std::vector<std::string> kKeys{"do", "repeat", "periodic", "service", "replay"};
  return kKeys;
}

Behaviour read_behaviour(Loading& loading, const Fields& task) {
  const std::vector<std::string> kinds{"do", "periodic", "service", "replay"};
  std::vector<std::string> given;
  for (const std::string& kind : kinds) {
    if (task.has(kind)) given.push_back(kind);
  }
  if (given.size() > 1) {
    loading.problems.add(task.at(), "has more than one behaviour: " + word_list(given),
                         "one of " + word_list(kinds) + ", or none to run for ever");
  }
  if (const auto repeat = task.find("repeat"); repeat && !task.has("do") && !task.has("replay")) {
    loading.problems.add_key(*repeat, "there is nothing to repeat", "beside do or replay");
  }
  // Each is read, for its own mistakes.
  Behaviour behaviour = RunForever{};
  if (const auto at = task.find("do")) behaviour = read_steps(loading, *at, task);
  if (const auto at = task.find("replay")) behaviour = read_replay(loading, *at, task);
  if (const auto at = task.find("periodic")) behaviour = read_periodic(loading, *at);
  if (const auto at = task.find("service")) behaviour = read_service(loading, *at);
  return behaviour;
}

}  // namespace sharesim
