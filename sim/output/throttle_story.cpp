// Why a group is throttled, in sentences.

#include <string>

#include <fmt/format.h>

#include "sim/core/units.hpp"
#include "sim/output/text.hpp"
#include "sim/output/throttle_report.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kColumns = 100;

/// `part` of `whole` in CPUs, with two decimals at most: "0.79 CPUs", "1 CPU".
std::string cpus_text(Duration part, Duration whole) {
  std::string text =
      fmt::format("{:.2f}", static_cast<double>(to_ns(part)) / static_cast<double>(to_ns(whole)));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + (text == "1" ? " CPU" : " CPUs");
}

std::string name_of(const ThrottleReport& report) {
  return printable(report.scenario->groups[report.group].path);
}

std::string limit_text(const ThrottleReport& report) {
  const Bandwidth& cap = report.cap;
  std::string text =
      fmt::format("{} may use {} of CPU time in each {}, which is {} on average", name_of(report),
                  to_text(cap.quota), to_text(cap.period), cpus_text(cap.quota, cap.period));
  if (cap.burst > Duration::zero()) {
    text += fmt::format(", and keep {} that it has not used for later", to_text(cap.burst));
  }
  if (report.cap_changes)
    text += " at first (the cap changes in mid-run, so no other one was tried)";
  return text;
}

/// How the quota of the worst period went.
std::string worst_text(const ThrottleReport& report) {
  const ThrottlePeriod& worst = *report.summary.worst;
  const std::string when =
      fmt::format("In the worst period, from {} on,", human(worst.begin - kStart));
  if (!worst.used_from || !worst.first_held || *worst.used_from >= *worst.first_held) {
    return fmt::format("{} it waited {} without having run at all.", when, human(worst.throttled));
  }
  const Duration burnt_in = *worst.first_held - *worst.used_from;
  const std::string who =
      worst.at_once > 1
          ? fmt::format("its tasks ran on {}{} CPUs at once and burned",
                        worst.at_once == report.scenario->machine.cpus ? "all " : "up to ",
                        worst.at_once)
          : std::string("it ran on one CPU at a time and burned");
  return fmt::format("{} {} {} of quota in {}, and then waited {}.", when, who, human(worst.used),
                     human(burnt_in), human(worst.throttled));
}

std::string stranded_text(const ThrottleReport& report) {
  const ThrottleSummary& summary = report.summary;
  if (summary.stranded_periods == 0) return "";
  return fmt::format(
      " At the end of {} of these periods quota was left, up to {}, that CPUs had fetched in "
      "slices of {} and not used.",
      human_count(summary.stranded_periods), human(summary.parked_most),
      to_text(report.scenario->machine.bandwidth_slice));
}

/// Whether the cap is too small on average, or only within periods.
std::string demand_text(const ThrottleReport& report) {
  if (!report.remedies || !report.remedies->uncapped) return "";
  const Duration elapsed = report.scenario->duration;
  const Duration wanted = report.remedies->uncapped->used;
  const __int128 limit =
      static_cast<__int128>(to_ns(report.cap.quota)) * to_ns(elapsed) / to_ns(report.cap.period);
  const std::string would =
      fmt::format(" Without the cap it would use {}", cpus_text(wanted, elapsed));
  if (to_ns(wanted) >= limit) {
    return would +
           ": it has more to do than its limit allows, so only a larger quota, or fewer tasks, can "
           "help.";
  }
  return would +
         ", which is less than its limit: but a cap counts within each period, not on average.";
}

}  // namespace

std::string throttle_story(const ThrottleReport& report) {
  const ThrottleSummary& summary = report.summary;
  std::string text = limit_text(report) + ". ";
  if (summary.throttled_periods == 0) {
    text += fmt::format(
        "It is never throttled: it used {} on average, and {} in its busiest period.",
        cpus_text(summary.used, std::max(summary.time, ns(1))), human(summary.used_most));
  } else {
    text +=
        fmt::format("It used {}, and was throttled in {} of {} periods, for {} in all. ",
                    cpus_text(summary.used, summary.time), human_count(summary.throttled_periods),
                    human_count(summary.periods), human(summary.throttled));
    text += worst_text(report) + stranded_text(report) + demand_text(report);
  }
  if (!report.above.empty()) {
    text += fmt::format(" {} above it is throttled as well: --group {} explains that.",
                        printable(report.above), printable(report.above));
  }
  if (!report.complete) text += " (The run was interrupted; this is what it had shown until then.)";
  return wrapped(text, kColumns);
}

}  // namespace sharesim
