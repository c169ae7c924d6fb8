#include "tests/support/fake_cgroup.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <sstream>

#include "sim/cgroup/values.hpp"
#include "sim/core/cpu_set.hpp"

namespace sharesim::test {

using cgroup::Controller;
using cgroup::Got;
using cgroup::Knob;
using cgroup::Version;

namespace {

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A number in a range, or the errno that the kernel has for it.
int check_number(const std::string& text, std::int64_t least, std::int64_t most, int beyond) {
  const auto value = number(text);
  if (!value) return EINVAL;
  return *value < least || *value > most ? beyond : 0;
}

std::int64_t number_in(FakeGroup& group, Knob knob) {
  return number(group.files[knob]).value_or(-1);
}

class FakeDirectory final : public cgroup::Directory {
 public:
  FakeDirectory(FakeTree& tree, std::shared_ptr<FakeGroup> group)
      : tree_(tree), group_(std::move(group)) {}

  Got<std::unique_ptr<Directory>> open(const std::string& child) override {
    if (group_->removed) return {nullptr, ENOENT};
    const auto found = group_->children.find(child);
    if (found == group_->children.end()) return {nullptr, ENOENT};
    return {std::make_unique<FakeDirectory>(tree_, found->second), 0};
  }
  Got<std::unique_ptr<Directory>> again() override {
    return {std::make_unique<FakeDirectory>(tree_, group_), 0};
  }
  int make(const std::string& child) override {
    if (!cgroup::is_group_name(child)) return EINVAL;
    if (const int error = refused()) return error;
    return tree_.make_child(*group_, child);
  }
  int remove(const std::string& child) override {
    if (!cgroup::is_group_name(child)) return EINVAL;
    if (const int error = refused()) return error;
    return FakeTree::remove_child(*group_, child);
  }
  Got<std::vector<std::string>> children() override {
    std::vector<std::string> names;
    for (const auto& [name, child] : group_->children) names.push_back(name);
    return {names, 0};
  }
  Got<std::string> read(Knob knob) override {
    if (group_->removed) return {"", ENODEV};
    return tree_.read(*group_, knob);
  }
  int write(Knob knob, std::string_view value) override {
    if (group_->removed) return ENODEV;
    if (const int error = refused()) return error;
    return tree_.write(*group_, knob, std::string(value));
  }
  int may_write(Knob knob) override { return tree_.read(*group_, knob).error; }
  int descriptor() const override { return -1; }

 private:
  int refused() const { return tree_.before_change ? tree_.before_change() : 0; }

  FakeTree& tree_;
  std::shared_ptr<FakeGroup> group_;
};

class FakeProcess final : public cgroup::Process {
 public:
  FakeProcess(FakeMachine& machine, pid_t pid) : machine_(machine), pid_(pid) {}
  pid_t pid() const override { return pid_; }
  std::uint64_t start() const override {
    const auto known = machine_.starts.find(pid_);
    return known != machine_.starts.end() ? known->second
                                          : 1'000 + static_cast<std::uint64_t>(pid_);
  }
  bool alive() const override { return machine_.find(pid_).ok(); }
  bool kernel_thread() const override {
    const auto& threads = machine_.kernel_threads;
    return std::count(threads.begin(), threads.end(), pid_) > 0;
  }
  Got<std::string> group_in(const std::string& mount_point) const override {
    const auto index = static_cast<std::size_t>(mount_point.back() - '0');
    return where(machine_.trees[index]->root(), "");
  }

 private:
  Got<std::string> where(const FakeGroup& group, const std::string& path) const {
    if (std::count(group.processes.begin(), group.processes.end(), pid_) > 0) return {path, 0};
    for (const auto& [name, child] : group.children) {
      auto found = where(*child, path.empty() ? name : path + "/" + name);
      if (found.ok()) return found;
    }
    return {"", ENOENT};
  }

