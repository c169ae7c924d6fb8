#include <fmt/format.h>

#include "sim/output/emit.hpp"

namespace sharesim {
namespace {

using cgroup::Step;

/// Groups and values hold nothing that a shell knows (letters, digits, '.', '_', '-', '/', ',', '+',
/// blanks), so that quotes are enough.
constexpr const char* kUsage = R"sh(#
# sh FILE            make the groups and set their values
# sh FILE undo       remove them again; they must hold no processes (controllers stay enabled)
# PREFIX=DIR sh FILE ...   in a copy of the file system below DIR
set -eu
prefix=${PREFIX:-}
)sh";

constexpr const char* kFunctions = R"sh(
make() {
  mkdir "$1"
}

# set_value FILE VALUE: the kernel clamps or ignores some values, so each is read back.
set_value() {
  printf '%s\n' "$2" >"$1"
  if [ "$(cat "$1")" != "$2" ]; then
    echo "$1 reads '$(cat "$1")' and not '$2'" >&2
    return 1
  fi
}

hand_down() {
  printf '%s\n' "$2" >"$1"
}

undo() {
)sh";

constexpr const char* kBegin = R"sh(}

if [ "${1:-}" = undo ]; then
  undo
  exit
fi
if [ -z "$prefix" ] && [ -d /run/systemd/system ]; then
  echo "systemd owns the groups of this machine: use --emit systemd, or sharesim apply" >&2
  exit 3
fi
for tree in $trees; do
  if [ -e "$tree/$top" ]; then
    echo "$tree/$top is there already: sh $0 undo" >&2
    exit 1
  fi
done
# All or nothing.
trap '[ $? = 0 ] || { echo "taking everything back" >&2; undo 2>/dev/null; }' EXIT
)sh";

std::string folder(const Step& step) {
  return fmt::format("\"$tree{}/{}\"", step.tree, step.group);
}

std::string file(const Step& step) {
  const std::string below = step.group.empty() ? "" : step.group + "/";
  return fmt::format("\"$tree{}/{}{}\"", step.tree, below, file_name(step.knob));
}

}  // namespace

std::vector<EmittedFile> emit_shell(const cgroup::Plan& plan, const cgroup::Hierarchy& facts) {
  std::string trees = fmt::format("top={}\n", plan.top);
  std::string all;
  for (std::size_t i = 0; i < facts.trees.size(); ++i) {
    trees += fmt::format("tree{}=$prefix{}\n", i, facts.trees[i].root);
    all += fmt::format("{}$tree{}", i == 0 ? "" : " ", i);
  }
  trees += fmt::format("trees=\"{}\"\n", all);
  std::string body;
  std::string undo;
  for (const cgroup::Step& step : plan.steps) {
    if (step.initial) continue;
    switch (step.kind) {
      case cgroup::Step::Kind::kMake:
        body += fmt::format("make {}\n", folder(step));
        undo.insert(0, fmt::format("  rmdir {} || true\n", folder(step)));
        break;
      case cgroup::Step::Kind::kEnable:
        body += fmt::format("hand_down {} {}\n", file(step), step.value);
        break;
      case cgroup::Step::Kind::kWrite:
        body += fmt::format("set_value {} '{}'\n", file(step), step.value);
        break;
      case cgroup::Step::Kind::kMove:
        body += fmt::format("echo {} >{}\n", step.value, file(step));
        break;
    }
  }
  return {{plan.top + ".sh", "#!/bin/sh\n" + notes_as_comment(plan) + kUsage + trees + kFunctions +
                                 undo + kBegin + body}};
}

}  // namespace sharesim
