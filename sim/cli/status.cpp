// sharesim status: what the groups that apply made are doing.

#include "sim/cgroup/status.hpp"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "sim/cli/command.hpp"
#include "sim/cli/holder.hpp"
#include "sim/cli/real_request.hpp"
#include "sim/cli/unit_target.hpp"
#include "sim/core/units.hpp"
#include "sim/output/status_text.hpp"
#include "sim/wording.hpp"

namespace sharesim::cli {
namespace {

Duration read_interval(const Arguments& arguments, Mistakes& mistakes) {
  constexpr Duration kMost = std::chrono::hours(1);
  const std::string text = arguments.value("interval").value_or("1s");
  const auto interval = parse_duration(text);
  if (interval.value && *interval.value > Duration::zero() && *interval.value <= kMost) {
    return *interval.value;
  }
  add_mistake(mistakes, "--interval " + sharesim::quoted(text) + " is not a time to measure for",
              "more than 0s, up to 1h");
  return kMost;
}

/// What apply may have set: groups below a root, and units.
class Target {
 public:
  explicit Target(const std::string& root) {
    const Holder holder(root);
    if (!holder.absent()) {
      machine_ = cgroup::open_machine(holder.root(), holder.surroundings(), false);
    }
    if (root.empty() && UnitTarget::has_journal()) units_.emplace();
  }
  std::vector<cgroup::GroupStatus> read() {
    std::vector<cgroup::GroupStatus> all;
    if (machine_) all = cgroup::read_status(*machine_);
    if (!units_) return all;
    for (cgroup::GroupStatus& unit : units_->status()) all.push_back(std::move(unit));
    return all;
  }

 private:
  std::optional<cgroup::Machine> machine_;
  std::optional<UnitTarget> units_;
};

int status(const Arguments& arguments, Console& out) {
  Mistakes mistakes;
  if (!arguments.rest().empty()) add_mistake(mistakes, "status takes no workload");
  const std::string root = read_root(arguments, mistakes);
  const Duration interval = read_interval(arguments, mistakes);
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  Target target(root);
  const auto begin = std::chrono::steady_clock::now();
  const auto before = target.read();
  if (!before.empty()) std::this_thread::sleep_for(interval);
  const auto after = target.read();
  const Duration apart = std::chrono::steady_clock::now() - begin;
  out.write(status_text(before, after, apart));
  return static_cast<int>(ExitStatus::kFine);
}

}  // namespace

const Command& status_command() {
  static const Command kCommand{
      .name = "status",
      .summary =
          "show CPU use, throttling, weights and CPUs of the groups and units that apply set",
      .usage = "[--cgroup-root DIR] [--interval TIME]",
      .details = "CPU use is in CPUs (100 % is one), measured over the interval.\n",
      .examples =
          "sharesim status\n"
          "sharesim status --interval 10s\n"
          "sharesim status --cgroup-root /sys/fs/cgroup/mine\n",
      .options = {kRootOption, {"interval", 0, "TIME", "how long to measure (1s)"}},
      .run = status};
  return kCommand;
}

}  // namespace sharesim::cli
