#include "sim/cgroup/caps.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/core/units.hpp"

namespace sharesim::cgroup {
namespace {

using Wide = __int128;

// Ranges of cpu.max (kernel/sched/core.c: max_cfs_quota_period, min_cfs_quota_period).
constexpr std::int64_t kLeastUs = 1'000;
constexpr std::int64_t kMostPeriodUs = 1'000'000;
constexpr std::int64_t kMostQuotaUs = (std::int64_t{1} << 44) - 1;
constexpr std::int64_t kNsPerUs = 1'000;

std::int64_t to_us(Duration d) { return (to_ns(d) + kNsPerUs / 2) / kNsPerUs; }
Duration from_us(std::int64_t us) { return ns(us * kNsPerUs); }

void add(std::string& text, const std::string& more) {
  if (!text.empty()) text += "; ";
  text += more;
}

/// quota / period (ns, both > 0) with both in their ranges.
CapInKernel in_range(Wide quota, Wide period) {
  CapInKernel result;
  const Wide least = Wide{kLeastUs} * kNsPerUs;
  const Wide longest = Wide{kMostPeriodUs} * kNsPerUs;
  const Wide before = period;
  const auto stretch_to = [&](Wide new_period) {
    quota = (2 * quota * new_period + period) / (2 * period);
    period = new_period;
  };
  if (period < least) stretch_to(least);
  if (period > longest) stretch_to(longest);
  if (quota < least) stretch_to(std::min(longest, (period * least + quota - 1) / quota));
  KernelCap cap;
  cap.period_us = static_cast<std::int64_t>((period + kNsPerUs / 2) / kNsPerUs);
  cap.quota_us =
      static_cast<std::int64_t>(std::min<Wide>((quota + kNsPerUs / 2) / kNsPerUs, kMostQuotaUs));
  if (cap.quota_us < kLeastUs) {
    result.refused =
        "less than 0.1 % of a CPU: the kernel's least quota is 1 ms in its longest period, 1 s";
    return result;
  }
  if (period != before) {
    add(result.lost,
        fmt::format(
            "a period of {} is not the kernel's (1 ms to 1 s, with a quota of 1 ms at least): "
            "{} in {} is the same rate",
            to_text(ns(static_cast<std::int64_t>(before))), to_text(from_us(cap.quota_us)),
            to_text(from_us(cap.period_us))));
  } else if (cap.quota_us * kNsPerUs != quota || cap.period_us * kNsPerUs != period) {
    add(result.lost, "rounded to whole microseconds");
  }
  result.cap = cap;
  return result;
}

void set_burst(CapInKernel& result, Duration wanted, std::string_view of) {
  if (!result.cap || wanted <= Duration::zero()) return;
  const std::int64_t us = to_us(wanted);
  KernelCap& cap = *result.cap;
  cap.burst_us = std::min(us, cap.quota_us);
  if (us <= cap.quota_us) return;
  add(result.lost,
      fmt::format(
          "of {} of {} the kernel keeps {}, because a burst is at most one quota: {} are lost{}",
          to_text(from_us(us)), of, to_text(from_us(cap.burst_us)),
          to_text(from_us(us - cap.burst_us)),
          cap.period_us < kMostPeriodUs ? " (a longer period, up to 1 s, keeps more)" : ""));
}

}  // namespace

CapInKernel kernel_cap(const Bandwidth& bandwidth) {
  if (!bandwidth.holds()) {
    CapInKernel none;
    none.lost =
        "a machine with unlimited credits is not held back, so that no cap is set; what it owes is "
        "not counted";
    return none;
  }
  if (!bandwidth.credits) {
    CapInKernel result = in_range(to_ns(bandwidth.quota), to_ns(bandwidth.period));
    set_burst(result, bandwidth.burst, "saved quota");
    return result;
  }
  const Wide quota = Wide{to_ns(bandwidth.quota)} * kOneCpu / to_ns(bandwidth.period);
  CapInKernel result = kernel_cap(static_cast<Capacity>(quota), from_us(kMostPeriodUs),
                                  bandwidth.quota + bandwidth.burst);
  const Duration start = bandwidth.credits->balance + bandwidth.credits->launch;
  if (start > Duration::zero()) {
    add(result.lost,
        fmt::format("the {} credits that it starts with: a group starts with one quota",
                    credits_text(start)));
  }
  return result;
}

CapInKernel kernel_cap(Capacity rate, Duration period, Duration saved) {
  CapInKernel result;
  const Wide quota = Wide{rate} * to_ns(period) / kOneCpu;
  if (quota == 0) {
    result.refused = "less than 0.1 % of a CPU";
    return result;
  }
  result = in_range(quota, to_ns(period));
  set_burst(result, saved, "saved credit");
  return result;
}

Capacity rate_of(const KernelCap& cap) {
  return static_cast<Capacity>(Wide{cap.quota_us} * kOneCpu / cap.period_us);
}

}  // namespace sharesim::cgroup
