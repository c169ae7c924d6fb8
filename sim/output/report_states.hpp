#pragma once
// What the policies say of tasks and groups over time (credit, tags, quota left), as a probe sampled it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/record/entity_state.hpp"

namespace sharesim {

/// The values of one name, by sample; empty where the policy did not say it.
using StateSeries = std::vector<std::optional<std::int64_t>>;

class ReportStates {
 public:
  /// Values of other entities are ignored. Takes in one sample after the other.
  explicit ReportStates(const std::vector<EntityRef>& entities);

  /// The paths of some tasks at one instant. A group is described as the first of its tasks has it.
  void add(Time at, const std::vector<StatePath>& paths);

  std::size_t samples() const { return samples_; }
  /// By the index of the entity, then by name. All of the length samples().
  const std::vector<std::map<std::string, StateSeries>>& series() const { return series_; }

 private:
  void note(std::size_t entity, const std::string& name, std::int64_t value);

  std::vector<std::pair<EntityRef, std::size_t>> index_;  ///< sorted: kind, id
  std::vector<std::map<std::string, StateSeries>> series_;
  std::size_t samples_ = 0;
};

}  // namespace sharesim
