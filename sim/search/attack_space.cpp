#include "sim/search/attack_space.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>

namespace sharesim {
namespace {

constexpr int kDigits = 3;  // of a length that is drawn: nobody attacks to the nanosecond

Leg other(const Leg& leg, Duration length) {
  const bool runs = leg.kind == Step::Kind::kRun;
  return {runs ? Step::Kind::kSleep : Step::Kind::kRun, length};
}

void add_durations(const SchedulerChoice& scheduler, std::vector<Duration>& times) {
  for (const ParameterInfo& parameter : scheduler.info().parameters) {
    if (parameter.type == ParameterType::kDuration) {
      times.push_back(scheduler.duration(parameter.name));
    }
  }
}

void add_cap(const std::optional<Bandwidth>& cap, std::vector<Duration>& times) {
  if (cap) times.insert(times.end(), {cap->quota, cap->period});
}

}  // namespace

std::vector<Duration> characteristic_times(const Scenario& scenario,
                                           const SchedulerChoice& scheduler) {
  std::vector<Duration> times{scenario.machine.tick};
  add_durations(scheduler, times);
  for (const GroupSpec& group : scenario.groups) {
    add_cap(group.cap, times);
    if (group.scheduler) add_durations(*group.scheduler, times);
  }
  for (const TaskSpec& task : scenario.tasks) add_cap(task.cap, times);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  std::erase_if(times, [&](Duration t) { return t < kShortestLeg || t > scenario.duration; });
  return times;
}

AttackSpace attack_space(const Scenario& scenario, const TaskSpec& spec,
                         const SchedulerChoice& scheduler) {
  const Duration end = std::min(scenario.duration, spec.stop.value_or(scenario.duration));
  AttackSpace space;
  space.longest = std::max(kShortestLeg, scenario.duration);
  space.shortest_round = std::max(2 * kShortestLeg, scenario.duration / kMostRounds);
  space.latest_phase = std::max(ns(0), end - spec.start - ns(1));
  space.times = characteristic_times(scenario, scheduler);
  return space;
}

Duration rounded(Duration d, int digits) {
  constexpr std::int64_t kTen = 10;
  std::int64_t largest = 1;
  for (int i = 0; i < digits; ++i) largest *= kTen;
  std::int64_t unit = 1;
  while (to_ns(d) / unit >= largest) unit *= kTen;
  return ns((to_ns(d) + unit / 2) / unit * unit);
}

std::size_t AttackSource::below(std::size_t count) {
  return boost::random::uniform_int_distribution<std::size_t>(0, count - 1)(stream_);
}

bool AttackSource::chance(int percent) {
  constexpr std::size_t kHundred = 100;
  return below(kHundred) < static_cast<std::size_t>(percent);
}

Duration AttackSource::log_uniform(Duration low, Duration high) {
  const double from = std::log(static_cast<double>(to_ns(low)));
  const double to = std::log(static_cast<double>(std::max(to_ns(low), to_ns(high))));
  const double u = boost::random::uniform_01<double>()(stream_);
  return rounded(ns(std::llround(std::exp(from + u * (to - from)))), kDigits);
}

/// A small multiple of one of the scheduler's times, or half of it; or a bit more, or a bit less.
Duration AttackSource::draw_time() {
  constexpr std::array<int, 10> kHalves{1, 2, 2, 2, 2, 4, 4, 6, 10, 20};
  const Duration base =
      space_.times[below(space_.times.size())] * kHalves.at(below(kHalves.size())) / 2;
  if (chance(50) || base < 2 * kShortestLeg) return base;
  const Duration bit = log_uniform(kShortestLeg, base / 2);
  return chance(50) ? base - bit : base + bit;
}

/// The multiple of one of the scheduler's times that is nearest to `length`; or any draw_time().
Duration AttackSource::near_time(Duration length) {
  if (chance(25)) return draw_time();
  const Duration time = space_.times[below(space_.times.size())];
  return std::max<std::int64_t>(1, (length + time / 2) / time) * time;
}

Duration AttackSource::draw_length() {
  if (space_.times.empty() || chance(50)) return log_uniform(kShortestLeg, space_.longest);
  return draw_time();
}

Duration AttackSource::draw_phase() { return chance(50) ? Duration::zero() : draw_length(); }

std::int64_t AttackSource::draw_rounds() {
  constexpr std::int64_t kOften = 1000;
  if (chance(50)) return 0;
  return chance(70) ? 1 : to_ns(log_uniform(ns(2), ns(kOften)));
}

/// In step with one of the scheduler's times: again and again a part of it running and the rest
/// asleep, either of them short.
Attack AttackSource::draw_beat() {
  const Duration time = space_.times[below(space_.times.size())];
  Attack attack;
  attack.attackers = space_.attackers[below(space_.attackers.size())];
  attack.rounds = 0;
  if (chance(25)) attack.phase = draw_phase();
  const Duration part = log_uniform(kShortestLeg, time / 2);
  const Leg leg{chance(50) ? Step::Kind::kRun : Step::Kind::kSleep,
                chance(50) ? part : time - part};
  attack.legs = {leg, other(leg, time - leg.length)};
  return fitted(std::move(attack));
}

Attack AttackSource::draw() {
  if (!space_.times.empty() && chance(25)) return draw_beat();
  Attack attack;
  attack.attackers = space_.attackers[below(space_.attackers.size())];
  attack.rounds = draw_rounds();
  if (chance(25)) attack.phase = draw_phase();
  Leg leg{chance(50) ? Step::Kind::kRun : Step::Kind::kSleep, draw_length()};
  const std::size_t legs = 2 * (1 + below(kMostLegs / 2));
  for (std::size_t i = 0; i < legs; ++i) {
    attack.legs.push_back(leg);
    leg = other(leg, draw_length());
  }
  if (attack.rounds == 1 && attack.legs.front().kind == Step::Kind::kSleep && chance(50)) {
    attack.legs.resize(1);  // to save up and then burst is the plainest attack
  }
  if (attack.rounds == 0 && chance(50)) keep_step(attack);
  return fitted(std::move(attack));
}

/// Makes a round take a time that means something to the scheduler.
void AttackSource::keep_step(Attack& attack) {
  if (space_.times.empty()) return;
  const Duration length = round_length(attack);
  const Duration missing = near_time(length) - length;
  const std::size_t first = below(attack.legs.size());
  for (std::size_t i = 0; i < attack.legs.size(); ++i) {
    Duration& leg = attack.legs[(first + i) % attack.legs.size()].length;
    if (leg + missing < kShortestLeg) continue;
    leg += missing;
    return;
  }
}

Attack AttackSource::mutate(Attack attack) {
  do {
    change(attack);
    attack = fitted(std::move(attack));
  } while (chance(33));
  return attack;
}

void AttackSource::change(Attack& attack) {
  constexpr std::size_t kOfTheWhole = 4;
  if (attack.legs.empty() || chance(20)) {
    switch (below(kOfTheWhole)) {
      case 0:
        attack.phase = draw_phase();
        return;
      case 1:
        attack.rounds = draw_rounds();
        return;
      case 2:
        attack.attackers = space_.attackers[below(space_.attackers.size())];
        return;
      default:
        break;
    }
  }
  if (attack.legs.empty() || chance(25)) {
    change_legs(attack);
  } else {
    change_leg(attack);
  }
}

/// Changes the length of a leg.
void AttackSource::change_leg(Attack& attack) {
  constexpr std::size_t kWays = 7;
  const std::size_t count = attack.legs.size();
  const std::size_t place = below(count);
  Duration& length = attack.legs[place].length;
  Duration& next = attack.legs[(place + 1) % count].length;
  const Duration bit = log_uniform(kShortestLeg, std::max(kShortestLeg, length));
  switch (below(kWays)) {
    case 0:
      length = log_uniform(length / 4, length * 4);
      return;
    case 1:
      length += chance(50) ? bit : -bit;
      return;
    case 2:
      length = draw_length();
      return;
    case 3:
    case 4:  // from one leg to the next: the round stays as long as it is
      length -= bit;
      next += count > 1 ? bit : Duration::zero();
      return;
    case 5:
      keep_step(attack);
      return;
    default:
      length = attack.legs[below(count)].length;
      return;
  }
}

/// Changes how many legs there are, or which comes first.
void AttackSource::change_legs(Attack& attack) {
  std::vector<Leg>& legs = attack.legs;
  if (legs.empty()) {
    legs = draw().legs;
  } else if (legs.size() > 2 && chance(40)) {
    const auto first = legs.begin() + static_cast<std::ptrdiff_t>(below(legs.size() - 1));
    legs.erase(first, first + 2);
  } else if (legs.size() + 2 <= kMostLegs && chance(50)) {
    const std::size_t place = below(legs.size());
    const Leg copy = legs[place];
    const Duration length = chance(50) ? draw_length() : legs[below(legs.size())].length;
    const auto behind = legs.begin() + static_cast<std::ptrdiff_t>(place + 1);
    const std::vector<Leg> pair{other(copy, length), copy};
    legs.insert(behind, pair.begin(), pair.end());
  } else if (legs.size() % 2 == 0) {
    std::rotate(legs.begin(), legs.begin() + 1, legs.end());
  } else {
    legs.push_back(other(legs.back(), draw_length()));
  }
}

/// The same within the limits of the space.
Attack AttackSource::fitted(Attack attack) const {
  attack.phase = std::clamp(attack.phase, Duration::zero(), space_.latest_phase);
  std::vector<Leg>& legs = attack.legs;
  for (Leg& leg : legs) leg.length = std::clamp(leg.length, kShortestLeg, space_.longest);
  if (attack.rounds == 1) {
    // Its last run goes on for ever anyway.
    while (!legs.empty() && legs.back().kind == Step::Kind::kRun) legs.pop_back();
    return attack;
  }
  // A round ends with the leg that the next one does not begin with.
  if (legs.size() % 2 == 1) legs.push_back(other(legs.back(), legs.back().length));
  if (legs.empty()) attack.rounds = 1;
  if (attack.rounds > 1) {
    const auto most = kMostSteps / static_cast<std::int64_t>(legs.size());
    attack.rounds = std::min(attack.rounds, most);
  } else if (attack.rounds == 0 && round_length(attack) < space_.shortest_round) {
    legs.back().length += space_.shortest_round - round_length(attack);
  }
  return attack;
}

}  // namespace sharesim
