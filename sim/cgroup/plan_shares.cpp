#include "sim/cgroup/plan_shares.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/caps.hpp"
#include "sim/cgroup/plan_steps.hpp"
#include "sim/cgroup/policy.hpp"
#include "sim/cgroup/weights.hpp"

namespace sharesim::cgroup {
namespace {

using Wide = __int128;
constexpr std::int64_t kMillion = 1'000'000;

std::int64_t millionths(Wide part, Wide whole) {
  return static_cast<std::int64_t>((2 * part * kMillion + whole) / (2 * whole));
}

class Division {
 public:
  explicit Division(PlanDraft& draft) : draft_(draft) {}

  void run() {
    for (std::size_t i = 0; i < draft_.plan.groups.size(); ++i) divide(i);
    remark_narrow_shares();
  }

 private:
  /// The cap of group `index` itself is set when this is called; divides it among its children.
  void divide(std::size_t index) {
    if (index == 0) {
      if (const auto& cap = draft_.cap_in(0)) set_cap(0, kernel_cap(*cap));
    }
    if (draft_.children[index].empty()) return;
    const SchedulerChoice& policy = draft_.policy_below(index);
    const PolicyMapping mapping = mapping_of(policy.info());
    const std::string& path = draft_.plan.groups[index].path;
    if (mapping.mapping == Mapping::kNone) {
      draft_.refuse(path, fmt::format("{}: {}", policy.info().name, mapping.reason));
    } else if (!mapping.reason.empty()) {
      draft_.lose(
          "", fmt::format("{}: the kernel does not keep {}", policy.info().name, mapping.reason));
    }
    for (const ParameterInfo& parameter : policy.info().parameters) {
      const std::string text = policy.text(parameter.name);
      if (text == parameter.default_value) continue;
      const std::string reason = loss_of_parameter(policy.info(), parameter);
      if (!reason.empty()) {
        draft_.lose("",
                    fmt::format("{}: {}={}: {}", policy.info().name, parameter.name, text, reason));
      }
    }
    for (const std::size_t child : draft_.children[index]) read_hints(child, policy);
    weigh(index, mapping.mapping);
    for (const std::size_t child : draft_.children[index])
      cap_child(child, index, policy, mapping.mapping);
  }

  void read_hints(std::size_t index, const SchedulerChoice& policy) {
    PlannedGroup& group = draft_.plan.groups[index];
    group.idle = draft_.is_idle(index);
    for (const Hint& hint : draft_.hints_in(index)) {
      const auto& known = policy.info().hints;
      if (std::none_of(known.begin(), known.end(),
                       [&](const ParameterInfo& info) { return info.name == hint.name; })) {
        continue;
      }
      draft_.refuse(group.path, fmt::format("{} {} of {}: {}", hint.name, hint.text,
                                            policy.info().name, mapping_of(policy.info()).reason));
    }
    if (group.idle && !draft_.hierarchy.has_idle) {
      group.idle = false;
      draft_.lose(group.path, "cpu.idle came with Linux 5.15: it only has its weight");
    }
  }

  /// Of the entity, in the order of the events.
  std::vector<Weight> later_weights(std::size_t index) const {
    std::vector<Weight> weights;
    for (const ScenarioEvent& event : draft_.scenario.events) {
      if (event.weight && std::count(event.entities.begin(), event.entities.end(),
                                     *draft_.plan.groups[index].entity) > 0) {
        weights.push_back(*event.weight);
      }
    }
    return weights;
  }

  void weigh(std::size_t parent, Mapping mapping) {
    std::vector<std::size_t> siblings;
    std::vector<Weight> weights;
    for (const std::size_t child : draft_.children[parent]) {
      if (draft_.plan.groups[child].idle) continue;
      siblings.push_back(child);
      weights.push_back(mapping == Mapping::kEqual ? kDefaultWeight
                                                   : draft_.plan.groups[child].asked_weight);
    }
    if (mapping != Mapping::kEqual) {
      for (const std::size_t child : siblings) {
        for (const Weight weight : later_weights(child)) weights.push_back(weight);
      }
    }
    const auto values = scale_weights(weights, draft_.plan.version);
    if (!values) {
      const WeightRange range = weight_range(draft_.plan.version);
      draft_.refuse(
          draft_.plan.groups[parent].path,
          fmt::format("its heaviest child is more than {} times its lightest, and {} is {} to {}",
                      range.most / range.least, file_name(weight_knob(draft_.plan.version)),
                      range.least, range.most));
      return;
    }
    Wide asked = 0;
    Wide loads = 0;
    for (std::size_t i = 0; i < siblings.size(); ++i) {
      draft_.plan.groups[siblings[i]].weight = (*values)[i];
      asked += weights[i];
      loads += kernel_load((*values)[i], draft_.plan.version);
    }
    for (std::size_t i = 0; i < siblings.size(); ++i) {
      PlannedGroup& group = draft_.plan.groups[siblings[i]];
      const Wide load = kernel_load(*group.weight, draft_.plan.version);
      group.share_asked = millionths(weights[i], asked);
      group.share_error = millionths(load * asked, loads * weights[i]) - kMillion;
    }
    for (std::size_t i = 0; i < weights.size(); ++i)
      draft_.scaled[{parent, weights[i]}] = (*values)[i];
  }

