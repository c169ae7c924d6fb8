// Generalized processor sharing: the fluid ideal as a run of its own.

#include <string>
#include <string_view>

#include "sim/registry.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Generalized processor sharing (Parekh and Gallager: "A generalized processor sharing approach to
flow control in integrated services networks", IEEE/ACM Transactions on Networking 1(3), 1993).

  rate of i:  w_i / (sum of the w_j that have demand) x CPU, all at once, at every instant
  guarantee:  W_i / w_i >= W_j / w_j  over any interval in which i has demand
  ceilings:   one CPU for a task, quota / period for a cap: who would get more is cut to it, and the
              rest is shared out again (weighted max-min, level by level down the tree)

Good at: being the yardstick. No task waits, lag is 0, no weight is rounded to slices.
Not good at: existing. A CPU serves one task at a time; every real scheduler approximates this row.
Cost: O(log n) to change rates, O(n) to find the next burst that is complete; 100 bytes per task.
Differs: the paper has one server and no groups. Costs of the machine (context switches, wakeups,
  migrations), its tick and policies of single groups have no meaning here and are left out; a cap
  limits the rate at once instead of throttling, so there is no throttled time. There are no runs:
  schedule.csv stays empty, and switches and decisions are 0.
)";

SchedulerInfo info() {
  return {.name = "gps",
          .summary = "the fluid ideal: everybody at once, each at its exact share (the reference)",
          .paper = "Parekh, Gallager, IEEE/ACM ToN 1993",
          .cost = "O(n) per change of demand",
          .scopes = {Scope::kGlobal},
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kFluid,
          .parameters = {},
          .explanation = std::string(kExplanation)};
}

const Registration<void> kRegistration{info()};

}  // namespace
}  // namespace sharesim
