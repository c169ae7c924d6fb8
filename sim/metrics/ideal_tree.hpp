#pragma once
// The ideal where every task may run on every CPU: weighted max-min down the tree, kept up to date
// by touching only what a change touches.
//
// An item is a child of a group: a child group, or a class of tasks with the same weight and
// ceiling. In a group g of rate r, the items with demand follow its level L = (r - F) / W, where F
// is the rate of the frozen items and W the weight of the others; an item of weight w and ceiling m
// freezes when L exceeds m / w. The rate of g itself is either its ceiling (it is frozen) or its
// weight times the level of its parent.
//
//   the clock of g:  V(t) = integral of L;  a task that follows has got w (V(now) - V(joined))
//
// When a task leaves, its lag l is shared out by a jump of V by l / (W - w), which everything that
// follows V gets its part of without being touched.
//
// V of a group that follows is a linear function of V of its parent and of time, for as long as
// nothing freezes or thaws below it. So when the parent's level changes it need not be touched: it
// leaves with its parent the interval of levels for which that is true.
//
// On one CPU without caps nothing ever freezes before everything does. Then the tree is plain: all
// that is kept are W and V of each group.

#include <map>
#include <tuple>
#include <vector>

#include "sim/metrics/ideal_clock.hpp"
#include "sim/metrics/ideal_heap.hpp"
#include "sim/metrics/ideal_solver.hpp"

namespace sharesim::ideal {

class TreeSolver final : public Ideal::Solver {
 public:
  explicit TreeSolver(const Scenario& scenario);

  void arrive(TaskId task, Time now) override;
  void leave(TaskId task, double service_ns, Time now) override;
  void set_weight(EntityRef entity, Weight weight, Time now) override;
  void set_cap(EntityRef entity, const Bandwidth* cap, Time now) override;
  void set_affinity(EntityRef entity, const CpuSet& cpus, Time now) override;
  double service_ns(TaskId task, Time now) const override;
  double group_service_ns(GroupId group, Time now) const override;
  double rate(TaskId task) const override;
  double group_rate(GroupId group) const override;

 private:
  /// Groups are items 0 .. group count - 1 with their own ids; classes of tasks follow.
  using ItemId = std::uint32_t;
  static constexpr std::uint32_t kNone = KeyHeap::kNowhere;

  enum class Mode : std::uint8_t { kIdle, kFollows, kFrozen };

  struct Item {
    Weight weight = 0;  ///< of one unit
    GroupId parent = kRoot;
    std::uint32_t units = 0;  ///< tasks with demand; of a group: 1 if it has demand
    Mode mode = Mode::kIdle;
    std::uint32_t jump = 0;  ///< of a group: jumps_ at `since`
    Time since{};
    Sum base;                 ///< of a class: its clock, of a group: its service, at `since`
    Sum parent_clock;         ///< of the parent at `since`
    double frozen_level = 0;  ///< of the parent, at which this freezes: (nearly) ceiling / weight
    double frozen_pace = 0;   ///< of `base` while frozen
    Ceiling ceiling = 0;      ///< of one unit; of an idle group: 0
  };

  struct Group {
    // V(now) = start + gain x (V of the parent since Item::since) - drain x (now - Item::since)
    Sum start;
    double gain = 0;
    double drain = 0;
    mutable Sum cached;  ///< V at cached_at
    mutable Time cached_at = kNever;
    mutable std::uint32_t cached_jump = 0;  ///< jumps_ then

    Weight following = 0;  ///< sum of the weights of the units that follow
    Ceiling frozen = 0;    ///< sum of the ceilings of the units that are frozen
    Ceiling total = 0;     ///< of all units with demand
    Ceiling limit = 0;     ///< its own: the machine or its cap

    // Items that can freeze at all, that is with a ceiling below `limit`.
    KeyHeap to_freeze;  ///< those that follow, by level
    KeyHeap to_thaw;    ///< those frozen, by -level
    // Child groups that follow, by the level at which something in them changes.
    KeyHeap rising;   ///< above which it freezes or thaws
    KeyHeap falling;  ///< below which, negated

    std::uint32_t first_dirty = kNone;  ///< list of the child groups to be solved after this one
    std::uint32_t next_dirty = kNone;
    bool dirty = false;
  };

  void add_plain_weight(GroupId group, Weight change, Time now);
  void end_plain(Time now);

  ItemId class_of(GroupId group, Weight weight, Ceiling ceiling);
  void quit(TaskId task, Time now);
  void rehome(TaskId task, ItemId to, Time now);
  void relist_items(GroupId group, Time now);

  bool is_group(ItemId item) const { return item < groups_.size(); }
  const Sum& clock(GroupId group, Time now) const;
  Sum item_clock(ItemId item, Time now) const;
  double level(GroupId group) const;
  void set_ceiling(ItemId item, Ceiling ceiling);
  void settle_item(ItemId item, Time now);
  void settle(GroupId group, Time now);
  Weight competing(GroupId group, ItemId besides) const;
  void share_out(ItemId left, double lag, Time now);
  void jump(GroupId group, double step, Time now);

  void account(ItemId item, std::int64_t units);
  void deposit(ItemId item);
  void withdraw(ItemId item);
  void set_mode(ItemId item, Mode mode, Time now);
  void mark_dirty(GroupId group);
  void forget_interval(GroupId group);
  void store_interval(GroupId group, double parent_level);

  void update_units(ItemId task_class, bool arrives, Time now);
  void update_group_item(GroupId group, Ceiling ceiling, Time now);
  void climb(GroupId group, Time now);
  void solve(GroupId group, double parent_level, Time now);
  void freeze_all(GroupId group, Time now);
  double fill(GroupId group, double parent_level, Time now);
  void solve_children(GroupId group, double own_level, Time now);
  double level_of_fill(GroupId group, double parent_level) const;

  std::vector<TaskAccount> tasks_;
  std::vector<Item> items_;
  std::vector<Group> groups_;
  KeyHeap::Places places_;          ///< of items in to_freeze or to_thaw
  KeyHeap::Places rising_places_;   ///< of groups
  KeyHeap::Places falling_places_;  ///< of groups
  std::map<std::tuple<GroupId, Weight, Ceiling>, ItemId> classes_;
  std::uint32_t jumps_ = 0;  ///< of any clock; tells apart the states of one instant
  bool plain_;               ///< nothing can freeze; classes have no clock but their group's
  CpuSet machine_;
  Ceiling machine_ceiling_;
};

}  // namespace sharesim::ideal