  void set_cap(std::size_t index, CapInKernel cap) {
    PlannedGroup& group = draft_.plan.groups[index];
    if (!cap.refused.empty()) draft_.refuse(group.path, "cap: " + cap.refused);
    if (!cap.lost.empty()) draft_.lose(group.path, "cap: " + cap.lost);
    if (!cap.cap) return;
    if (cap.cap->burst_us > 0 && !draft_.hierarchy.has_burst) {
      cap.cap->burst_us = 0;
      draft_.lose(group.path, "cpu.max.burst came with Linux 5.14: no burst");
    }
    if (draft_.hierarchy.version == Version::kV1 && group.parent) {
      // A child's ratio may not exceed its parent's there. The tighter one above holds anyway.
      if (rate_of(*cap.cap) >= draft_.cap_above[*group.parent]) {
        draft_.note(
            Note::Kind::kRemark, group.path,
            "its cap is not less than that of a group above, which holds for it as well: version 1 "
            "takes no such cap, and it is left out");
        return;
      }
    }
    group.cap = cap.cap;
    draft_.capacity[index] = std::min(draft_.capacity[index], rate_of(*cap.cap));
  }

  void cap_child(std::size_t index, std::size_t parent, const SchedulerChoice& policy,
                 Mapping mapping) {
    draft_.cap_above.try_emplace(
        parent, draft_.plan.groups[parent].cap ? rate_of(*draft_.plan.groups[parent].cap)
                : draft_.plan.groups[parent].parent
                    ? draft_.cap_above.at(*draft_.plan.groups[parent].parent)
                    : std::numeric_limits<Capacity>::max());
    const Capacity whole = draft_.capacity[parent];
    draft_.capacity[index] =
        draft_.capacity[index] == 0 ? whole : std::min(draft_.capacity[index], whole);
    const auto& own = draft_.cap_in(index);
    const std::int64_t share = draft_.plan.groups[index].share_asked;
    const auto part = static_cast<Capacity>(Wide{whole} * share / kMillion);
    const bool by_share = mapping == Mapping::kCredit || mapping == Mapping::kShares;
    if (draft_.plan.groups[index].idle && by_share) {
      if (own) set_cap(index, kernel_cap(*own));
      if (!own) draft_.lose(draft_.plan.groups[index].path, "it is idle, and has no share to cap");
    } else if (mapping == Mapping::kCredit) {
      constexpr Duration kLongest = std::chrono::seconds(1);
      const auto rate = static_cast<Capacity>(Wide{part} * policy.percent("rate") / kMillion);
      set_cap(index, kernel_cap(own ? std::min(rate, full_rate(*own)) : rate, kLongest,
                                policy.duration("limit")));
    } else if (mapping == Mapping::kShares && !own) {
      set_cap(index, kernel_cap(part, policy.duration("period"), Duration::zero()));
    } else if (own) {
      Bandwidth bandwidth = *own;
      if (mapping == Mapping::kShares) bandwidth.burst = Duration::zero();
      set_cap(index, kernel_cap(bandwidth));
    }
  }

  static Capacity full_rate(const Bandwidth& bandwidth) {
    return static_cast<Capacity>(Wide{to_ns(bandwidth.quota)} * kOneCpu / to_ns(bandwidth.period));
  }

  /// One process uses one CPU at the most, whatever its weight.
  void remark_narrow_shares() {
    std::vector<std::int64_t> part(draft_.plan.groups.size(), kMillion);  // of the machine
    for (std::size_t i = 1; i < draft_.plan.groups.size(); ++i) {
      const PlannedGroup& group = draft_.plan.groups[i];
      part[i] = static_cast<std::int64_t>(Wide{part[*group.parent]} * group.share_asked / kMillion);
      const bool wide =
          part[i] * draft_.scenario.machine.cpus > kMillion && draft_.capacity[i] > kOneCpu;
      if (group.leaf && wide) {
        draft_.note(
            Note::Kind::kRemark, group.path,
            "its share is more than one CPU: with fewer threads than that the weights do not bind, "
            "and it gets a CPU for each");
      }
    }
  }

  PlanDraft& draft_;
};

}  // namespace

void divide_shares(PlanDraft& draft) { Division(draft).run(); }

}  // namespace sharesim::cgroup
