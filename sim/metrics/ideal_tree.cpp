#include "sim/metrics/ideal_tree.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/check.hpp"

namespace sharesim::ideal {
TreeSolver::TreeSolver(const Scenario& scenario)
    : plain_(scenario.machine.cpus == 1),
      machine_(CpuSet::first(scenario.machine.cpus)),
      machine_ceiling_(scenario.machine.cpus * kCpuCeiling) {
  groups_.resize(scenario.groups.size());
  items_.resize(groups_.size());
  places_.resize(groups_.size(), kNone);
  rising_places_.resize(groups_.size(), kNone);
  falling_places_.resize(groups_.size(), kNone);
  for (GroupId g = 0; g < groups_.size(); ++g) {
    items_[g].parent = scenario.groups[g].parent;
    items_[g].weight = scenario.groups[g].weight;
    groups_[g].limit = ceiling_of(or_null(scenario.groups[g].cap), machine_ceiling_);
  }
  tasks_.resize(scenario.task_count());
  for (const TaskSpec& spec : scenario.tasks) {
    const ItemId item =
        class_of(spec.group, spec.weight, ceiling_of(or_null(spec.cap), kCpuCeiling));
    for (TaskId i = 0; i < spec.instances(); ++i) tasks_[spec.first + i].class_index = item;
  }
  const auto is_capped = [](const auto& spec) { return spec.cap.has_value(); };
  set_ceiling(kRoot, machine_ceiling_);
  plain_ = plain_ && std::none_of(scenario.groups.begin(), scenario.groups.end(), is_capped) &&
           std::none_of(scenario.tasks.begin(), scenario.tasks.end(), is_capped);
}

TreeSolver::ItemId TreeSolver::class_of(GroupId group, Weight weight, Ceiling ceiling) {
  const auto next = static_cast<ItemId>(items_.size());
  const auto [entry, is_new] = classes_.try_emplace({group, weight, ceiling}, next);
  if (is_new) {
    Item item;
    item.parent = group;
    item.weight = weight;
    items_.push_back(item);
    places_.push_back(kNone);
    set_ceiling(next, ceiling);
  }
  return entry->second;
}

// ---- changes

void TreeSolver::arrive(TaskId task, Time now) {
  TaskAccount& account = tasks_[task];
  check(!account.demand, "a task arrives in the ideal once");
  if (plain_) {
    Item& item = items_[account.class_index];
    account.join(clock(item.parent, now));
    ++item.units;
    add_plain_weight(item.parent, item.weight, now);
    return;
  }
  update_units(account.class_index, true, now);
  account.join(item_clock(account.class_index, now));
}

void TreeSolver::leave(TaskId task, double service_ns, Time now) {
  TaskAccount& account = tasks_[task];
  check(account.demand, "a task leaves the ideal after it has arrived");
  const ItemId id = account.class_index;
  account.leave(item_clock(id, now), static_cast<double>(items_[id].weight));
  const double lag = account.take_lag(service_ns);
  if (lag != 0) share_out(id, lag, now);
  quit(task, now);
}

/// The task's demand ends; its account has been closed.
void TreeSolver::quit(TaskId task, Time now) {
  const ItemId id = tasks_[task].class_index;
  Item& item = items_[id];
  if (plain_) {
    --item.units;
    add_plain_weight(item.parent, -item.weight, now);
  } else {
    update_units(id, false, now);
  }
}

/// The weight of those in `group` that compete with (one unit of) their sibling `besides`.
Weight TreeSolver::competing(GroupId group, ItemId besides) const {
  const Item& item = items_[besides];
  const bool follows = item.mode == Mode::kFollows || (plain_ && !is_group(besides));
  return groups_[group].following - (follows ? item.weight : 0);
}

/// Gives the lag of a task of class `left`, which still counts, to those that compete with it.
void TreeSolver::share_out(ItemId left, double lag, Time now) {
  ItemId from = left;
  GroupId group = items_[left].parent;
  Weight weight = competing(group, from);
  while (weight == 0) {
    settle(group, now);
    items_[group].base = items_[group].base.plus(-lag);
    if (group == kRoot) return;
    from = group;
    group = items_[from].parent;
    weight = competing(group, from);
  }
  jump(group, lag / static_cast<double>(weight), now);
  if (from != left) items_[from].parent_clock = clock(group, now);  // it gets nothing back
}

void TreeSolver::jump(GroupId group, double step, Time now) {
  settle(group, now);
  Group& g = groups_[group];
  g.start = g.start.plus(step);
  ++jumps_;
  items_[group].jump = jumps_;
  g.cached = g.start;
  g.cached_jump = jumps_;
}

/// In a plain tree: the weight of the children with demand changes.
void TreeSolver::add_plain_weight(GroupId group, Weight change, Time now) {
  Group& g = groups_[group];
  Item& item = items_[group];
  settle(group, now);
  g.following += change;
  if (group == kRoot) {
    item.mode = g.following > 0 ? Mode::kFrozen : Mode::kIdle;
    g.drain = g.following > 0 ? -1 / static_cast<double>(g.following) : 0;
    return;
  }
  if (g.following == 0 || g.following == change) {  // it has lost all demand, or had none
    item.mode = g.following > 0 ? Mode::kFollows : Mode::kIdle;
    add_plain_weight(item.parent, g.following > 0 ? item.weight : -item.weight, now);
  }
  g.gain =
      g.following > 0 ? static_cast<double>(item.weight) / static_cast<double>(g.following) : 0;
}

/// The first cap: from now on, all that the general case needs. All levels stay as they are, and
/// classes get clocks of their own, which begin as their groups'.
void TreeSolver::end_plain(Time now) {
  for (auto id = static_cast<ItemId>(groups_.size()); id < items_.size(); ++id) {
    settle_item(id, now);
  }
  plain_ = false;
  for (Group& g : groups_) g.following = 0;
  for (auto id = static_cast<ItemId>(items_.size() - 1); id > kRoot; --id) {
    Item& item = items_[id];
    if (is_group(id)) {  // its items, which have higher ids, are in its total
      set_ceiling(id, std::min(groups_[id].limit, groups_[id].total));
      item.units = item.mode == Mode::kIdle ? 0 : 1;
    } else if (item.units > 0) {
      item.mode = Mode::kFollows;
    }
    if (item.units > 0) deposit(id);
  }
}

void TreeSolver::rehome(TaskId task, ItemId to, Time now) {
  const bool demand = tasks_[task].demand;
  if (demand) {
    const ItemId from = tasks_[task].class_index;
    tasks_[task].leave(item_clock(from, now), static_cast<double>(items_[from].weight));
    quit(task, now);
  }
  tasks_[task].class_index = to;
  if (demand) arrive(task, now);
}

void TreeSolver::set_weight(EntityRef entity, Weight weight, Time now) {
  if (entity.is_task()) {
    const Item item = items_[tasks_[entity.id].class_index];
    rehome(entity.id, class_of(item.parent, weight, item.ceiling), now);
    return;
  }
  const GroupId group = entity.id;
  Item& item = items_[group];
  if (group == kRoot || item.mode == Mode::kIdle) {
    item.weight = weight;
    return;
  }
  settle(item.parent, now);
  settle(group, now);
  if (plain_) {
    groups_[group].gain =
        static_cast<double>(weight) / static_cast<double>(groups_[group].following);
    add_plain_weight(item.parent, weight - std::exchange(item.weight, weight), now);
    return;
  }
  withdraw(group);
  item.weight = weight;
  set_ceiling(group, item.ceiling);
  deposit(group);
  mark_dirty(group);
  climb(item.parent, now);
}

void TreeSolver::set_cap(EntityRef entity, const Bandwidth* cap, Time now) {
  if (plain_ && cap == nullptr) return;  // there is none to take away
  if (plain_) end_plain(now);
  if (entity.is_task()) {
    const Item item = items_[tasks_[entity.id].class_index];
    rehome(entity.id, class_of(item.parent, item.weight, ceiling_of(cap, kCpuCeiling)), now);
    return;
  }
  settle(entity.id, now);
  groups_[entity.id].limit = ceiling_of(cap, machine_ceiling_);
  relist_items(entity.id, now);
  climb(entity.id, now);
}

void TreeSolver::set_affinity(EntityRef, const CpuSet& cpus, Time) {
  check(machine_.subset_of(cpus), "an affinity is announced in the scenario");
}

/// Which items can freeze depends on the group's limit.
void TreeSolver::relist_items(GroupId group, Time now) {
  for (ItemId i = 1; i < items_.size(); ++i) {
    if (items_[i].parent == group && items_[i].mode != Mode::kIdle) {
      set_mode(i, Mode::kFollows, now);
    }
  }
}

// ---- answers

double TreeSolver::service_ns(TaskId task, Time now) const {
  const TaskAccount& account = tasks_[task];
  if (!account.demand) return account.base_high;
  const Item& item = items_[account.class_index];
  return account.base_high +
         account.earned(item_clock(account.class_index, now), static_cast<double>(item.weight));
}

double TreeSolver::group_service_ns(GroupId group, Time now) const {
  return item_clock(group, now).value();
}

double TreeSolver::rate(TaskId task) const {
  if (!tasks_[task].demand) return 0;
  const Item& item = items_[tasks_[task].class_index];
  return item.mode == Mode::kFrozen ? to_cpus(item.ceiling)
                                    : static_cast<double>(item.weight) * level(item.parent);
}

double TreeSolver::group_rate(GroupId group) const {
  const Item& item = items_[group];
  if (item.mode == Mode::kIdle) return 0;
  return item.mode == Mode::kFrozen ? to_cpus(item.ceiling)
                                    : static_cast<double>(item.weight) * level(item.parent);
}

// ---- clocks

const Sum& TreeSolver::clock(GroupId group, Time now) const {
  const Group& g = groups_[group];
  if (g.cached_at != now || g.cached_jump != jumps_) {
    const Item& item = items_[group];
    double step = -g.drain * ns_between(item.since, now);
    if (g.gain != 0) step += g.gain * clock(item.parent, now).since(item.parent_clock);
    g.cached = g.start.plus(step);
    g.cached_at = now;
    g.cached_jump = jumps_;
  }
  return g.cached;
}

Sum TreeSolver::item_clock(ItemId id, Time now) const {
  const Item& item = items_[id];
  if (plain_ && !is_group(id)) return clock(item.parent, now);
  if (item.mode == Mode::kFollows) {
    const double step = clock(item.parent, now).since(item.parent_clock);
    return item.base.plus(is_group(id) ? static_cast<double>(item.weight) * step : step);
  }
  if (item.mode == Mode::kIdle) return item.base;
  return item.base.plus(item.frozen_pace * ns_between(item.since, now));
}

double TreeSolver::level(GroupId group) const {
  const Group& g = groups_[group];
  return g.gain == 0 ? -g.drain : g.gain * level(items_[group].parent) - g.drain;
}

void TreeSolver::set_ceiling(ItemId id, Ceiling ceiling) {
  Item& item = items_[id];
  item.ceiling = ceiling;
  const double per_weight = to_cpus(ceiling) / static_cast<double>(item.weight);
  item.frozen_level = per_weight * kNearlyAll;
  item.frozen_pace = is_group(id) ? to_cpus(ceiling) : per_weight;
}

void TreeSolver::settle_item(ItemId id, Time now) {
  Item& item = items_[id];
  item.base = item_clock(id, now);
  item.since = now;
  if (id != kRoot) item.parent_clock = clock(item.parent, now);
}

/// To be called before anything that V of the group depends on changes at `now`.
void TreeSolver::settle(GroupId group, Time now) {
  Item& item = items_[group];
  if (item.since == now && item.jump == jumps_) return;
  groups_[group].start = clock(group, now);
  settle_item(group, now);
  item.jump = jumps_;
}

std::unique_ptr<Ideal::Solver> make_tree_solver(const Scenario& scenario) {
  return std::make_unique<TreeSolver>(scenario);
}

}  // namespace sharesim::ideal
