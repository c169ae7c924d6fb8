#include "sim/cgroup/live_service.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::cgroup {
namespace {

using test::ms;
using namespace std::chrono_literals;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

/// A service in memory of its own, as processes would share it.
class Shared {
 public:
  explicit Shared(const Service& spec, std::uint64_t seed = 1)
      : spec_(spec), memory_(std::calloc(1, LiveService::size_of(spec))) {
    service_ = LiveService::create(memory_.get(), spec_, 0, 0ms, seed);
  }
  LiveService* operator->() { return service_; }

 private:
  Service spec_;
  std::unique_ptr<void, Free> memory_;
  LiveService* service_ = nullptr;
};

Service every(Duration gap, Duration demand, std::int64_t queue = 100) {
  return {Distribution::constant(gap), Distribution::constant(demand), 1, queue};
}

// Requests come at 10, 20, 30 ms. Who is free at 0 is given the one that comes at 10; who is free then
// too, the next.
TEST(LiveService, WhoIsFreeIsGivenWhatIsToCome) {
  Shared service(every(10ms, 1ms));
  EXPECT_EQ(service->take(ms(0)).request.since, ms(10));
  EXPECT_EQ(service->take(ms(0)).request.since, ms(20));
}

// Free again at 35 ms: 20 and 30 ms have been waiting, in this order, and then comes 40 ms.
TEST(LiveService, WhatWaitsGoesFirst) {
  Shared service(every(10ms, 1ms));
  service->take(ms(0));
  EXPECT_EQ(service->take(ms(35)).request.since, ms(20));
  EXPECT_EQ(service->take(ms(36)).request.since, ms(30));
  EXPECT_EQ(service->take(ms(36)).request.since, ms(40));
}

// A queue of two: of those that came at 20, 30, 40 and 50 ms, while nobody was free, two were refused.
TEST(LiveService, AFullQueueRefuses) {
  Shared service(every(10ms, 1ms, 2));
  service->take(ms(0));
  const LiveService::Taken taken = service->take(ms(55));
  EXPECT_EQ(taken.dropped, 2U);
  EXPECT_EQ(taken.request.since, ms(20));
  EXPECT_EQ(service->take(ms(56)).request.since, ms(30));
  EXPECT_EQ(service->take(ms(57)).request.since, ms(60));
}

// No queue at all: whatever comes while nobody is free is refused.
TEST(LiveService, WithoutAQueueAllAreRefused) {
  Shared service(every(10ms, 1ms, 0));
  service->take(ms(0));
  const LiveService::Taken taken = service->take(ms(35));
  EXPECT_EQ(taken.dropped, 2U);
  EXPECT_EQ(taken.request.since, ms(40));
}

// The same seed asks for the same work at the same times as in the simulation, where one worker, alone
// on its CPU, completes request k at the time that it takes here to serve them one after the other.
TEST(LiveService, DrawsWhatTheSimulationDraws) {
  Distribution gap = Distribution::constant(5ms);
  gap.kind = Distribution::Kind::kExponential;
  Distribution demand = Distribution::constant(2ms);
  demand.kind = Distribution::Kind::kExponential;
  const Service spec{gap, demand, 1, 100};
  test::ScenarioBuilder builder;
  builder.scenario().seed = 42;
  builder.task("api", 100, spec);
  const test::RunLog log = test::run_scenario(builder.build(), "fifo");
  ASSERT_GT(log.completions.size(), 100U);

  Shared service(spec, 42);
  Time free_at{};
  for (const auto& completion : log.completions) {
    const LiveService::Request request = service->take(free_at).request;
    EXPECT_EQ(request.since, completion.since);
    free_at = std::max(free_at, request.since) + request.demand;
    EXPECT_EQ(free_at, completion.at);
  }
}

}  // namespace
}  // namespace sharesim::cgroup
