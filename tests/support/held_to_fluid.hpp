#pragma once
// Flows with requests of random lengths, held against ideal sharing (the fluid system of wfq).

#include <algorithm>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "tests/support/exact_fluid.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/shadowed.hpp"

namespace sharesim {

/// A flow at the end of a run.
struct HeldFlow {
  Fraction lag;             ///< service in the fluid system less its own, in ns
  Fraction share;           ///< its weight over those of all flows, here or not
  Duration longest;         ///< of its requests
  Duration longest_of_all;  ///< of anybody's
};

/// Random flows under `scheduler`, whose requests are known when they arrive, without pause or with sleeps
/// between them; calls hold(flow) for each at the begin and end of all runs (lag falls only while a flow
/// runs, so its extremes are there).
template <typename Hold>
void hold_to_fluid(const std::string& scheduler, bool sleeps, Hold hold) {
  struct Arrival {
    Time at;
    EntityId entity;
    Duration length;
  };
  ScriptedQueue queue(scheduler + ":request=burst");
  const auto length = [](std::int64_t most) {
    return Duration(
        *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(200'000, most)));
  };
  const EntityId count = *rc::gen::inRange<EntityId>(2, 7);
  ExactFluid fluid;
  std::vector<Duration> longest(count);
  std::vector<Arrival> arrivals;
  Weight total = 0;
  std::vector<std::vector<ScriptedStep>> steps(count);
  for (EntityId e = 0; e < count; ++e) {
    const Weight weight = *rc::gen::elementOf(kOddWeights);
    total += weight;
    fluid.flow(e) = {0, weight, false, 0};
    const int bursts = *rc::gen::inRange(1, 5);
    for (int i = 0; i < bursts; ++i) {
      steps[e].push_back({length(4'000'000), sleeps ? length(8'000'000) : Duration::zero()});
      longest[e] = std::max(longest[e], steps[e].back().run);
    }
    const Time start = Time(length(5'000'000));
    queue.add(weight, steps[e], start, true);
    arrivals.push_back({start, e, steps[e].front().run});
  }
  queue.run_until(at_ns(60'000'000));
  if (sleeps) {
    for (EntityId e = 0; e < count; ++e) {
      for (std::size_t k = 0; k < queue.finished(e).size(); ++k) {
        const std::size_t turns = steps[e].size();
        arrivals.push_back(
            {queue.finished(e)[k] + steps[e][k % turns].sleep, e, steps[e][(k + 1) % turns].run});
      }
    }
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.at < b.at; });

  auto next = arrivals.begin();
  const Duration longest_of_all = *std::max_element(longest.begin(), longest.end());
  std::vector<Duration> service(count);
  const auto hold_all = [&](Time now) {
    for (; next != arrivals.end() && next->at <= now; ++next) {
      fluid.advance(next->at);
      ExactFluid::Flow& flow = fluid.flow(next->entity);
      flow.tag = std::max(flow.tag, fluid.v()) + fraction(next->length) / flow.weight;
      flow.here = !sleeps;  // the next request is there before this one ends
    }
    fluid.advance(now);
    for (EntityId e = 0; e < count; ++e) {
      const ExactFluid::Flow& flow = fluid.flow(e);
      hold(HeldFlow{flow.service - fraction(service[e]), Fraction(flow.weight, total), longest[e],
                    longest_of_all});
    }
  };
  for (const ScriptedRun& run : queue.runs()) {
    hold_all(run.begin);
    service[run.entity] += run.length();
    hold_all(run.end);
  }
}

}  // namespace sharesim
