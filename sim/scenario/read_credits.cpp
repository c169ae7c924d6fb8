// cap: {credits: t3.nano}, or a map: the credits of a burstable cloud machine.

#include "sim/core/units.hpp"
#include "sim/scenario/credit_sizes.hpp"
#include "sim/scenario/loading.hpp"

namespace sharesim {
namespace {

constexpr Duration kDefaultPeriod = std::chrono::seconds(1);
constexpr DurationRange kPeriods{std::chrono::milliseconds(1), std::chrono::seconds(10)};
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kLeastBaseline = 100;  // 0.01%
constexpr std::int64_t kMinutesInDay = 24 * 60;
constexpr const char* kAllowed = "a size such as t3.nano, or a map with size or baseline";

std::optional<CreditSize> read_size(Loading& loading, const At& at) {
  const auto text = read_text(loading.problems, at, kAllowed);
  if (!text) return std::nullopt;
  if (const CreditSize* size = find_credit_size(*text)) return *size;
  std::vector<std::string> names;
  for (const CreditSize& size : credit_sizes()) names.push_back(size.name);
  loading.problems.add(
      at, "no burstable size is called " + in_quotes(*text) + spelling_hint(*text, names),
      word_list(names));
  return std::nullopt;
}

/// A size of the workload's own.
std::optional<CreditSize> read_own_size(Loading& loading, const Fields& fields) {
  CreditSize own{.name = "the machine", .may_be_unlimited = true};
  if (const auto vcpus = fields.find("vcpus")) {
    const auto count = read_integer(loading.problems, *vcpus, 1, loading.scenario.machine.cpus);
    if (!count) return std::nullopt;
    own.vcpus = static_cast<std::uint32_t>(*count);
  }
  const auto at = fields.require("baseline", "the share of one CPU that it earns, such as 10%");
  const auto baseline = at ? read_percent(loading.problems, *at) : std::nullopt;
  if (!baseline) return std::nullopt;
  if (*baseline < kLeastBaseline || *baseline > kMillion * own.vcpus) {
    loading.problems.add(
        *at,
        in_quotes(at->node().text) + " is no baseline of " + std::to_string(own.vcpus) + " vCPUs",
        "from 0.01% to " + std::to_string(own.vcpus) + "00%");
    return std::nullopt;
  }
  own.baseline = *baseline;
  return own;
}

std::optional<CreditSize> read_some_size(Loading& loading, const Fields& fields) {
  const auto at = fields.find("size");
  if (!at) return read_own_size(loading, fields);
  for (const char* key : {"baseline", "limit", "vcpus"}) {
    if (const auto own = fields.find(key)) {
      loading.problems.add_key(*own, "size is given too, and says it", "size or baseline");
    }
  }
  return read_size(loading, *at);
}

bool read_mode(Loading& loading, const Fields& fields, const CreditSize& size) {
  const auto at = fields.find("mode");
  if (!at) return false;
  const std::string allowed = size.may_be_unlimited ? "standard or unlimited" : "standard";
  const auto text = read_text(loading.problems, *at, allowed);
  if (!text || *text == "standard") return false;
  if (*text == "unlimited" && size.may_be_unlimited) return true;
  const std::string what =
      *text == "unlimited"
          ? size.name + " is not sold as unlimited"
          : in_quotes(*text) + " is no mode" + spelling_hint(*text, {"standard", "unlimited"});
  loading.problems.add(*at, what, allowed);
  return false;
}

Duration credits_or(Loading& loading, const Fields& fields, const char* key, Duration most,
                    Duration otherwise) {
  const auto at = fields.find(key);
  return at ? read_credits(loading.problems, *at, most).value_or(otherwise) : otherwise;
}

Bandwidth bandwidth_of(const CreditSize& size, Duration period) {
  Bandwidth cap;
  cap.period = period;
  cap.quota = ns(size.baseline * (to_ns(period) / kMillion));
  cap.burst = ns(size.baseline * (to_ns(kCredit) / kMillion) * kMinutesInDay) - cap.quota;
  cap.credits = CreditTerms{kCredit * size.initial, kCredit * size.launch, false, size.vcpus};
  return cap;
}

std::optional<Bandwidth> read_terms(Loading& loading, const At& at) {
  const std::size_t before = loading.problems.count();
  const Fields fields(
      loading.problems, at,
      {"size", "mode", "balance", "launch", "baseline", "limit", "vcpus", "period"});
  const auto size = read_some_size(loading, fields);
  if (!size) return std::nullopt;
  Duration period = kDefaultPeriod;
  if (const auto given = fields.find("period")) {
    period = read_duration(loading.problems, *given, kPeriods).value_or(period);
  }
  Bandwidth cap = bandwidth_of(*size, period);
  CreditTerms& terms = *cap.credits;
  terms.unlimited = read_mode(loading, fields, *size);
  if (terms.unlimited) terms.launch = Duration::zero();
  const Duration limit =
      credits_or(loading, fields, "limit", limits::kDuration, cap.quota + cap.burst);
  if (limit < cap.quota) {
    loading.problems.add(*fields.find("limit"),
                         "is less than is earned in one period of " + to_text(period));
  }
  cap.burst = limit - cap.quota;
  terms.balance = credits_or(loading, fields, "balance", limit, terms.balance);
  terms.launch = credits_or(loading, fields, "launch", limits::kDuration, terms.launch);
  if (loading.problems.count() > before) return std::nullopt;
  return cap;
}

std::optional<Bandwidth> read_machine_of_credits(Loading& loading, const At& at) {
  switch (at.kind()) {
    case Node::Kind::kScalar:
      if (const auto size = read_size(loading, at)) return bandwidth_of(*size, kDefaultPeriod);
      break;
    case Node::Kind::kMap:
      return read_terms(loading, at);
    case Node::Kind::kNull:
    case Node::Kind::kList:
      loading.problems.add(at, kind_text(at.node()), kAllowed);
      break;
    case Node::Kind::kBroken:
      break;
  }
  return std::nullopt;
}

std::uint32_t tasks_below(const Scenario& scenario, GroupId group) {
  std::uint32_t count = 0;
  for (const TaskSpec& task : scenario.tasks) {
    GroupId above = task.group;
    while (above != group && above != kRoot) above = scenario.groups[above].parent;
    if (above == group) count += task.instances();
  }
  return count;
}

}  // namespace

std::optional<Bandwidth> read_credit_cap(Loading& loading, const At& at) {
  const auto cap = read_machine_of_credits(loading, at);
  if (!cap) return std::nullopt;
  const std::uint32_t cpus = loading.scenario.machine.cpus;
  if (cap->credits->vcpus <= cpus) return cap;
  loading.problems.add(
      at, "has " + std::to_string(cap->credits->vcpus) + " vCPUs, more than the machine has CPUs",
      "a machine of at least " + std::to_string(cap->credits->vcpus) + " CPUs");
  return std::nullopt;
}

void check_vcpus(Loading& loading, GroupId group, const Bandwidth& cap, const CpuSet& cpus,
                 const Place& place, const std::string& path) {
  if (!cap.credits || cpus.count() <= cap.credits->vcpus) return;
  if (tasks_below(loading.scenario, group) <= cap.credits->vcpus) return;
  const std::string vcpus = std::to_string(cap.credits->vcpus);
  loading.problems.add(place, path,
                       "could run on " + std::to_string(cpus.count()) + " CPUs at once, with " +
                           vcpus + (cap.credits->vcpus == 1 ? " vCPU" : " vCPUs"),
                       "cpus: no more than " + vcpus + ", or as few tasks");
}

}  // namespace sharesim
