// The derivations. q is the slice, w a weight, v the victim, m any other task; all on one CPU.
//
// rr. Who wakes up or ends a slice goes to the tail: each other task is ahead once.
//   wait <= (n - 1) q
//
// sfq (after Goyal, Guo, Vin, OSDI 1996, theorem 1). While v waits with start tag S_v, only tasks
// with S_m <= S_v are served, and S_m never lies below virtual time, which was at least
// S_v - q / w_v when v last ran (or is S_v, if v has just woken up). So m gets at most w_m q / w_v
// before its last run and q in it, whether it sleeps in between or not.
//   wait <= sum over m of (q + q w_m / w_v)
// What attackers of weight w_a together, K of them, can get in a run of length D from tasks that
// always run: W_a / w_a <= W_m / w_m + K q / w_a + q / w_m for each of these (the same theorem,
// averaged over the attackers), and W_a + sum of W_m <= D, so that
//   W_a - D w_a / W <= (w_a / W) sum over m of q (1 + K w_m / w_a)
//
// credit. L is the limit, P the grant period, r_k what k earns of a CPU, d what a run may end below
// zero: q with debt=allowed, 0 with debt=limited. Nothing holds with debt=clamped.
//   turn: k, who holds c <= L, goes on until a run ends without credit. Before its last run it has
//     run for x and still holds credit: x < c + r_k (x + P), a grant being early by P at the most.
//       turn_k(c) = (c + r_k P) / (1 - r_k) + d       earn=not_running: c + d
//     and never more than all that was granted in the run, r_k D + d.
//   one other task: v waits for its turn, or for a run without credit (q) and the turn that begins
//     with the credit granted meanwhile, at most r (q + P).
//   several: v waits until it holds credit itself, which it may owe d of: k grants with
//     k = floor(d / (r_v P)) + 2 (one is under way, one may be put off by rounding); then it
//     stands in line, and each of the others is ahead of it for one turn.
//   pick=round_robin: the same with a slice for a turn.
//   pick=largest, one other task a: it stays ahead as long as it holds more than v,
//     c + r_a (x + P) - x > r_v (x - P) - d, or as long as v holds nothing, and a slice longer.
//   v never earns, and is the only such: it waits until all n others are out of credit; some may
//     owe d then, which the others had more:
//       (n L + R P + (n - 1) d) / (1 - R) + d with R the sum of their r

#include "sim/search/bounds.hpp"

#include <algorithm>
#include <numeric>

#include "sim/core/check.hpp"

namespace sharesim {
namespace {

__extension__ using Wide = __int128;

/// a / b, rounded up; a >= 0, b > 0.
Wide up(Wide a, Wide b) { return (a + b - 1) / b; }
Duration to_duration(Wide value) {
  return value >= to_ns(kForever) ? kForever : ns(static_cast<std::int64_t>(value));
}

struct Rival {
  Weight weight = 0;
  bool attacks = false;
};

/// Tasks that share one CPU and nothing else.
struct Rivals {
  Weight victim = 0;
  std::vector<Rival> others;
  Weight unit = 0;       ///< divides all weights; schedulers see them divided by it
  Weight attacking = 0;  ///< sum of the attackers' weights
  std::int64_t attackers = 0;
  std::int64_t tasks = 0;
  Weight total = 0;                ///< of all weights, the victim's too
  Duration run{};                  ///< how long it all lasts
  bool all_from_the_start = true;  ///< but for the attackers
  bool others_are_hogs = true;     ///< but for the attackers
};

bool is_plain(const Scenario& scenario) {
  const MachineSpec& machine = scenario.machine;
  const Duration costs = machine.tick + machine.context_switch + machine.wakeup + machine.migration;
  return machine.cpus == 1 && costs == Duration::zero() && scenario.groups.size() == 1 &&
         !scenario.groups.front().cap && scenario.events.empty() &&
         std::none_of(scenario.tasks.begin(), scenario.tasks.end(),
                      [](const TaskSpec& task) { return task.cap.has_value(); });
}

/// Who competes with `victim`, if it is nothing but tasks on one CPU.
std::optional<Rivals> rivals_of(const Scenario& scenario, const Sides& sides, EntityRef victim) {
  if (!is_plain(scenario)) return std::nullopt;
  Rivals rivals;
  rivals.run = scenario.duration;
  rivals.unit = scenario.groups.front().weight;
  for (const TaskSpec& task : scenario.tasks) {
    rivals.unit = std::gcd(rivals.unit, task.weight);
    for (TaskId id = task.first; id < task.first + task.instances(); ++id) {
      const EntityRef entity = EntityRef::task(id);
      const bool attacks = std::find(sides.attackers.begin(), sides.attackers.end(), entity) !=
                           sides.attackers.end();
      rivals.total += task.weight;
      ++rivals.tasks;
      if (attacks) {
        rivals.attacking += task.weight;
        ++rivals.attackers;
      } else {
        rivals.all_from_the_start &= task.start == Duration::zero() && !task.stop;
        rivals.others_are_hogs &= std::holds_alternative<RunForever>(task.behaviour);
      }
      if (entity == victim) {
        rivals.victim = task.weight;
      } else {
        rivals.others.push_back({task.weight, attacks});
      }
    }
    rivals.all_from_the_start &= !task.stop;
  }
  return rivals;
}

Bound rr_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  const auto others = static_cast<std::int64_t>(rivals.others.size());
  return {others * scheduler.duration("slice"), "a slice of each other task"};
}

Bound sfq_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  const Wide q = to_ns(scheduler.duration("slice"));
  Wide sum = 0;
  for (const Rival& other : rivals.others) sum += q + up(q * other.weight, rivals.victim);
  return {to_duration(sum), "slice x (1 + w / victim's w), over the other tasks"};
}

