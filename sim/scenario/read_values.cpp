#include "sim/core/units.hpp"
#include "sim/scenario/loading.hpp"

namespace sharesim {
namespace {

constexpr Duration kDefaultPeriod = std::chrono::milliseconds(100);  // as cpu.max
constexpr DurationRange kPeriods{std::chrono::milliseconds(1), std::chrono::seconds(10)};
constexpr Duration kLeastQuota = std::chrono::microseconds(1);
constexpr int kLeastNice = -20;
constexpr int kMostNice = 19;

Duration most_quota(const Loading& loading, Duration period) {
  return period * loading.scenario.machine.cpus;
}

std::optional<Bandwidth> read_cap_percent(Loading& loading, const At& at) {
  constexpr std::int64_t kMillion = 1'000'000;
  const auto share = read_percent(loading.problems, at);
  if (!share) return std::nullopt;
  const std::int64_t most = kMillion * loading.scenario.machine.cpus;
  if (*share > most) {
    loading.problems.add(at, in_quotes(at.node().text) + " is more than the machine has",
                         "up to " + std::to_string(loading.scenario.machine.cpus) + "00%");
    return std::nullopt;
  }
  const Duration quota = ns(*share * (to_ns(kDefaultPeriod) / kMillion));
  if (quota < kLeastQuota) {
    loading.problems.add(at, in_quotes(at.node().text) + " is too small", "at least 0.001%");
    return std::nullopt;
  }
  return Bandwidth{quota, kDefaultPeriod, {}, {}};
}

std::optional<Bandwidth> read_cap_map(Loading& loading, const At& at) {
  Problems& problems = loading.problems;
  const std::size_t before = problems.count();
  const Fields fields(problems, at, {"quota", "period", "burst", "credits"});
  if (const auto credits = fields.find("credits")) {
    for (const char* key : {"quota", "period", "burst"}) {
      if (const auto other = fields.find(key)) {
        problems.add_key(*other, "credits are given too", "credits, or quota, period and burst");
      }
    }
    const auto cap = read_credit_cap(loading, *credits);
    return problems.count() > before ? std::nullopt : cap;
  }
  Bandwidth cap{ns(0), kDefaultPeriod, ns(0), {}};
  if (const auto period = fields.find("period")) {
    // After a mistake the longest period: no quota is too large for it.
    cap.period = read_duration(problems, *period, kPeriods).value_or(kPeriods.most);
  }
  if (const auto quota = fields.require("quota", "CPU time in each period, such as 30ms")) {
    cap.quota = read_duration(problems, *quota, {kLeastQuota, most_quota(loading, cap.period)})
                    .value_or(most_quota(loading, cap.period));
  }
  if (const auto burst = fields.find("burst")) {
    cap.burst = read_duration(problems, *burst, {ns(0), cap.quota}).value_or(ns(0));
  }
  if (problems.count() > before) return std::nullopt;
  return cap;
}

std::string cpus_text(const CpuSet& set) {
  return "a list such as 0-1,3; the machine has " + set.to_string();
}

void add_cpu(Loading& loading, const At& at, CpuSet& set) {
  const auto most = static_cast<std::int64_t>(loading.scenario.machine.cpus) - 1;
  if (const auto cpu = read_integer(loading.problems, at, 0, most)) {
    set.insert(static_cast<CpuId>(*cpu));
  }
}

}  // namespace

std::optional<Weight> read_weight(Loading& loading, const At& at) {
  const auto weight = read_integer(loading.problems, at, 1, limits::kWeight);
  if (!weight) return std::nullopt;
  return *weight * kWeightUnit;
}

std::optional<int> read_nice(Loading& loading, const At& at) {
  const auto nice = read_integer(loading.problems, at, kLeastNice, kMostNice);
  if (!nice) return std::nullopt;
  return static_cast<int>(*nice);
}

std::optional<Bandwidth> read_cap(Loading& loading, const At& at) {
  switch (at.kind()) {
    case Node::Kind::kScalar:
      return read_cap_percent(loading, at);
    case Node::Kind::kMap:
      return read_cap_map(loading, at);
    case Node::Kind::kNull:
    case Node::Kind::kList:
      loading.problems.add(
          at, kind_text(at.node()),
          "a percentage such as 30%, or a map of quota, period, burst, or of credits");
      break;
    case Node::Kind::kBroken:
      break;
  }
  return std::nullopt;
}

std::optional<CpuSet> read_cpus(Loading& loading, const At& at) {
  Problems& problems = loading.problems;
  const std::string allowed = cpus_text(loading.machine_cpus);
  const std::size_t before = problems.count();
  CpuSet set;
  if (at.kind() == Node::Kind::kList) {
    for (std::size_t i = 0; i < at.size(); ++i) add_cpu(loading, at.item(i), set);
  } else {
    const auto text = read_text(problems, at, allowed);
    if (!text) return std::nullopt;
    const auto parsed = CpuSet::parse(*text);
    if (!parsed) {
      problems.add(at, in_quotes(*text) + " is not a list of CPUs", allowed);
      return std::nullopt;
    }
    set = *parsed;
  }
  if (problems.count() > before) return std::nullopt;
  if (set.empty()) {
    problems.add(at, "names no CPU", allowed);
    return std::nullopt;
  }
  if (!set.subset_of(loading.machine_cpus)) {
    problems.add(
        at, "CPU " + std::to_string(set.next(loading.scenario.machine.cpus)) + " does not exist",
        allowed);
    return std::nullopt;
  }
  return set;
}

std::optional<CpuSet> read_cpus_within(Loading& loading, const At& at, const CpuSet& within) {
  const auto set = read_cpus(loading, at);
  if (!set || set->subset_of(within)) return set;
  loading.problems.add(at, "CPUs " + set->to_string() + " are not all the group's",
                       "within " + within.to_string());
  return std::nullopt;
}

std::optional<SchedulerChoice> read_scheduler(Loading& loading, const At& at) {
  const auto text = read_text(loading.problems, at, "such as sfq or sfq:slice=5ms");
  if (!text) return std::nullopt;
  try {
    SchedulerChoice choice = Registry::global().parse(*text);
    if (!choice.info().claims.has(Claim::kFluid)) return choice;
    loading.problems.add(at, "gps serves the whole machine at once, and has no queue for a group",
                         "a scheduler of queues, such as sfq");
    return std::nullopt;
  } catch (const InputError& error) {
    for (const Diagnostic& mistake : error.diagnostics()) {
      loading.problems.add(at, mistake.what, mistake.allowed);
    }
    return std::nullopt;
  }
}

namespace {

/// The values of one scheduler's parameters.
void set_parameters(Loading& loading, const At& at, SchedulerChoice& choice) {
  std::vector<std::string> names{"scope"};
  for (const ParameterInfo& parameter : choice.info().parameters) names.push_back(parameter.name);
  const Fields fields(loading.problems, at, names);
  for (const std::string& name : names) {
    const auto value = fields.find(name);
    if (!value) continue;
    const auto text = read_text(loading.problems, *value, "a value of " + name);
    if (!text) continue;
    const auto mistake = choice.set(name, *text);
    if (mistake) loading.problems.add(*value, mistake->what, mistake->allowed);
  }
}

}  // namespace

void read_parameters(Loading& loading, const At& at) {
  const std::vector<std::string> names = Registry::global().names();
  const Fields fields(loading.problems, at, names);
  for (const std::string& name : names) {
    const auto values = fields.find(name);
    if (!values) continue;
    SchedulerChoice choice = Registry::global().choose(name);
    set_parameters(loading, *values, choice);
    loading.scenario.parameters.push_back(std::move(choice));
  }
}

Hints read_hints(Loading& loading, const At& at) {
  std::vector<ParameterInfo> known;
  std::vector<std::string> names;
  for (const SchedulerInfo* info : Registry::global().all()) {
    for (const ParameterInfo& hint : info->hints) {
      if (std::find(names.begin(), names.end(), hint.name) != names.end()) continue;
      known.push_back(hint);
      names.push_back(hint.name);
    }
  }
  const Fields fields(loading.problems, at, names);
  Hints hints;
  for (const ParameterInfo& hint : known) {
    const auto value = fields.find(hint.name);
    if (!value) continue;
    const auto text = read_text(loading.problems, *value, allowed_values(hint));
    if (!text) continue;
    const ParameterValue read = read_parameter(hint, *text);
    if (read.what.empty()) {
      hints.push_back({hint.name, read.number, read.text});
    } else {
      loading.problems.add(*value, in_quotes(std::string(*text)) + " " + read.what,
                           allowed_values(hint));
    }
  }
  return hints;
}

}  // namespace sharesim
