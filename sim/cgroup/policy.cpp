#include "sim/cgroup/policy.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sharesim::cgroup {
namespace {

struct Row {
  std::string_view name;
  Mapping mapping;
  std::string_view reason;
};

constexpr std::array kRows{
    Row{"bvt", Mapping::kWeights,
        "the warp: no file lets a group borrow virtual time; nearest is a smaller sched_runtime "
        "(sched_setattr) of its tasks, since Linux 6.12"},
    Row{"credit", Mapping::kCredit,
        "credit beyond one quota (cpu.max.burst <= quota, in a period of 1 s at the longest), nor "
        "that "
        "its holders go first, nor that what one leaves goes to the others: a cap is a cap"},
    Row{"drr", Mapping::kWeights, "the quantum: the kernel's slice is one for the whole machine"},
    Row{"dwrr", Mapping::kWeights, "the rounds: the kernel balances load between CPUs instead"},
    Row{"eevdf", Mapping::kWeights,
        "the lengths of requests: a group has no slice; its tasks have sched_runtime "
        "(sched_setattr), since Linux 6.12"},
    Row{"fifo", Mapping::kNone,
        "running until one blocks is a task's own policy, not a group's: chrt --fifo 1 COMMAND"},
    Row{"gps", Mapping::kWeights, "everybody at once: the kernel divides time in slices"},
    Row{"gr3", Mapping::kWeights, "its order: the kernel goes by virtual time and deadline"},
    Row{"hardcap", Mapping::kShares,
        "the order within a period; the kernel hands quota to CPUs in slices of 5 ms"},
    Row{"lottery", Mapping::kWeights,
        "the luck of the draw: the kernel shares by weight without variance"},
    Row{"priority", Mapping::kNone,
        "strict priority is a task's own policy, not a group's: chrt --rr 1..99 COMMAND; groups "
        "know "
        "one step below all others, cpu.idle"},
    Row{"rr", Mapping::kEqual, "the turns: the kernel goes by virtual time and deadline"},
    Row{"scfq", Mapping::kWeights, "its order: the kernel goes by virtual time and deadline"},
    Row{"sedf", Mapping::kWeights,
        "budgets by deadline: a task has them as SCHED_DEADLINE (chrt --deadline), a group does "
        "not"},
    Row{"sfq", Mapping::kWeights, "its order: the kernel goes by virtual time and deadline"},
    Row{"sfs", Mapping::kWeights,
        "the readjusted weights: on several CPUs the kernel balances load instead"},
    Row{"stride", Mapping::kWeights, "its order: the kernel goes by virtual time and deadline"},
    Row{"stride_tree", Mapping::kWeights,
        "its order: the kernel goes by virtual time and deadline"},
    Row{"vtrr", Mapping::kWeights, "its order: the kernel goes by virtual time and deadline"},
    Row{"wf2q", Mapping::kWeights, "its lag bound: the kernel's is that of its own slice"},
    Row{"wf2q_plus", Mapping::kWeights, "its lag bound: the kernel's is that of its own slice"},
    Row{"wfq", Mapping::kWeights, "its lag bound: the kernel's is that of its own slice"},
    Row{"xen_credit", Mapping::kWeights,
        "BOOST, and the credit that is counted at ticks: the kernel counts to the ns"},
    Row{"xen_credit2", Mapping::kWeights,
        "the credit and its resets: the kernel keeps lag instead"},
};

PolicyMapping mapping_by_claims(const SchedulerInfo& info) {
  if (info.name.starts_with("linux_")) {
    return {Mapping::kWeights, ""};
  }
  if (info.claims.has(Claim::kCapped)) {
    return {Mapping::kNone,
            "it holds each one to a bound that only it knows; hardcap has one that the kernel can "
            "hold"};
  }
  if (info.claims.has(Claim::kWeightBlind)) {
    return {Mapping::kEqual, "all but equal shares: the kernel has its own order"};
  }
  if (info.claims.has(Claim::kProportional)) {
    return {Mapping::kWeights, "all but shares by weight: the kernel has its own order"};
  }
  return {Mapping::kNone,
          "it does not promise shares by weight, and the kernel's groups know nothing else"};
}

}  // namespace

PolicyMapping mapping_of(const SchedulerInfo& info) {
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&](const Row& known) { return known.name == info.name; });
  if (row == kRows.end()) return mapping_by_claims(info);
  return {row->mapping, std::string(row->reason)};
}

std::string loss_of_parameter(const SchedulerInfo& info, const ParameterInfo& parameter) {
  const Mapping mapping = mapping_of(info).mapping;
  const bool used =
      (mapping == Mapping::kShares && parameter.name == "period") ||
      (mapping == Mapping::kCredit && (parameter.name == "limit" || parameter.name == "rate"));
  if (used) return "";
  if (parameter.name == "slice" || parameter.name == "quantum") {
    return "the kernel's slice is one for the whole machine (base_slice_ns in "
           "/sys/kernel/debug/sched)";
  }
  return "the kernel has no file for it";
}

}  // namespace sharesim::cgroup
