// Linux's schedulers. None is proved of them, and none is near: what is known are attacks.

#include "sim/search/bound_rules.hpp"

namespace sharesim {
namespace {

Verdict none_for_cfs(const Rivals&, const SchedulerChoice&) {
  return unbounded("who sleeps often gets the sleeper's bonus each time, and no slice is proved");
}

Verdict none_for_linux_eevdf(const Rivals&, const SchedulerChoice&) {
  return unbounded(
      "the proof is of eevdf for tasks that come and go without lag; here lag is kept, clamped and "
      "decayed");
}

}  // namespace

std::vector<BoundRule> bounds_of_linux() {
  return {{"cfs", none_for_cfs, none_for_cfs},
          {"linux_eevdf", none_for_linux_eevdf, none_for_linux_eevdf}};
}

}  // namespace sharesim
