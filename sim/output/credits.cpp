#include "sim/output/credits.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/core/units.hpp"
#include "sim/output/csv.hpp"

namespace sharesim {

std::vector<EntityRef> machines_with_credits(const Scenario& scenario) {
  const auto has_credits = [](const std::optional<Bandwidth>& cap) { return cap && cap->credits; };
  std::vector<EntityRef> machines;
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    if (has_credits(scenario.groups[id].cap)) machines.push_back(EntityRef::group(id));
  }
  for (const TaskSpec& spec : scenario.tasks) {
    if (!has_credits(spec.cap)) continue;
    for (std::uint32_t i = 0; i < spec.instances(); ++i) {
      machines.push_back(EntityRef::task(spec.first + i));
    }
  }
  for (const ScenarioEvent& event : scenario.events) {
    if (!event.cap || !has_credits(*event.cap)) continue;
    for (const EntityRef entity : event.entities) {
      if (std::find(machines.begin(), machines.end(), entity) == machines.end()) {
        machines.push_back(entity);
      }
    }
  }
  return machines;
}

CreditsWriter::CreditsWriter(OutFile& file, const Scenario& scenario, const std::string& scheduler,
                             Source source)
    : file_(file), source_(std::move(source)) {
  for (const EntityRef entity : machines_with_credits(scenario)) {
    machines_.push_back(
        {entity, "," + csv_field(scheduler) + "," + csv_field(scenario.path_of(entity)) + ","});
  }
  file_.write("time_ns,scheduler,entity,balance,surplus,earned,spent,lost,charged\n");
}

void CreditsWriter::tick(Time, Time end) {
  for (const Machine& machine : machines_) {
    const std::optional<CreditResult> result = source_(machine.entity);
    if (!result) continue;
    const CreditAccount& account = result->account;
    file_.write(fmt::format("{}{}{},{},{},{},{},{}\n", to_ns(end), machine.names,
                            credits_text(account.balance), credits_text(account.surplus),
                            credits_text(account.earned), credits_text(account.spent),
                            credits_text(account.lost), credits_text(account.charged)));
  }
}

}  // namespace sharesim
