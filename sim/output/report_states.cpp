#include "sim/output/report_states.hpp"

#include <algorithm>
#include <tuple>

namespace sharesim {
namespace {

auto key_of(EntityRef entity) { return std::tuple(entity.kind, entity.id); }

}  // namespace

ReportStates::ReportStates(const std::vector<EntityRef>& entities) : series_(entities.size()) {
  for (std::size_t i = 0; i < entities.size(); ++i) index_.emplace_back(entities[i], i);
  std::sort(index_.begin(), index_.end(),
            [](const auto& a, const auto& b) { return key_of(a.first) < key_of(b.first); });
}

void ReportStates::add(Time, const std::vector<StatePath>& paths) {
  ++samples_;
  for (const StatePath& path : paths) {
    for (const EntityState& level : path) {
      const auto found = std::lower_bound(
          index_.begin(), index_.end(), level.entity,
          [](const auto& entry, EntityRef entity) { return key_of(entry.first) < key_of(entity); });
      if (found == index_.end() || found->first != level.entity) continue;
      for (const StateValue& value : level.policy) note(found->second, value.name, value.number);
      if (level.quota) note(found->second, "quota_left", to_ns(*level.quota));
    }
  }
  for (auto& names : series_) {
    for (auto& [name, values] : names) values.resize(samples_);
  }
}

void ReportStates::note(std::size_t entity, const std::string& name, std::int64_t value) {
  StateSeries& values = series_[entity][name];
  if (values.size() == samples_) return;  // said already, by the path of another task
  values.resize(samples_);
  values.back() = value;
}

}  // namespace sharesim
