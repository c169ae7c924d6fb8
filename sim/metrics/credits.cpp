#include "sim/metrics/credits.hpp"

#include <algorithm>

namespace sharesim {
namespace {

bool has_credits(const std::optional<Bandwidth>& cap) { return cap && cap->credits; }

bool gives_credits(const ScenarioEvent& event) { return event.cap && has_credits(*event.cap); }

}  // namespace

bool CreditAccounts::any(const Scenario& scenario) {
  const auto has = [](const auto& item) { return has_credits(item.cap); };
  return std::any_of(scenario.groups.begin(), scenario.groups.end(), has) ||
         std::any_of(scenario.tasks.begin(), scenario.tasks.end(), has) ||
         std::any_of(scenario.events.begin(), scenario.events.end(), gives_credits);
}

CreditAccounts::CreditAccounts(const Scenario& scenario) : lowest_(scenario.task_count(), kNone) {
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    if (has_credits(scenario.groups[id].cap)) open(EntityRef::group(id), *scenario.groups[id].cap);
  }
  for (const TaskSpec& spec : scenario.tasks) {
    if (!has_credits(spec.cap)) continue;
    for (std::uint32_t i = 0; i < spec.instances(); ++i) {
      open(EntityRef::task(spec.first + i), *spec.cap);
    }
  }
  for (const ScenarioEvent& event : scenario.events) {
    if (!gives_credits(event)) continue;
    for (const EntityRef entity : event.entities) {
      if (find(entity) != nullptr) continue;
      open(entity, **event.cap);
      accounts_.back().open = false;  // not yet
    }
  }

  std::vector<std::uint32_t> lowest(scenario.groups.size(), kNone);
  for (GroupId id = 0; id < lowest.size(); ++id) {
    const std::uint32_t above = id == kRoot ? kNone : lowest[scenario.groups[id].parent];
    const auto own = of_group_.find(id);
    lowest[id] = own == of_group_.end() ? above : own->second;
    if (own != of_group_.end()) accounts_[own->second].above = above;
  }
  for (const TaskSpec& spec : scenario.tasks) {
    for (TaskId id = spec.first; id < spec.first + spec.instances(); ++id) {
      const auto own = of_task_.find(id);
      lowest_[id] = own == of_task_.end() ? lowest[spec.group] : own->second;
      if (own != of_task_.end()) accounts_[own->second].above = lowest[spec.group];
    }
  }
}

void CreditAccounts::open(EntityRef entity, const Bandwidth& cap) {
  const auto index = static_cast<std::uint32_t>(accounts_.size());
  accounts_.push_back({.quota = Quota(cap), .open = true, .depleted = {}});
  (entity.is_task() ? of_task_ : of_group_)[entity.id] = index;
}

const CreditAccounts::Account* CreditAccounts::find(EntityRef entity) const {
  const auto& indices = entity.is_task() ? of_task_ : of_group_;
  const auto found = indices.find(entity.id);
  return found == indices.end() ? nullptr : &accounts_[found->second];
}

void CreditAccounts::advance(Account& account, Time now) {
  if (!account.open || now == account.until) return;
  if (!account.depleted && account.runners > 0) {
    const Time dry = account.quota.dry_at(account.until, account.runners);
    if (dry <= now) account.depleted = dry;
  }
  account.quota.run_until(account.until, now, account.runners);
  account.until = now;
}

void CreditAccounts::change_runners(TaskId task, int by, Time now) {
  for (std::uint32_t index = lowest_[task]; index != kNone; index = accounts_[index].above) {
    advance(accounts_[index], now);
    accounts_[index].runners += static_cast<std::uint32_t>(by);
  }
}

void CreditAccounts::throttled(EntityRef entity) {
  const auto& indices = entity.is_task() ? of_task_ : of_group_;
  const auto found = indices.find(entity.id);
  if (found == indices.end()) return;
  Account& account = accounts_[found->second];
  if (account.open) account.at_baseline += account.quota.bandwidth().period;
}

void CreditAccounts::cap_changed(EntityRef entity, const Bandwidth* cap, Time now) {
  const auto& indices = entity.is_task() ? of_task_ : of_group_;
  const auto found = indices.find(entity.id);
  if (found == indices.end()) return;
  Account& account = accounts_[found->second];
  advance(account, now);
  account.open = cap != nullptr && cap->credits;
  if (!account.open) return;
  account.quota.reset(*cap, now);
  account.until = now;
  account.depleted.reset();
  account.at_baseline = Duration::zero();
}

std::optional<CreditResult> CreditAccounts::at(EntityRef entity, Time now) const {
  const Account* found = find(entity);
  if (found == nullptr) return std::nullopt;
  Account account = *found;
  advance(account, now);
  return CreditResult{account.quota.account(), account.depleted, account.at_baseline};
}

}  // namespace sharesim
