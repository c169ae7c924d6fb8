#include <string>
#include <string_view>
#include <vector>

#include "sim/core/units.hpp"
#include "sim/scenario/loading.hpp"

namespace sharesim {
namespace {

/// Longer ticks and costs are mistakes of a unit.
constexpr DurationRange kMachineTime{ns(0), std::chrono::seconds(10)};

void read_time(Loading& loading, const Fields& fields, std::string_view key, Duration& value) {
  if (const auto at = fields.find(key)) {
    value = read_duration(loading.problems, *at, kMachineTime).value_or(value);
  }
}

void read_switch(Loading& loading, const Fields& fields, std::string_view key, bool& value) {
  if (const auto at = fields.find(key)) value = read_flag(loading.problems, *at).value_or(value);
}

/// One of two words; whether it is the second.
bool read_second(Loading& loading, const Fields& fields, std::string_view key,
                 const std::vector<std::string>& words) {
  const auto at = fields.find(key);
  if (!at) return false;
  const auto text = read_text(loading.problems, *at, word_list(words));
  if (!text || *text == words[0]) return false;
  if (*text == words[1]) return true;
  loading.problems.add(*at, in_quotes(*text) + " is not a choice" + spelling_hint(*text, words),
                       word_list(words));
  return false;
}

void read_balancer(Loading& loading, const At& at, BalancerSpec& balancer) {
  const Fields fields(loading.problems, at, {"policy", "wake_idle", "steal", "interval"});
  if (read_second(loading, fields, "policy", {"simple", "linux"})) {
    balancer.policy = BalancerPolicy::kLinux;
    for (const char* other : {"wake_idle", "steal", "interval"}) {
      if (const auto given = fields.find(other)) {
        loading.problems.add_key(*given, "does not go with policy: linux", "policy: simple");
      }
    }
  }
  read_switch(loading, fields, "wake_idle", balancer.wake_idle);
  read_switch(loading, fields, "steal", balancer.steal);
  read_time(loading, fields, "interval", balancer.interval);
}

void read_tick_phase(Loading& loading, const Fields& fields, MachineSpec& machine) {
  const auto at = fields.find("tick_phase");
  if (!at) return;
  const auto phase = read_duration(loading.problems, *at, kMachineTime);
  if (!phase) return;
  if (*phase > Duration::zero() && *phase >= machine.tick) {
    const bool ticks = machine.tick > Duration::zero();
    loading.problems.add(*at, to_text(*phase) + " is not less than the tick",
                         ticks ? "less than " + to_text(machine.tick) : "with a tick only");
    return;
  }
  machine.tick_phase = *phase;
}

}  // namespace

void read_machine(Loading& loading, const At& at) {
  MachineSpec& machine = loading.scenario.machine;
  const Fields fields(loading.problems, at,
                      {"cpus", "tick", "tick_phase", "context_switch", "wakeup", "migration",
                       "bandwidth_slice", "group_shares", "balancer"});
  if (const auto cpus = fields.find("cpus")) {
    const auto count = read_integer(loading.problems, *cpus, 1, kMaxCpus);
    // After a mistake every CPU is taken to exist: one complaint is enough.
    machine.cpus = static_cast<CpuId>(count.value_or(kMaxCpus));
  }
  read_time(loading, fields, "tick", machine.tick);
  read_tick_phase(loading, fields, machine);
  read_time(loading, fields, "context_switch", machine.context_switch);
  read_time(loading, fields, "wakeup", machine.wakeup);
  read_time(loading, fields, "migration", machine.migration);
  read_time(loading, fields, "bandwidth_slice", machine.bandwidth_slice);
  if (read_second(loading, fields, "group_shares", {"demand", "linux"})) {
    machine.group_shares = GroupShares::kLinux;
  }
  if (const auto balancer = fields.find("balancer")) {
    read_balancer(loading, *balancer, machine.balancer);
  }
  loading.machine_cpus = CpuSet::first(machine.cpus);
}

}  // namespace sharesim
