#include "sim/search/attack_workload.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "sim/core/check.hpp"
#include "sim/core/error.hpp"
#include "sim/core/units.hpp"
#include "sim/scenario/loading.hpp"
#include "sim/scenario/override.hpp"
#include "sim/scenario/parse_document.hpp"
#include "sim/scenario/source.hpp"
#include "sim/scenario/write_document.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;

Node scalar(std::string key, std::string text) {
  Node node;
  node.kind = Node::Kind::kScalar;
  node.key = std::move(key);
  node.text = std::move(text);
  return node;
}

void erase(Node& map, std::string_view key) {
  std::erase_if(map.items, [key](const Node& item) { return item.key == key; });
}
void replace(Node& map, const std::string& key, std::string text) {
  const auto found = std::find_if(map.items.begin(), map.items.end(),
                                  [&](const Node& item) { return item.key == key; });
  if (found != map.items.end()) {
    *found = scalar(key, std::move(text));
  } else {
    map.items.push_back(scalar(key, std::move(text)));
  }
}

/// The value under `key`, which is there.
Node& at(Node& map, std::string_view key) {
  const auto found = std::find_if(map.items.begin(), map.items.end(),
                                  [&](const Node& item) { return item.key == key; });
  check(found != map.items.end(), "what the loader has read is in the document");
  return *found;
}
/// The entry of a list of groups or tasks that has this name.
Node& named(Node& list, const std::string& name) {
  const auto found = std::find_if(list.items.begin(), list.items.end(), [&](const Node& entry) {
    const Node* const other = entry.find("name");
    return other != nullptr && other->text == name;
  });
  check(found != list.items.end(), "what the loader has read is in the document");
  return *found;
}

Node& group_entry(Node& root, const Scenario& scenario, GroupId group) {
  if (group == kRoot) return root;
  const GroupSpec& spec = scenario.groups[group];
  return named(at(group_entry(root, scenario, spec.parent), "groups"), spec.name);
}

Node do_list(const std::vector<Leg>& legs) {
  Node list;
  list.kind = Node::Kind::kList;
  list.key = "do";
  for (const Leg& leg : legs) {
    Node step;
    step.kind = Node::Kind::kMap;
    step.items.push_back(
        scalar(leg.kind == Step::Kind::kRun ? "run" : "sleep", to_text(leg.length)));
    list.items.push_back(std::move(step));
  }
  return list;
}

/// Files that the workload names lie beside it; from `folder` they have another name.
void move_files(Node& node, const std::string& file, const fs::path& folder) {
  if ((node.key == "replay" || node.key == "empirical") && node.kind == Node::Kind::kScalar) {
    const fs::path target = fs::absolute(beside(file, node.text)).lexically_normal();
    node.text = target.lexically_proximate(fs::absolute(folder).lexically_normal()).string();
    node.quoted = true;
  }
  for (Node& item : node.items) move_files(item, file, folder);
}

std::string commented(const std::string& text) {
  std::string lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines += line.empty() ? "#\n" : "# " + line + "\n";
  return lines;
}

bool changes_weight_of(const Scenario& scenario, const TaskSpec& task) {
  const auto names = [&](EntityRef entity) {
    return entity.is_task() && entity.id >= task.first && entity.id - task.first < task.instances();
  };
  return std::any_of(scenario.events.begin(), scenario.events.end(), [&](const auto& event) {
    return event.weight && std::any_of(event.entities.begin(), event.entities.end(), names);
  });
}

}  // namespace

AttackWorkload::AttackWorkload(const std::string& file, const std::vector<Override>& overrides)
    : file_(file) {
  if (file == "-") {
    throw InputError("the workload to attack cannot be standard input", "a file");
  }
  std::string text;
  if (const auto problem = read_source(file, text)) throw InputError({*problem});
  scenario_ = parse_scenario(text, file, overrides);
  // It is without mistakes, or we would not be here.
  Problems problems(file, {});
  document_ = *parse_document(text, 0, problems);
  for (const Override& change : overrides) apply_override(document_, change, 0, problems);
  problems.throw_if_any();
}

void AttackWorkload::set_attacker(std::size_t spec) {
  spec_ = spec;
  prepared_.clear();
}

void AttackWorkload::check_splits(std::uint32_t count) const {
  if (count == 1) return;
  const TaskSpec& task = attacker();
  std::string why;
  if (task.count > 1) why = "it has several instances already";
  if (task.nice) why = "its weight is a nice value, which has no parts";
  if (task.idle) why = "it is idle, and that has no parts";
  if (task.cap) why = "it has a cap, of which each would have a whole one";
  if (!task.hints.empty()) why = "it has hints, of which each would have a whole one";
  if (changes_weight_of(scenario_, task)) why = "an event changes its weight";
  if (!why.empty()) {
    throw InputError("the attacker '" + task.name + "' cannot become several: " + why,
                     "one attacker");
  }
}

std::vector<std::uint32_t> AttackWorkload::splits(std::uint32_t most) const {
  const Weight weight = attacker().weight / kWeightUnit;
  std::vector<std::uint32_t> counts;
  for (std::uint32_t count = 1; count <= most && count <= weight; ++count) {
    if (count == 1 || weight % count == 0) counts.push_back(count);
  }
  if (counts.empty()) counts.push_back(1);
  return counts;
}

Node AttackWorkload::document_under(const Attack& attack) const {
  Node root = document_;
  erase(root, "expect");
  const TaskSpec& spec = attacker();
  Node& task = named(at(group_entry(root, scenario_, spec.group), "tasks"), spec.name);
  for (const std::string& key : behaviour_keys()) erase(task, key);
  if (attack.attackers > 1) {
    replace(task, "count", std::to_string(attack.attackers));
    replace(task, "weight", std::to_string(spec.weight / kWeightUnit / attack.attackers));
  }
  if (attack.phase > Duration::zero()) replace(task, "start", to_text(spec.start + attack.phase));
  const std::vector<Leg> steps = steps_of(attack, scenario_.duration);
  if (!steps.empty()) task.items.push_back(do_list(steps));
  return root;
}

void AttackWorkload::prepare(std::uint32_t attackers) {
  if (prepared_.size() <= attackers) prepared_.resize(attackers + 1);
  if (prepared_[attackers]) return;
  Attack hog;
  hog.attackers = attackers;
  prepared_[attackers] =
      std::make_shared<const Scenario>(parse_scenario(write_document(document_under(hog)), file_));
}

std::shared_ptr<const Scenario> AttackWorkload::under(const Attack& attack) const {
  check(attack.attackers < prepared_.size() && prepared_[attack.attackers],
        "the number of attackers is prepared");
  auto scenario = std::make_shared<Scenario>(*prepared_[attack.attackers]);
  TaskSpec& task = scenario->tasks[spec_];
  task.start += attack.phase;
  task.behaviour = behaviour_of(attack, scenario->duration);
  return scenario;
}

std::string AttackWorkload::text_under(const Attack& attack, const std::string& comment,
                                       const std::string& expect, const fs::path& folder) const {
  Node root = document_under(attack);
  move_files(root, file_, folder);
  std::string text = commented(comment) + write_document(root);
  if (!expect.empty()) text += "expect:\n  - " + expect + "\n";
  return text;
}

}  // namespace sharesim
