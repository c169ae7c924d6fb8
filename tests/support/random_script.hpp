#pragma once
// A random script as data, to be played to two schedulers, one after the other.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "tests/support/scripted_queue.hpp"

namespace sharesim {

struct RandomScript {
  struct Actor {
    Weight weight = 1;
    std::vector<ScriptedStep> steps;
    Time start{};
    std::map<std::string, std::int64_t> hints;
  };
  struct Change {
    Time at;
    EntityId entity;
    Weight weight;
  };
  std::vector<Actor> actors;
  std::vector<Change> changes;  ///< in the order of time
};

/// A length from `least` to just below `most`.
inline Duration random_length(Duration least, Duration most) {
  return ns(*rc::gen::resize(rc::kNominalSize,
                             rc::gen::inRange<std::int64_t>(to_ns(least), to_ns(most))));
}

/// 2 to 6 that never block, or run up to `longest` and sleep up to twice that; and, if `changes`,
/// four changes of weight in 200 ms.
inline RandomScript random_script(const std::vector<Weight>& weights, Duration longest,
                                  bool changes) {
  RandomScript script;
  const EntityId count = *rc::gen::inRange<EntityId>(2, 7);
  for (EntityId e = 0; e < count; ++e) {
    RandomScript::Actor actor;
    actor.weight = *rc::gen::elementOf(weights);
    actor.start = Time(random_length(Duration(0), longest));
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
      actor.steps.push_back({random_length(ns(1), longest), random_length(ns(0), longest * 2)});
    if (actor.steps.empty()) actor.steps.push_back({});
    script.actors.push_back(actor);
  }
  for (int part = 1; part <= 4 && changes; ++part) {
    script.changes.push_back({Time(std::chrono::milliseconds(40 * part)),
                              *rc::gen::inRange<EntityId>(0, count), *rc::gen::elementOf(weights)});
  }
  return script;
}

inline void play(const RandomScript& script, ScriptedQueue& queue, Time end) {
  for (EntityId e = 0; e < script.actors.size(); ++e) {
    const RandomScript::Actor& actor = script.actors[e];
    for (const auto& [name, value] : actor.hints) queue.set_hint(e, name, value);
    queue.add(actor.weight, actor.steps, actor.start, true);
  }
  for (const RandomScript::Change& change : script.changes) {
    queue.run_until(change.at);
    queue.set_weight(change.entity, change.weight);
  }
  queue.run_until(end);
}

}  // namespace sharesim
