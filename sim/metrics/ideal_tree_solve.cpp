// The incremental ideal: what freezes, what thaws, and who must be told.

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/metrics/ideal_tree.hpp"

namespace sharesim::ideal {

void TreeSolver::account(ItemId id, std::int64_t units) {
  const Item& item = items_[id];
  Group& g = groups_[item.parent];
  g.total += units * item.ceiling;
  if (item.mode == Mode::kFrozen) {
    g.frozen += units * item.ceiling;
  } else {
    g.following += units * item.weight;
  }
}

/// An item that can use all its group ever has cannot freeze before the group does.
void TreeSolver::deposit(ItemId id) {
  account(id, items_[id].units);
  const Item& item = items_[id];
  Group& g = groups_[item.parent];
  if (item.ceiling >= g.limit) return;
  if (item.mode == Mode::kFrozen) {
    g.to_thaw.set(id, -item.frozen_level, places_);
  } else {
    g.to_freeze.set(id, item.frozen_level, places_);
  }
}

void TreeSolver::withdraw(ItemId id) {
  const std::int64_t units = items_[id].units;
  account(id, -units);
  Group& g = groups_[items_[id].parent];
  (items_[id].mode == Mode::kFrozen ? g.to_thaw : g.to_freeze).erase(id, places_);
}

void TreeSolver::set_mode(ItemId id, Mode mode, Time now) {
  if (is_group(id)) {
    settle(id, now);
    if (mode == Mode::kFrozen) forget_interval(id);
    mark_dirty(id);
  } else {
    settle_item(id, now);
  }
  withdraw(id);
  items_[id].mode = mode;
  deposit(id);
}

void TreeSolver::mark_dirty(GroupId group) {
  if (groups_[group].dirty) return;
  groups_[group].dirty = true;
  Group& parent = groups_[items_[group].parent];
  groups_[group].next_dirty = std::exchange(parent.first_dirty, group);
}

/// One task more or less with demand in a class.
void TreeSolver::update_units(ItemId id, bool arrives, Time now) {
  Item& item = items_[id];
  settle(item.parent, now);
  if (item.units == (arrives ? 0U : 1U)) {
    settle_item(id, now);
    if (arrives) {
      item.units = 1;
      item.mode = Mode::kFollows;
      deposit(id);
    } else {
      withdraw(id);
      item.units = 0;
      item.mode = Mode::kIdle;
    }
  } else {
    item.units += arrives ? 1U : ~0U;
    account(id, arrives ? 1 : -1);
  }
  climb(item.parent, now);
}

void TreeSolver::update_group_item(GroupId group, Ceiling ceiling, Time now) {
  Item& item = items_[group];
  settle(item.parent, now);
  if (item.mode != Mode::kIdle) withdraw(group);
  set_ceiling(group, ceiling);
  item.units = ceiling > 0 ? 1 : 0;
  if (ceiling == 0) {
    forget_interval(group);
    item.mode = Mode::kIdle;
  } else {
    if (item.mode == Mode::kIdle || ceiling >= groups_[item.parent].limit) {
      item.mode = Mode::kFollows;
    }
    deposit(group);
  }
  mark_dirty(group);
}

/// The items of `group`, which is settled, have changed: carries that up as far as it goes, and
/// solves from there down.
void TreeSolver::climb(GroupId group, Time now) {
  GroupId top = group;
  while (top != kRoot) {
    const Ceiling ceiling = std::min(groups_[top].limit, groups_[top].total);
    if (ceiling == items_[top].ceiling) break;
    update_group_item(top, ceiling, now);
    top = items_[top].parent;
  }
  if (top == kRoot) {
    Item& root = items_[kRoot];
    const Ceiling ceiling = std::min(groups_[kRoot].limit, groups_[kRoot].total);
    if (ceiling != root.ceiling) set_ceiling(kRoot, ceiling);
    root.mode = root.ceiling > 0 ? Mode::kFrozen : Mode::kIdle;
    solve(kRoot, 0, now);
    return;
  }
  solve(top, level(items_[top].parent), now);
  for (GroupId g = items_[top].parent; items_[g].mode == Mode::kFollows; g = items_[g].parent) {
    store_interval(g, level(items_[g].parent));
  }
}

// ---- solving

/// Finds what is frozen in `group` and below, now that the level of its parent is `parent_level`.
void TreeSolver::solve(GroupId group, double parent_level, Time now) {
  settle(group, now);
  Group& g = groups_[group];
  const Item& item = items_[group];
  const bool frozen = item.mode == Mode::kFrozen;
  const bool all_satisfied =
      item.ceiling == g.total &&
      (frozen || static_cast<double>(item.weight) * parent_level >= to_cpus(g.total) * kNearlyAll);
  if (all_satisfied) freeze_all(group, now);
  const bool all_frozen = all_satisfied && g.following == 0;
  const double own_level = all_frozen ? 0 : fill(group, parent_level, now);
  if (frozen || g.following == 0) {
    g.gain = 0;
    g.drain = -own_level;
  } else {
    const auto following = static_cast<double>(g.following);
    g.gain = static_cast<double>(item.weight) / following;
    g.drain = g.frozen == 0 ? 0 : to_cpus(g.frozen) / following;
  }
  solve_children(group, own_level, now);
  if (item.mode == Mode::kFollows) store_interval(group, parent_level);
}

void TreeSolver::freeze_all(GroupId group, Time now) {
  Group& g = groups_[group];
  while (!g.to_freeze.empty()) set_mode(g.to_freeze.first_id(), Mode::kFrozen, now);
}

double TreeSolver::level_of_fill(GroupId group, double parent_level) const {
  const Group& g = groups_[group];
  const Item& item = items_[group];
  const auto following = static_cast<double>(g.following);
  if (item.mode == Mode::kFrozen) {
    return static_cast<double>(item.ceiling - g.frozen) /
           (static_cast<double>(kCpuCeiling) * following);
  }
  return (static_cast<double>(item.weight) * parent_level - to_cpus(g.frozen)) / following;
}

/// Thaws and freezes items until those that follow are just those with a higher frozen_level than
/// the level; returns the level.
double TreeSolver::fill(GroupId group, double parent_level, Time now) {
  Group& g = groups_[group];
  if (g.total == 0) return 0;
  while (!g.to_thaw.empty() &&
         (g.following == 0 || level_of_fill(group, parent_level) < -g.to_thaw.first_key())) {
    set_mode(g.to_thaw.first_id(), Mode::kFollows, now);
  }
  double own_level = level_of_fill(group, parent_level);
  while (!g.to_freeze.empty() && g.to_freeze.first_key() < own_level) {
    const ItemId id = g.to_freeze.first_id();
    // The rate is less than all items could use: one must follow, whatever rounding says.
    if (items_[id].units * items_[id].weight == g.following) break;
    set_mode(id, Mode::kFrozen, now);
    own_level = level_of_fill(group, parent_level);
  }
  return own_level;
}

/// Only those child groups in which something may change.
void TreeSolver::solve_children(GroupId group, double own_level, Time now) {
  Group& g = groups_[group];
  while (g.first_dirty != kNone) {
    const GroupId child = g.first_dirty;
    g.first_dirty = groups_[child].next_dirty;
    groups_[child].dirty = false;
    solve(child, own_level, now);
  }
  // Each child solved leaves an interval that contains own_level.
  while (!g.rising.empty() && g.rising.first_key() < own_level) {
    solve(g.rising.first_id(), own_level, now);
  }
  while (!g.falling.empty() && -g.falling.first_key() > own_level) {
    solve(g.falling.first_id(), own_level, now);
  }
}

void TreeSolver::forget_interval(GroupId group) {
  Group& parent = groups_[items_[group].parent];
  parent.rising.erase(group, rising_places_);
  parent.falling.erase(group, falling_places_);
}

/// Leaves with the parent the interval of its level, around the present one, in which nothing
/// freezes or thaws in `group`.
void TreeSolver::store_interval(GroupId group, double parent_level) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  const Group& g = groups_[group];
  double highest = kInfinite;
  if (!g.to_freeze.empty()) highest = g.to_freeze.first_key();
  if (!g.rising.empty()) highest = std::min(highest, g.rising.first_key());
  double lowest = -kInfinite;
  if (!g.to_thaw.empty()) lowest = -g.to_thaw.first_key();
  if (!g.falling.empty()) lowest = std::max(lowest, -g.falling.first_key());

  const auto level_of_parent = [&](double own_level) {
    return (own_level * static_cast<double>(g.following) + to_cpus(g.frozen)) /
           static_cast<double>(items_[group].weight);
  };
  Group& parent = groups_[items_[group].parent];
  if (highest < kInfinite) {
    const double key = std::max(level_of_parent(highest), parent_level);
    parent.rising.set(group, key, rising_places_);
  } else {
    parent.rising.erase(group, rising_places_);
  }
  if (lowest > -kInfinite) {
    const double key = std::min(level_of_parent(lowest), parent_level);
    parent.falling.set(group, -key, falling_places_);
  } else {
    parent.falling.erase(group, falling_places_);
  }
}

}  // namespace sharesim::ideal
