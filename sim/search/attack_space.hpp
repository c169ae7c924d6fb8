#pragma once
// Which attacks there are to try, and how to come from one to another at random.

#include <cstdint>
#include <vector>

#include "sim/registry.hpp"
#include "sim/scenario/distribution.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/search/attack.hpp"

namespace sharesim {

/// What an attack may be in one workload under one scheduler.
struct AttackSpace {
  Duration longest{};         ///< of a leg; the shortest leg is kShortestLeg
  Duration shortest_round{};  ///< of one that is repeated for ever, so that a run stays affordable
  Duration latest_phase{};
  std::vector<Duration> times;              ///< lengths that mean something to the scheduler
  std::vector<std::uint32_t> attackers{1};  ///< how many there may be
};

inline constexpr Duration kShortestLeg = ns(1000);
inline constexpr std::size_t kMostLegs = 6;       ///< three runs and three sleeps
inline constexpr std::int64_t kMostSteps = 2000;  ///< when the rounds are written one by one
/// A round repeated for ever takes at least this part of the run.
inline constexpr std::int64_t kMostRounds = 50'000;

/// The durations that `scheduler` (and those of groups, the machine's tick, caps) work with: an
/// attacker that knows the slice, the tick or the period sits just inside or outside of it.
std::vector<Duration> characteristic_times(const Scenario& scenario,
                                           const SchedulerChoice& scheduler);
/// Everything but the number of attackers. `spec` is the attacker's entry.
AttackSpace attack_space(const Scenario& scenario, const TaskSpec& spec,
                         const SchedulerChoice& scheduler);

/// `d` with so many significant decimal digits.
Duration rounded(Duration d, int digits);

/// Draws attacks of a space.
class AttackSource {
 public:
  AttackSource(const AttackSpace& space, RandomStream stream) : space_(space), stream_(stream) {}

  Attack draw();
  /// One to three small changes.
  Attack mutate(Attack attack);
  /// An index below `count`, all equally likely.
  std::size_t below(std::size_t count);

 private:
  bool chance(int percent);
  Duration log_uniform(Duration low, Duration high);
  Duration draw_time();
  Duration near_time(Duration length);
  Duration draw_length();
  Duration draw_phase();
  Attack draw_beat();
  std::int64_t draw_rounds();
  void keep_step(Attack& attack);
  void change(Attack& attack);
  void change_leg(Attack& attack);
  void change_legs(Attack& attack);
  Attack fitted(Attack attack) const;

  const AttackSpace& space_;
  RandomStream stream_;
};

}  // namespace sharesim
