#include "sim/registry.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/check.hpp"
#include "sim/wording.hpp"

namespace sharesim {

const std::vector<ClaimName>& claim_names() {
  static const std::vector<ClaimName> kNames{
      {Claim::kProportional, "proportional"},    {Claim::kWorkConserving, "work conserving"},
      {Claim::kBoundedLag, "bounded lag"},       {Claim::kCapped, "capped"},
      {Claim::kRandomized, "randomized"},        {Claim::kWeightBlind, "weight blind"},
      {Claim::kPreemptive, "preemptive"},        {Claim::kWantsTicks, "wants ticks"},
      {Claim::kKernelWeights, "kernel weights"}, {Claim::kFluid, "fluid"},
  };
  return kNames;
}

const ParameterInfo* SchedulerInfo::find_parameter(std::string_view parameter) const {
  for (const ParameterInfo& candidate : parameters) {
    if (candidate.name == parameter) return &candidate;
  }
  return nullptr;
}

Registry& Registry::global() {
  static Registry registry;
  return registry;
}

void Registry::add(SchedulerInfo info, SchedulerFactory factory) {
  for (const Entry& entry : entries_) {
    check(clash_of(info, *entry.info).empty(), "a scheduler must not clash with another");
  }
  entries_.push_back({std::make_unique<const SchedulerInfo>(std::move(info)), factory});
}

const SchedulerInfo* Registry::find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.info->name == name) return entry.info.get();
  }
  return nullptr;
}

std::vector<const SchedulerInfo*> Registry::all() const {
  std::vector<const SchedulerInfo*> infos;
  for (const Entry& entry : entries_) infos.push_back(entry.info.get());
  std::sort(infos.begin(), infos.end(),
            [](const SchedulerInfo* a, const SchedulerInfo* b) { return a->name < b->name; });
  return infos;
}

SchedulerChoice Registry::choose(std::string_view name) const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (entry.info->name == name) return {*entry.info, entry.factory};
    names.push_back(entry.info->name);
  }
  std::sort(names.begin(), names.end());
  throw InputError("no scheduler is called " + quoted(name) + suggestion(name, names), join(names));
}

SchedulerChoice Registry::parse(std::string_view text) const {
  const std::size_t colon = text.find(':');
  SchedulerChoice choice = choose(text.substr(0, colon));
  if (colon == std::string_view::npos) return choice;

  std::vector<Diagnostic> mistakes;
  std::vector<std::string_view> seen;
  std::string_view rest = text.substr(colon + 1);
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);

    const std::size_t equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    if (equals == std::string_view::npos || name.empty()) {
      mistakes.push_back(mistake(choice.info().name + ": " + quoted(item) + " is not a setting",
                                 "parameter=value, separated by commas"));
      continue;
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      mistakes.push_back(mistake(choice.info().name + ": " + quoted(name) + " is set twice", ""));
    seen.push_back(name);
    if (auto wrong = choice.set(name, item.substr(equals + 1))) mistakes.push_back(*wrong);
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  return choice;
}

}  // namespace sharesim