std::optional<Bound> sfq_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (!rivals.others_are_hogs || !rivals.all_from_the_start) return std::nullopt;
  const Wide q = to_ns(scheduler.duration("slice"));
  const Wide attackers = rivals.attackers;
  const Wide tasks = rivals.tasks;
  // (w_a / W) sum of q (1 + K w_m / w_a) = q (w_a (number of m) + K sum of w_m) / W
  const Wide hogs = tasks - attackers;
  const Wide sum = rivals.attacking * hogs + attackers * (rivals.total - rivals.attacking);
  return Bound{to_duration(up(q * sum, rivals.total)),
               "slice x (hogs x w + attackers x hogs' w) / sum of w"};
}

/// The credit scheduler's parameters, and its bounds.
class CreditBound {
 public:
  CreditBound(const Rivals& rivals, const SchedulerChoice& scheduler)
      : rivals_(rivals),
        q_(to_ns(scheduler.duration("slice"))),
        period_(to_ns(scheduler.duration("grant_period"))),
        limit_(to_ns(scheduler.duration("limit"))),
        rate_(scheduler.percent("rate")),
        earning_weight_(scheduler.integer("earning_weight")),
        earns_while_running_(scheduler.choice("earn") == "always"),
        debt_(scheduler.choice("debt") == "allowed" ? q_ : 0),
        pick_(scheduler.choice("pick")) {
    for (const Rival& other : rivals.others) {
      if (!earns(other.weight)) continue;
      earners_.push_back(other);
      earning_ += other.weight;
      if (other.attacks) attackers_earning_ += other.weight;
    }
    if (earns(rivals.victim)) earning_ += rivals.victim;
  }

  std::optional<Bound> wait() const {
    if (!rivals_.all_from_the_start || (rivals_.attacking > 0 && rivals_.others.empty())) {
      return std::nullopt;
    }
    if (!earns(rivals_.victim)) return wait_of_one_that_never_earns();
    if (pick_ == "round_robin") {
      const Wide slices = static_cast<Wide>(earners_.size()) * q_;
      return Bound{to_duration(until_credit() + slices),
                   "the grants that repay a slice + a slice of each other task"};
    }
    if (earners_.empty())
      return Bound{to_duration(until_credit()), "the grants that repay a slice"};
    const bool alone = rivals_.others.size() == 1;
    if (pick_ == "largest") {
      if (!alone) return std::nullopt;
      return Bound{to_duration(of_one([this](Wide c) { return lead(c); })),
                   "(limit + slice) / (1 - r + victim's r), and a slice"};
    }
    if (alone) {
      return Bound{
          to_duration(of_one([this](Wide c) { return turn(earners_.front(), c); })),
          earns_while_running_ ? "limit / (1 - r), a grant and a slice" : "limit, and a slice"};
    }
    Wide sum = until_credit();
    for (const Rival& other : earners_) sum += turn(other, limit_);
    return Bound{to_duration(sum), "limit / (1 - r) of each other task, and their slices"};
  }

 private:
  /// What a weight earns of a CPU, as a fraction.
  struct Rate {
    Wide part;
    Wide whole;
  };

  bool earns(Weight weight) const { return weight / rivals_.unit >= earning_weight_; }

  /// At the most: before the attackers come, the others share all that is granted.
  Rate most(const Rival& other) const {
    const Wide sharing = other.attacks ? earning_ : earning_ - attackers_earning_;
    return {Wide{rate_} * other.weight, Wide{kMillion} * sharing};
  }
  /// Of the victim, at the least.
  Rate least() const { return {Wide{rate_} * rivals_.victim, Wide{kMillion} * earning_}; }