  FakeMachine& machine_;
  const pid_t pid_;
};

void print(const FakeGroup& group, const std::string& path, std::string& text) {
  text += path + "\n";
  for (const auto& [knob, value] : group.files) {
    text += "  " + std::string(file_name(knob)) + "=" + value + "\n";
  }
  for (const pid_t pid : group.processes) text += "  pid " + std::to_string(pid) + "\n";
  for (const auto& [name, child] : group.children) print(*child, path + "/" + name, text);
}

}  // namespace

FakeTree::FakeTree(Version version, std::vector<Controller> controllers, bool real_root)
    : version_(version),
      controllers_(std::move(controllers)),
      real_root_(real_root),
      root_(std::make_shared<FakeGroup>()) {
  refresh_files(*root_);
}

std::unique_ptr<cgroup::Directory> FakeTree::open_root() {
  return std::make_unique<FakeDirectory>(*this, root_);
}

FakeGroup& FakeTree::make(const std::string& path) {
  FakeGroup* group = root_.get();
  std::istringstream parts(path);
  for (std::string part; std::getline(parts, part, '/');) {
    if (group->children.count(part) == 0) make_child(*group, part);
    group = group->children.at(part).get();
  }
  return *group;
}

FakeGroup* FakeTree::find(const std::string& path) {
  FakeGroup* group = root_.get();
  std::istringstream parts(path);
  for (std::string part; std::getline(parts, part, '/');) {
    const auto child = group->children.find(part);
    if (child == group->children.end()) return nullptr;
    group = child->second.get();
  }
  return group;
}

bool FakeTree::has(const FakeGroup& group, Controller controller) const {
  const bool here = std::count(controllers_.begin(), controllers_.end(), controller) > 0;
  if (!here) return false;
  if (version_ == Version::kV1) return true;
  if (group.parent == nullptr) return !real_root_;
  const auto control = group.parent->files.find(Knob::kSubtreeControl);
  return control != group.parent->files.end() &&
         cgroup::has_word(control->second, name_of(controller));
}

/// The files that come and go with controllers; what is new has its default.
void FakeTree::refresh_files(FakeGroup& group) {
  const auto keep = [&](Knob knob, bool wanted, const std::string& value) {
    if (wanted) {
      group.files.try_emplace(knob, value);
    } else {
      group.files.erase(knob);
    }
  };
  const bool v2 = version_ == Version::kV2;
  const bool cpu = has(group, Controller::kCpu);
  const bool cpuset = has(group, Controller::kCpuset);
  keep(Knob::kProcs, true, "");
  keep(Knob::kSubtreeControl, v2, "");
  keep(Knob::kType, v2 && !(real_root_ && group.parent == nullptr), "domain");
  keep(Knob::kCpuIdle, cpu, "0");
  keep(Knob::kCpuStat, true, "usage_usec 0");
  keep(Knob::kCpuWeight, v2 && cpu, "100");
  keep(Knob::kCpuMax, v2 && cpu, "max 100000");
  keep(Knob::kCpuMaxBurst, v2 && cpu, "0");
  keep(Knob::kCpuShares, !v2 && cpu, "1024");
  keep(Knob::kCfsPeriod, !v2 && cpu, "100000");
  keep(Knob::kCfsQuota, !v2 && cpu, "-1");
  keep(Knob::kCfsBurst, !v2 && cpu, "0");
  keep(Knob::kCpuacctUsage, !v2 && has(group, Controller::kCpuacct), "0");
  const bool top = group.parent == nullptr;
  keep(Knob::kCpusetCpus, cpuset, !v2 && top ? online : "");
  keep(Knob::kCpusetMems, cpuset, !v2 && top ? "0" : "");
  for (const auto& [name, child] : group.children) refresh_files(*child);
}

int FakeTree::make_child(FakeGroup& group, const std::string& name) {
  if (group.removed) return ENOENT;
  if (group.children.count(name) > 0) return EEXIST;
  auto child = std::make_shared<FakeGroup>();
  child->parent = &group;
  refresh_files(*child);
  group.children.emplace(name, std::move(child));
  return 0;
}

int FakeTree::remove_child(FakeGroup& group, const std::string& name) {
  const auto found = group.children.find(name);
  if (found == group.children.end()) return ENOENT;
  if (!found->second->children.empty() || !found->second->processes.empty()) return EBUSY;
  found->second->removed = true;
  group.children.erase(found);
  return 0;
}

Got<std::string> FakeTree::read(FakeGroup& group, Knob knob) {
  if (knob == Knob::kProcs) {
    std::string text;
    for (const pid_t pid : group.processes)
      text += (text.empty() ? "" : "\n") + std::to_string(pid);
    return {text, 0};
  }
  if (knob == Knob::kControllers && version_ == Version::kV2) {
    std::string text;
    for (const Controller controller : controllers_) text += std::string(name_of(controller)) + " ";
    return {text, 0};
  }
  const bool v2 = version_ == Version::kV2;
  const Knob effective = v2 ? Knob::kCpusetCpusEffective : Knob::kCpusetEffectiveCpus;
  const bool has_cpuset =
      std::count(controllers_.begin(), controllers_.end(), Controller::kCpuset) > 0;
  if (knob == effective && has_cpuset) {
    const auto all = *CpuSet::parse(online);
    for (FakeGroup* at = &group; at != nullptr; at = at->parent) {
      const auto wish = at->files.find(Knob::kCpusetCpus);
      if (wish == at->files.end() || wish->second.empty()) continue;
      return {(*CpuSet::parse(wish->second) & all).to_string(), 0};
    }
    return {online, 0};
  }
  const auto file = group.files.find(knob);
  if (file == group.files.end()) return {"", ENOENT};
  return {file->second, 0};
}

int FakeTree::set_subtree_control(FakeGroup& group, const std::string& words) {
  std::string now = group.files[Knob::kSubtreeControl];
  std::istringstream stream(words);
  for (std::string word; stream >> word;) {
    const std::string name = word.substr(1);
    const bool known =
        std::any_of(controllers_.begin(), controllers_.end(),
                    [&](Controller controller) { return name_of(controller) == name; });
    if (word[0] != '+' && word[0] != '-') return EINVAL;
    const bool handed_down = group.parent == nullptr ||
                             cgroup::has_word(group.parent->files[Knob::kSubtreeControl], name);
    if (!known || !handed_down) return ENOENT;
    if (word[0] == '+') {
      const bool exempt = real_root_ && group.parent == nullptr;
      if (!exempt && !group.processes.empty()) return EBUSY;
      if (!cgroup::has_word(now, name)) now += (now.empty() ? "" : " ") + name;
      continue;
    }
    for (const auto& [child_name, child] : group.children) {
      if (cgroup::has_word(child->files[Knob::kSubtreeControl], name)) return EBUSY;
    }
    std::istringstream names(now);
    std::string left;
    for (std::string other; names >> other;) {
      if (other != name) left += (left.empty() ? "" : " ") + other;
    }
    now = left;
  }
  group.files[Knob::kSubtreeControl] = now;
  refresh_files(group);
  return 0;
}

int FakeTree::move(FakeGroup& group, const std::string& text) {
  const auto pid = number(text);
  if (!pid) return EINVAL;
  if (std::count(living.begin(), living.end(), static_cast<pid_t>(*pid)) == 0) return ESRCH;
  const bool inner = version_ == Version::kV2 && !group.files[Knob::kSubtreeControl].empty() &&
                     !(real_root_ && group.parent == nullptr);
  if (inner) return EBUSY;
  if (version_ == Version::kV1 && has(group, Controller::kCpuset) &&
      (group.files[Knob::kCpusetCpus].empty() || group.files[Knob::kCpusetMems].empty())) {
    return ENOSPC;
  }
  const auto leave = [&](auto& self, FakeGroup& from) -> void {
    std::erase(from.processes, static_cast<pid_t>(*pid));
    for (const auto& [name, child] : from.children) self(self, *child);
  };
  leave(leave, *root_);
  group.processes.push_back(static_cast<pid_t>(*pid));
  std::sort(group.processes.begin(), group.processes.end());
  return 0;
}

int FakeTree::set_cap(FakeGroup& group, Knob knob, const std::string& value) {
  constexpr std::int64_t kLeast = 1'000;
  constexpr std::int64_t kMostPeriod = 1'000'000;
  constexpr std::int64_t kMostQuota = (std::int64_t{1} << 44) - 1;
  if (knob == Knob::kCpuMax) {
    std::istringstream words(value);
    std::string quota;
    std::string period;
    words >> quota >> period;
    if (period.empty()) period = group.files[knob].substr(group.files[knob].find(' ') + 1);
    if (check_number(period, kLeast, kMostPeriod, EINVAL) != 0) return EINVAL;
    if (quota != "max") {
      if (check_number(quota, kLeast, kMostQuota, EINVAL) != 0) return EINVAL;
      if (*number(quota) < number_in(group, Knob::kCpuMaxBurst)) return EINVAL;
    }
    group.files[knob] = quota + " " + period;
    return 0;
  }
  if (knob == Knob::kCpuMaxBurst || knob == Knob::kCfsBurst) {
    if (check_number(value, 0, kMostQuota, EINVAL) != 0) return EINVAL;
    const std::string quota =
        knob == Knob::kCpuMaxBurst
            ? group.files[Knob::kCpuMax].substr(0, group.files[Knob::kCpuMax].find(' '))
            : group.files[Knob::kCfsQuota];
    const auto most = number(quota);
    if (most && *most >= 0 && *number(value) > *most) return EINVAL;
    group.files[knob] = value;
    return 0;
  }
  // Version 1: quota and period by themselves; no child's ratio above its parent's.
  const auto wanted = number(value);
  if (!wanted) return EINVAL;
  const std::int64_t quota = knob == Knob::kCfsQuota ? *wanted : number_in(group, Knob::kCfsQuota);
  const std::int64_t period =
      knob == Knob::kCfsPeriod ? *wanted : number_in(group, Knob::kCfsPeriod);
  if (period < kLeast || period > kMostPeriod) return EINVAL;
  if (quota >= 0 && (quota < kLeast || quota < number_in(group, Knob::kCfsBurst))) return EINVAL;
  for (FakeGroup* above = group.parent; quota >= 0 && above != nullptr; above = above->parent) {
    const std::int64_t top = number_in(*above, Knob::kCfsQuota);
    if (top >= 0 && quota * number_in(*above, Knob::kCfsPeriod) > top * period) return EINVAL;
  }
  group.files[knob] = *wanted < 0 ? "-1" : value;
  return 0;
}

int FakeTree::set_cpus(FakeGroup& group, Knob knob, const std::string& value) {
  const auto cpus = value.empty() ? CpuSet{} : CpuSet::parse(value);
  if (!cpus) return EINVAL;
  if (value.empty() && !group.processes.empty()) return ENOSPC;
  if (knob == Knob::kCpusetCpus && !cpus->subset_of(CpuSet::first(8))) return ERANGE;
  if (version_ == Version::kV1 && group.parent != nullptr) {
    const auto above = CpuSet::parse(group.parent->files[knob]);
    if (!value.empty() && (!above || !cpus->subset_of(*above))) return EACCES;
  }
  group.files[knob] = cpus->to_string();
  return 0;
}

int FakeTree::write(FakeGroup& group, Knob knob, const std::string& value) {
  if (group.files.count(knob) == 0) return ENOENT;
  switch (knob) {
    case Knob::kProcs:
      return move(group, value);
    case Knob::kSubtreeControl:
      return set_subtree_control(group, value);
    case Knob::kCpuWeight:
      if (group.files[Knob::kCpuIdle] == "1") return EINVAL;
      if (const int error = check_number(value, 1, 10'000, ERANGE)) return error;
      group.files[knob] = value;
      return 0;
    case Knob::kCpuShares: {
      if (group.parent == nullptr || group.files[Knob::kCpuIdle] == "1") return EINVAL;
      const auto shares = number(value);
      if (!shares) return EINVAL;
      group.files[knob] = std::to_string(std::clamp<std::int64_t>(*shares, 2, 262'144));
      return 0;
    }
    case Knob::kCpuIdle:
      if (const int error = check_number(value, 0, 1, EINVAL)) return error;
      if (group.files[knob] == value) return 0;
      group.files[knob] = value;
      group.files[version_ == Version::kV2 ? Knob::kCpuWeight : Knob::kCpuShares] =
          value == "1"               ? "0"
          : version_ == Version::kV2 ? "100"
                                     : "1024";
      return 0;
    case Knob::kCpuMax:
    case Knob::kCpuMaxBurst:
    case Knob::kCfsQuota:
    case Knob::kCfsPeriod:
    case Knob::kCfsBurst:
      return set_cap(group, knob, value);
    case Knob::kCpusetCpus:
    case Knob::kCpusetMems:
      return set_cpus(group, knob, value);
    default:
      return EINVAL;
  }
}

std::string FakeTree::to_string() const {
  std::string text;
  print(*root_, "", text);
  return text;
}

FakeMachine::FakeMachine(Version version, bool real_root) : version_(version) {
  if (version == Version::kV2) {
    trees.push_back(std::make_unique<FakeTree>(
        version, std::vector{Controller::kCpu, Controller::kCpuset}, real_root));
  } else {
    for (const Controller controller :
         {Controller::kCpu, Controller::kCpuacct, Controller::kCpuset}) {
      trees.push_back(std::make_unique<FakeTree>(version, std::vector{controller}, true));
    }
  }
}

cgroup::Machine FakeMachine::open() {
  cgroup::Machine machine;
  std::vector<cgroup::Tree> facts;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    machine.roots.push_back(trees[i]->open_root());
    machine.mounts.push_back(trees[i]->open_root());
    const std::string place = "/fake/" + std::to_string(i);
    std::vector<Controller> controllers;
    if (version_ == Version::kV1) controllers = trees[i]->controllers();
    facts.push_back({controllers, place, place});
  }
  machine.facts = cgroup::read_facts(version_, std::move(facts), machine.roots);
  machine.facts.cpus = *CpuSet::parse(trees.back()->online);
  machine.facts.mems = "0";
  return machine;
}

void FakeMachine::start(pid_t pid) {
  for (const auto& tree : trees) {
    tree->living.push_back(pid);
    tree->root().processes.push_back(pid);
    std::sort(tree->root().processes.begin(), tree->root().processes.end());
  }
}

void FakeMachine::end(pid_t pid) {
  const auto leave = [pid](auto& self, FakeGroup& from) -> void {
    std::erase(from.processes, pid);
    for (const auto& [name, child] : from.children) self(self, *child);
  };
  for (const auto& tree : trees) {
    std::erase(tree->living, pid);
    leave(leave, tree->root());
  }
}

std::string FakeMachine::to_string() const {
  std::string text;
  for (const auto& tree : trees) text += tree->to_string();
  return text;
}

void FakeMachine::before_each_change(const std::function<int(std::size_t)>& hook) {
  *changes_ = 0;
  for (const auto& tree : trees) {
    tree->before_change = [hook, changes = changes_] { return hook((*changes)++); };
  }
}

Got<std::unique_ptr<cgroup::Process>> FakeMachine::find(pid_t pid) {
  const auto& living = trees.front()->living;
  const bool there = std::count(living.begin(), living.end(), pid) > 0 ||
                     std::count(kernel_threads.begin(), kernel_threads.end(), pid) > 0 || pid == 1;
  if (!there) return {nullptr, ESRCH};
  return {std::make_unique<FakeProcess>(*this, pid), 0};
}

}  // namespace sharesim::test
