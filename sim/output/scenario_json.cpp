#include "sim/output/scenario_json.hpp"

#include <string>
#include <utility>
#include <variant>

namespace sharesim {
namespace {

double weight_json(Weight weight) {
  return static_cast<double>(weight) / static_cast<double>(kWeightUnit);
}

Json cap_json(const std::optional<Bandwidth>& cap) {
  if (!cap) return nullptr;
  Json json{{"quota_ns", to_ns(cap->quota)},
            {"period_ns", to_ns(cap->period)},
            {"burst_ns", to_ns(cap->burst)}};
  if (cap->credits) {
    json["credits"] = {{"mode", cap->credits->unlimited ? "unlimited" : "standard"},
                       {"vcpus", cap->credits->vcpus},
                       {"balance_ns", to_ns(cap->credits->balance)},
                       {"launch_ns", to_ns(cap->credits->launch)}};
  }
  return json;
}

Json cpus_json(const std::optional<CpuSet>& cpus) {
  return cpus ? Json(cpus->to_string()) : Json(nullptr);
}

Json distribution_json(const Distribution& d) {
  using Kind = Distribution::Kind;
  switch (d.kind) {
    case Kind::kConstant:
      return {{"kind", "constant"}, {"value_ns", to_ns(d.a)}};
    case Kind::kExponential:
      return {{"kind", "exponential"}, {"mean_ns", to_ns(d.a)}};
    case Kind::kUniform:
      return {{"kind", "uniform"}, {"from_ns", to_ns(d.a)}, {"to_ns", to_ns(d.b)}};
    case Kind::kNormal:
      return {{"kind", "normal"}, {"mean_ns", to_ns(d.a)}, {"deviation_ns", to_ns(d.b)}};
    case Kind::kLognormal:
      return {{"kind", "lognormal"}, {"mean_ns", to_ns(d.a)}, {"deviation_ns", to_ns(d.b)}};
    case Kind::kPareto:
      return {{"kind", "pareto"}, {"smallest_ns", to_ns(d.a)}, {"shape", d.shape}};
    case Kind::kEmpirical:
      break;
  }
  return {{"kind", "empirical"},
          {"values", d.values ? d.values->size() : 0},
          {"mean_ns", to_ns(d.mean())}};
}

struct BehaviourJson {
  Json operator()(const RunForever&) const { return {{"kind", "run_forever"}}; }
  Json operator()(const Sequence& sequence) const {
    Json steps = Json::array();
    for (const Step& step : sequence.steps) {
      steps.push_back(
          {{step.kind == Step::Kind::kRun ? "run" : "sleep", distribution_json(step.length)}});
    }
    return {{"kind", "sequence"}, {"repeat", sequence.repeat}, {"do", std::move(steps)}};
  }
  Json operator()(const Periodic& periodic) const {
    return {{"kind", "periodic"},
            {"every_ns", to_ns(periodic.every)},
            {"run", distribution_json(periodic.run)}};
  }
  Json operator()(const Service& service) const {
    return {{"kind", "service"},
            {"gap", distribution_json(service.gap)},
            {"demand", distribution_json(service.demand)},
            {"workers", service.workers},
            {"queue", service.queue}};
  }
};

Json parameters_json(const std::vector<SchedulerChoice>& parameters) {
  Json json = Json::array();
  for (const SchedulerChoice& scheduler : parameters) json.push_back(scheduler.to_string());
  return json;
}

Json hints_json(const Hints& hints) {
  Json json = Json::object();
  for (const Hint& hint : hints) json[hint.name] = hint.text;
  return json;
}

Json machine_json(const MachineSpec& machine) {
  Json json{{"cpus", machine.cpus},
            {"tick_ns", to_ns(machine.tick)},
            {"tick_phase_ns", to_ns(machine.tick_phase)},
            {"context_switch_ns", to_ns(machine.context_switch)},
            {"wakeup_ns", to_ns(machine.wakeup)},
            {"migration_ns", to_ns(machine.migration)},
            {"bandwidth_slice_ns", to_ns(machine.bandwidth_slice)},
            {"balancer",
             {{"wake_idle", machine.balancer.wake_idle},
              {"steal", machine.balancer.steal},
              {"interval_ns", to_ns(machine.balancer.interval)}}}};
  if (machine.group_shares == GroupShares::kLinux) json["group_shares"] = "linux";
  if (machine.balancer.policy == BalancerPolicy::kLinux) json["balancer"] = {{"policy", "linux"}};
  return json;
}

Json group_json(const GroupSpec& group) {
  return {{"path", group.path},
          {"weight", weight_json(group.weight)},
          {"idle", group.idle},
          {"cap", cap_json(group.cap)},
          {"cpus", cpus_json(group.cpus)},
          {"hints", hints_json(group.hints)},
          {"scheduler", group.scheduler ? Json(group.scheduler->to_string()) : Json(nullptr)}};
}

Json task_json(const Scenario& scenario, const TaskSpec& task) {
  return {{"name", task.name},
          {"group", scenario.groups.at(task.group).path},
          {"weight", weight_json(task.weight)},
          {"nice", task.nice ? Json(*task.nice) : Json(nullptr)},
          {"idle", task.idle},
          {"count", task.count},
          {"start_ns", to_ns(task.start)},
          {"stop_ns", task.stop ? Json(to_ns(*task.stop)) : Json(nullptr)},
          {"cap", cap_json(task.cap)},
          {"cpus", cpus_json(task.cpus)},
          {"hints", hints_json(task.hints)},
          {"behaviour", std::visit(BehaviourJson{}, task.behaviour)}};
}

Json event_json(const Scenario& scenario, const ScenarioEvent& event) {
  Json json{{"at_ns", to_ns(event.at)}};
  for (const EntityRef entity : event.entities) {
    json["entities"].push_back(scenario.path_of(entity));
  }
  if (event.weight) json["weight"] = weight_json(*event.weight);
  if (event.cap) json["cap"] = cap_json(*event.cap);
  if (event.cpus) json["cpus"] = event.cpus->to_string();
  return json;
}

}  // namespace

Json scenario_json(const Scenario& scenario) {
  Json json{{"machine", machine_json(scenario.machine)},
            {"duration_ns", to_ns(scenario.duration)},
            {"record_tick_ns", to_ns(scenario.record_tick)},
            {"seed", scenario.seed},
            {"parameters", parameters_json(scenario.parameters)},
            {"groups", Json::array()},
            {"tasks", Json::array()},
            {"events", Json::array()}};
  for (const GroupSpec& group : scenario.groups) json["groups"].push_back(group_json(group));
  for (const TaskSpec& task : scenario.tasks) json["tasks"].push_back(task_json(scenario, task));
  for (const ScenarioEvent& event : scenario.events) {
    json["events"].push_back(event_json(scenario, event));
  }
  return json;
}

}  // namespace sharesim