  Wide turn(const Rival& other, Wide credit) const {
    const Rate r = most(other);
    const Wide granted = up(r.part * to_ns(rivals_.run), r.whole) + debt_;
    if (!earns_while_running_) return std::min(granted, credit + debt_);
    if (r.part >= r.whole) return granted;
    return std::min(granted, up(credit * r.whole + r.part * period_, r.whole - r.part) + 1 + debt_);
  }

  /// How long the only other task stays ahead of the victim with pick=largest.
  Wide lead(Wide credit) const {
    const Rate a = most(earners_.front());
    const Rate v = least();
    // With earn=not_running it earns nothing meanwhile.
    const Wide a_part = earns_while_running_ ? a.part : 0;
    const Wide whole = a.whole * v.whole;
    const Wide ahead = (credit + debt_) * whole + (a_part * v.whole + v.part * a.whole) * period_;
    const Wide closing = whole - a_part * v.whole + v.part * a.whole;
    return std::max(up(ahead, closing) + 1 + q_,
                    std::min(until_credit() + q_, turn(earners_.front(), credit)));
  }

  /// Until the victim, which may owe debt_, holds credit.
  Wide until_credit() const {
    const Rate r = least();
    return (debt_ * r.whole / (r.part * period_) + 2) * period_;
  }

  template <typename Burst>
  Wide of_one(const Burst& burst) const {
    const Rate r = most(earners_.front());
    const Wide granted = up(r.part * (q_ + period_), r.whole);
    return std::max(burst(limit_), q_ + burst(std::min(limit_, granted)));
  }

  std::optional<Bound> wait_of_one_that_never_earns() const {
    if (earners_.size() != rivals_.others.size()) return std::nullopt;
    const auto n = static_cast<Wide>(earners_.size());
    const Wide whole = Wide{kMillion};
    const Wide granted = up(Wide{rate_} * to_ns(rivals_.run), whole) + n * debt_;
    Wide wait = granted;
    if (!earns_while_running_) {
      if (n != 1) return std::nullopt;
      wait = std::min(granted, limit_ + debt_);
    } else if (rate_ < kMillion) {
      wait = std::min(granted, up((n * limit_ + (n - 1) * debt_) * whole + Wide{rate_} * period_,
                                  whole - rate_) +
                                   n + debt_);
    }
    return Bound{to_duration(wait), earns_while_running_
                                        ? "limit / (1 - rate) of all others, and their slices"
                                        : "limit, and a slice"};
  }

  static constexpr std::int64_t kMillion = 1'000'000;  // a rate of 100%

  const Rivals& rivals_;
  const Wide q_;
  const Wide period_;
  const Wide limit_;
  const std::int64_t rate_;  ///< in millionths
  const std::int64_t earning_weight_;
  const bool earns_while_running_;
  const Wide debt_;
  const std::string_view pick_;
  Wide earning_ = 0;            ///< sum of the weights that earn
  Wide attackers_earning_ = 0;  ///< of those that attack
  std::vector<Rival> earners_;  ///< all but the victim
};

std::optional<Bound> wait_bound(const Rivals& rivals, const SchedulerChoice& scheduler) {
  const std::string& name = scheduler.info().name;
  if (name == "rr") return rr_wait(rivals, scheduler);
  if (name == "sfq") return sfq_wait(rivals, scheduler);
  if (name == "credit" && scheduler.choice("debt") != "clamped") {
    return CreditBound(rivals, scheduler).wait();
  }
  return std::nullopt;
}

}  // namespace

std::optional<Bound> bound_of(Objective objective, const Scenario& scenario,
                              const SchedulerChoice& scheduler, const Sides& sides) {
  const bool one = sides.victims.size() == 1 && sides.victims.front().is_task();
  if (objective != Objective::kTheft && !one) return std::nullopt;
  const auto rivals = rivals_of(scenario, sides, one ? sides.victims.front() : EntityRef());
  if (!rivals) return std::nullopt;
  switch (objective) {
    case Objective::kTheft:
      return scheduler.info().name == "sfq" ? sfq_theft(*rivals, scheduler) : std::nullopt;
    case Objective::kGap:
      return wait_bound(*rivals, scheduler);
    case Objective::kP99: {
      // No wakeup waits longer than the longest wait; a percentile is rounded up by 1/64.
      constexpr std::int64_t kBuckets = 64;
      auto bound = wait_bound(*rivals, scheduler);
      if (bound) bound->value += (bound->value + ns(kBuckets - 1)) / kBuckets;
      return bound;
    }
  }
  fail_check("an objective is of a known kind");
}

}  // namespace sharesim
