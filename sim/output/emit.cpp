#include "sim/output/emit.hpp"

#include <optional>
#include <sstream>

#include <fmt/format.h>

#include "sim/core/check.hpp"
#include "sim/output/text.hpp"

namespace sharesim {

std::vector<std::string> emit_targets() { return {"systemd", "docker", "kubernetes", "shell"}; }

std::vector<EmittedFile> emit(const std::string& target, const cgroup::Plan& plan,
                              const cgroup::Hierarchy& facts,
                              const std::map<std::string, std::string>& units) {
  if (target == "systemd") return emit_systemd(plan, units);
  if (target == "docker") return emit_docker(plan);
  if (target == "kubernetes") return emit_kubernetes(plan);
  check(target == "shell", "a plan is emitted for a target that there is");
  return emit_shell(plan, facts);
}

std::string notes_as_comment(const cgroup::Plan& plan) {
  constexpr std::size_t kColumns = 96;
  std::string text =
      fmt::format("# {} under {}; made by sharesim plan --emit\n", plan.workload, plan.scheduler);
  for (const cgroup::Note& note : plan.notes) {
    const std::string paragraph = note.path.empty() ? note.text : note.path + ": " + note.text;
    std::istringstream lines(wrapped("Lost: " + paragraph, kColumns));
    if (note.kind == cgroup::Note::Kind::kRemark) lines.str(wrapped(paragraph, kColumns));
    for (std::string line; std::getline(lines, line);) text += "# " + line + '\n';
  }
  return text;
}

std::int64_t share_of_all(const cgroup::Plan& plan, std::size_t index) {
  constexpr std::int64_t kMillion = 1'000'000;
  __int128 share = kMillion;
  for (std::size_t i = index; plan.groups[i].parent; i = *plan.groups[i].parent) {
    share = share * plan.groups[i].share_asked / kMillion;
  }
  return static_cast<std::int64_t>(share);
}

const cgroup::KernelCap* tightest_cap(const cgroup::Plan& plan, std::size_t index) {
  const cgroup::KernelCap* cap = nullptr;
  for (std::optional<std::size_t> i = index; i; i = plan.groups[*i].parent) {
    const auto& own = plan.groups[*i].cap;
    if (!own) continue;
    const bool tighter =
        cap == nullptr || static_cast<__int128>(own->quota_us) * cap->period_us <
                              static_cast<__int128>(cap->quota_us) * own->period_us;
    if (tighter) cap = &*own;
  }
  return cap;
}

bool is_idle(const cgroup::Plan& plan, std::size_t index) {
  for (std::optional<std::size_t> i = index; i; i = plan.groups[*i].parent) {
    if (plan.groups[*i].idle) return true;
  }
  return false;
}

}  // namespace sharesim
