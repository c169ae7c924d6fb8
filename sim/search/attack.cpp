#include "sim/search/attack.hpp"

#include <fmt/format.h>

#include "sim/core/units.hpp"

namespace sharesim {
namespace {

std::string leg_words(const Leg& leg) {
  return (leg.kind == Step::Kind::kRun ? "run " : "sleep ") + to_text(leg.length);
}

std::string legs_words(const std::vector<Leg>& legs) {
  std::string text;
  for (const Leg& leg : legs) text += (text.empty() ? "" : ", ") + leg_words(leg);
  return text;
}

}  // namespace

Duration round_length(const Attack& attack) {
  Duration sum{};
  for (const Leg& leg : attack.legs) sum += leg.length;
  return sum;
}

std::vector<Leg> steps_of(const Attack& attack, Duration duration) {
  if (attack.legs.empty() || attack.rounds == 0) return attack.legs;
  std::vector<Leg> steps;
  for (std::int64_t round = 0; round < attack.rounds; ++round) {
    steps.insert(steps.end(), attack.legs.begin(), attack.legs.end());
  }
  steps.push_back({Step::Kind::kRun, duration});
  return steps;
}

Behaviour behaviour_of(const Attack& attack, Duration duration) {
  const std::vector<Leg> legs = steps_of(attack, duration);
  if (legs.empty()) return RunForever{};
  Sequence sequence;
  for (const Leg& leg : legs) {
    sequence.steps.push_back({leg.kind, Distribution::constant(leg.length)});
  }
  return sequence;
}

std::string in_words(const Attack& attack) {
  std::string text;
  if (attack.attackers > 1) text += fmt::format("{} attackers: ", attack.attackers);
  if (attack.phase > Duration::zero()) text += "from " + to_text(attack.phase) + " on ";
  if (attack.legs.empty()) return text + "run for ever";
  const std::string legs = legs_words(attack.legs);
  if (attack.rounds == 0) return text + legs + ", again and again";
  if (attack.rounds > 1) {
    return text + fmt::format("{} times ({}), then run for ever", attack.rounds, legs);
  }
  return text + legs + ", then run for ever";
}

}  // namespace sharesim
