// Burstable machines: the providers' numbers, through the engine.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/core/units.hpp"
#include "sim/engine/engine.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/scenario/credit_sizes.hpp"
#include "tests/support/random_scenario.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"
#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

using namespace test;

constexpr EntityRef kVm = EntityRef::group(1);

/// The account of /vm at the end of a run.
CreditResult account_of_vm(const Scenario& scenario, const std::string& scheduler = "rr:slice=1h") {
  Measures measures(std::make_shared<const Scenario>(scenario), scheduler);
  run_engine(scenario, Registry::global().parse(scheduler), measures, {});
  return measures.row(kVm).credits.value();
}

Scenario machine_of(std::uint32_t cpus, const std::string& terms, const std::string& tasks,
                    const std::string& duration) {
  return parse_scenario(
      "name: t\nduration: " + duration + "\nmachine: {cpus: " + std::to_string(cpus) +
          "}\ngroups: [{name: vm, cap: {credits: " + terms + "}, tasks: [" + tasks + "]}]\n",
      "t.yaml");
}

double minutes(Time t) { return static_cast<double>(to_ns(t)) / 60e9; }

// ---- The tables ----

struct Printed {
  const char* name;
  double per_hour;
  double limit;
  std::uint32_t vcpus;
  std::int64_t launch_or_initial;
};

// Question: do the sizes earn and save what the providers print? (EC2 User Guide, credit table and launch
// credits; Azure, B-series sizes, which round B12ms's and B20ms's rows to whole credits.)
TEST(CreditSizes, AreThosePrinted) {
  const std::vector<Printed> printed{{"t2.nano", 3, 72, 1, 30},
                                     {"t2.micro", 6, 144, 1, 30},
                                     {"t2.small", 12, 288, 1, 30},
                                     {"t2.medium", 24, 576, 2, 60},
                                     {"t2.large", 36, 864, 2, 60},
                                     {"t2.xlarge", 54, 1296, 4, 120},
                                     {"t2.2xlarge", 81.6, 1958.4, 8, 240},
                                     {"t3.nano", 6, 144, 2, 0},
                                     {"t3.micro", 12, 288, 2, 0},
                                     {"t3.small", 24, 576, 2, 0},
                                     {"t3a.medium", 24, 576, 2, 0},
                                     {"t3a.large", 36, 864, 2, 0},
                                     {"t4g.xlarge", 96, 2304, 4, 0},
                                     {"t4g.2xlarge", 192, 4608, 8, 0},
                                     {"B1ls", 3, 72, 1, 30},
                                     {"B1s", 6, 144, 1, 30},
                                     {"B1ms", 12, 288, 1, 30},
                                     {"B2s", 24, 576, 2, 60},
                                     {"B2ms", 36, 864, 2, 60},
                                     {"B4ms", 54, 1296, 4, 120},
                                     {"B8ms", 81, 1944, 8, 240},
                                     {"B12ms", 121, 2909, 12, 360},
                                     {"B16ms", 162, 3888, 16, 480},
                                     {"B20ms", 203, 4860, 20, 600}};
  for (const Printed& row : printed) {
    const CreditSize* size = find_credit_size(row.name);
    ASSERT_NE(size, nullptr) << row.name;
    const double per_hour = static_cast<double>(size->baseline) * 60 / 1e6;
    EXPECT_NEAR(per_hour, row.per_hour, row.vcpus >= 12 ? 0.5 : 1e-9) << row.name;
    EXPECT_NEAR(per_hour * 24, row.limit, row.vcpus >= 12 ? 0.5 : 1e-9) << row.name;
    EXPECT_EQ(size->vcpus, row.vcpus) << row.name;
    EXPECT_EQ(size->launch + size->initial, row.launch_or_initial) << row.name;
  }
  EXPECT_EQ(credit_sizes().size(), 7U + 3U * 7U + 10U);
}

// ---- How long a burst lasts ----

// Question: how long does a full balance last at 100 %? Expected: with a baseline b of each vCPU, 24 h of
// earning are 1440 b minutes, spent at 1 - b: 1440 b / (1 - b) minutes. Credits come once a second, so the
// end is up to a second's earning early.
TEST(Credits, AFullBalanceLastsSoLong) {
  struct Burst {
    const char* size;
    double minutes;
  };
  for (const Burst& burst :
       {Burst{"t3.nano", 75.789}, Burst{"t3.micro", 160}, Burst{"t2.2xlarge", 294.94},
        Burst{"t3.small", 360}, Burst{"t2.xlarge", 418.06}, Burst{"t3.large", 617.14},
        Burst{"t4g.xlarge", 960}, Burst{"B1ls", 75.789}}) {
    const CreditSize& size = *find_credit_size(burst.size);
    const std::string full = credits_text(ns(size.baseline * 60'000 * 1440));
    const std::string vcpus = std::to_string(size.vcpus);
    const CreditResult result = account_of_vm(machine_of(
        size.vcpus, "{size: " + std::string(burst.size) + ", balance: " + full + ", launch: 0}",
        "{name: busy, count: " + vcpus + "}", "17h"));
    ASSERT_TRUE(result.depleted) << burst.size;
    EXPECT_NEAR(minutes(*result.depleted), burst.minutes, 0.04) << burst.size;
    EXPECT_LE(result.account.balance, ns(size.baseline * 1000)) << burst.size;
  }
}

// The numbers of the guide's two examples to their digits: from 122.4 credits, 100 % of both vCPUs. Standard:
// 122.4 / (2 - 0.1) = 64.421 min, then 5 %. Unlimited, 5 h: 600 spent, 30 earned; 447.6 beyond the balance, of
// which 144 are owed and 303.6 charged; the surplus is full after (122.4 + 144) / 1.9 = 140.2105 min.
TEST(Credits, ABurstFromPartOfTheBalance) {
  const std::string busy = "{name: busy, count: 2}";
  const CreditResult standard =
      account_of_vm(machine_of(2, "{size: t3.nano, balance: 122.4, period: 10ms}", busy, "2h"));
  EXPECT_NEAR(minutes(*standard.depleted), 64.421, 0.0005);
  EXPECT_NEAR(static_cast<double>(to_ns(standard.account.spent)) / 60e9, 122.4 + 12, 0.0001);
  EXPECT_NEAR(minutes(kStart + standard.at_baseline), 120 - 64.421, 0.001);

  const std::string unlimited = "{size: t3.nano, mode: unlimited, balance: 122.4, period: 10ms}";
  const CreditAccount account = account_of_vm(machine_of(2, unlimited, busy, "5h")).account;
  EXPECT_EQ(credits_text(account.spent - account.earned), "570");
  EXPECT_EQ(credits_text(account.surplus + account.charged), "447.6");
  EXPECT_NEAR(static_cast<double>(to_ns(account.charged)) / 60e9, 303.6, 0.0001);
  const auto charged_by = [&](const char* end) {
    return account_of_vm(machine_of(2, unlimited, busy, end)).account.charged;
  };
  EXPECT_EQ(charged_by("140m12s"), ns(0));
  EXPECT_GT(charged_by("140m13s"), ns(0));
}

// A balance of 0 at the start: nothing runs before the first second's credits, 0.1 s of CPU time; launch credits
// come before all else.
TEST(Credits, BeginWithTheirBalance) {
  const Scenario poor = machine_of(2, "t3.nano", "{name: busy}", "2s");
  const RunLog log = run_scenario(poor, "sfq");
  EXPECT_EQ(log.service(0, kStart, ms(1000)), 0ns);
  EXPECT_EQ(log.service(0, ms(1000), ms(2000)), 100ms);
  const CreditAccount rich = account_of_vm(machine_of(1, "t2.nano", "{name: busy}", "10m")).account;
  EXPECT_EQ(credits_text(rich.balance), "20.5");  // 30 - 10 + 0.5
  EXPECT_EQ(credits_text(account_of_vm(machine_of(1, "{size: t2.nano, mode: unlimited}",
                                                  "{name: busy}", "10m"))
                             .account.surplus),
            "9.5");  // T2 Unlimited has no launch credits
}

// Question: do two machines side by side keep their own accounts, one in the other too? A nested machine's time is
// spent by both.
TEST(Credits, OfEachMachineAlone) {
  ScenarioBuilder b;
  b.cpus(2).duration(100s);
  const auto cap = [](Duration balance) {
    return Bandwidth{100ms, 1s, 1h, CreditTerms{.balance = balance, .vcpus = 2}};
  };
  const GroupId outer = b.group("vm", 1);
  b.spec(outer).cap = cap(200s);
  const GroupId inner = b.group("inner", 1, outer);
  b.spec(inner).cap = cap(20s);
  b.task("a", 1, RunForever{}, inner);
  b.task("b", 1, RunForever{}, outer);
  const auto scenario = std::make_shared<const Scenario>(b.build());
  Measures measures(scenario, "sfq");
  run_engine(*scenario, Registry::global().parse("sfq"), measures, {});
  const auto account = [&](GroupId group) {
    return measures.row(EntityRef::group(group)).credits->account;
  };
  const Duration of_a = measures.row(EntityRef::task(0)).service;
  const Duration of_b = measures.row(EntityRef::task(1)).service;
  EXPECT_EQ(account(inner).spent, of_a);
  EXPECT_EQ(account(outer).spent, of_a + of_b);
  EXPECT_EQ(of_a,
            30s - 100ms);  // 20 s, and 99 times 0.1 s: the last of the 100 is not used any more
  EXPECT_EQ(of_b, 100s);
}

// Question: do the accounts of the measures and the pool of the engine, which are kept apart, stay the same? Expected:
// in any scenario a standard machine never owes anything, and has something left only if nothing below it was held.
TEST(Credits, AreNeverOverdrawn) {
  std::uint64_t depleted = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Features features;
    features.sliced_quota = seed % 2 == 0;
    Scenario scenario = random_scenario(seed, features);
    const auto credits = [&](Duration balance) {
      const Duration quota = ns(1 + static_cast<std::int64_t>(seed % 7) * 1'000'000);
      return Bandwidth{quota, 10ms, 40ms,
                       CreditTerms{.balance = balance, .launch = ns(7'000'001), .vcpus = 64}};
    };
    for (GroupSpec& group : scenario.groups) {
      if (group.depth > 0) group.cap = credits(30ms);
    }
    scenario.tasks.front().cap = credits(ns(5'000'003));
    const auto shared = std::make_shared<const Scenario>(scenario);
    for (const char* scheduler : {"sfq", "rr:scope=global"}) {
      Measures measures(shared, scheduler);
      run_engine(*shared, Registry::global().parse(scheduler), measures, {});
      const auto check_row = [&](EntityRef entity) {
        const EntityResult row = measures.row(entity);
        if (!row.credits) return;
        EXPECT_EQ(row.credits->account.surplus, 0ns) << seed;
        EXPECT_EQ(row.credits->account.charged, 0ns) << seed;
        if (row.throttled == 0ns || !scenario.events.empty()) return;  // events bring other caps
        EXPECT_TRUE(row.credits->depleted) << seed;
        ++depleted;
      };
      for (GroupId id = 0; id < scenario.groups.size(); ++id) check_row(EntityRef::group(id));
      for (TaskId id = 0; id < scenario.task_count(); ++id) check_row(EntityRef::task(id));
    }
  }
  EXPECT_GT(depleted, 300U);
}

// Question: may a machine be bought, changed and taken away while it runs? Each cap begins with its own balance.
TEST(Credits, ComeAndGo) {
  const Scenario scenario = parse_scenario(
      "name: t\nduration: 4m\ngroups: [{name: vm, tasks: [{name: busy}]}]\nevents:\n"
      "  - {at: 1m, set: {entity: /vm, cap: {credits: {size: B1s, balance: 0.45}}}}\n"
      "  - {at: 2m, set: {entity: /vm, cap: {credits: {baseline: 10%, mode: unlimited}}}}\n"
      "  - {at: 3m, set: {entity: /vm, cap: none}}\n"
      "expect:\n"
      "  - {spent_credits: {of: /vm, from: 1m, to: 119s, between: [0.54, 0.55]}}\n"
      "  - {surplus_credits: {of: /vm, at: 3m, is: 0.9}}\n"
      "  - {service: {of: /vm, from: 3m, is: 60s}}\n",
      "t.yaml");
  const auto shared = std::make_shared<const Scenario>(scenario);
  Measures measures(shared, "sfq");
  run_engine(*shared, Registry::global().parse("sfq"), measures, {});
  for (const ExpectationResult& result : measures.expectations()) {
    EXPECT_TRUE(result.met) << result.index << ": " << result.value;
  }
}

// ---- What the loader says ----

TEST(Credits, WrongOnesAreRefused) {
  expect_mistakes(
      "name: t\nduration: 10s\nmachine: {cpus: 4}\ngroups:\n  - {name: g, cap: {",
      {{"credits: t3.nanno",
        "w:5:30: groups[0].cap.credits: no burstable size is called 't3.nanno'; did you mean "
        "'t3.nano'? (..."},
       {"credits: t3.2xlarge",
        "w:5:30: groups[0].cap.credits: has 8 vCPUs, more than the machine has CPUs (a machine of "
        "at least 8 CPUs)"},
       {"credits: B1s",
        "w:5:20: groups[0].cap: could run on 4 CPUs at once, with 1 vCPU (cpus: no more than 1, or "
        "as few tasks)"},
       {"credits: {size: B2s, mode: unlimited}",
        "w:5:48: groups[0].cap.credits.mode: B2s is not sold as unlimited (standard)"},
       {"credits: {size: t3.nano, mode: unlimted}",
        "w:5:52: groups[0].cap.credits.mode: 'unlimted' is no mode; did you mean 'unlimited'? "
        "(standard or "
        "unlimited)"},
       {"credits: {size: t3.nano, limit: 5}",
        "w:5:46: groups[0].cap.credits.limit: size is given too, and says it (size or baseline)"},
       {"credits: {limit: 5}",
        "w:5:30: groups[0].cap.credits: 'baseline' is missing (the share of one CPU that it earns, "
        "such as 10%)"},
       {"credits: {baseline: 250%, vcpus: 2}",
        "w:5:41: groups[0].cap.credits.baseline: '250%' is no baseline of 2 vCPUs (from 0.01% to "
        "200%)"},
       {"credits: {size: t3.nano, balance: 145}",
        "w:5:55: groups[0].cap.credits.balance: '145' is too large (a number of credits, from 0 to "
        "144)"},
       {"credits: {size: t3.nano, balance: 1.2345678}",
        "w:5:55: groups[0].cap.credits.balance: '1.2345678' has too many decimals (a number of "
        "credits, from 0 to "
        "144)"},
       {"credits: {size: t3.nano, balanse: 5}",
        "w:5:46: groups[0].cap.credits.balanse: unknown key; did you mean 'balance'? (..."},
       {"credits: t3.nano, quota: 5ms",
        "w:5:39: groups[0].cap.quota: credits are given too (credits, or quota, period and burst)"},
       {"credits: [t3.nano]",
        "w:5:30: groups[0].cap.credits: is a list (a size such as t3.nano, or a map with size or "
        "baseline)"}},
      "}, tasks: [{name: a, count: 3}]}\n");
}

// The vCPUs are a limit on CPUs or on tasks, whichever is smaller, and an event may not lift it.
TEST(Credits, NoMoreCpusThanVcpus) {
  const auto mistakes = [](const std::string& group, const std::string& events) {
    return mistakes_in("name: t\nduration: 10s\nmachine: {cpus: 4}\ngroups: [{name: g, " + group +
                       "}]\n" + events);
  };
  const std::string nano = "cap: {credits: t3.nano}, ";
  EXPECT_EQ(mistakes(nano + "cpus: 2-3, tasks: [{name: a, count: 9}]", ""), "accepted");
  EXPECT_EQ(mistakes(nano + "tasks: [{name: a, count: 2}]", ""), "accepted");
  EXPECT_NE(mistakes(nano + "tasks: [{name: a, count: 3}]", ""), "accepted");
  EXPECT_EQ(mistakes(nano + "cpus: 2-3, tasks: [{name: a, count: 9}]",
                     "events: [{at: 1s, set: {entity: /g, cpus: 0-2}}]\n"),
            "w:5:43: events[0].set.cpus: could run on 3 CPUs at once, with 2 vCPUs (cpus: no more "
            "than 2, or as few tasks)");
  EXPECT_NE(mistakes("tasks: [{name: a, count: 3}]",
                     "events: [{at: 1s, set: {entity: /g, cap: {credits: t3.nano}}}]\n"),
            "accepted");
}

}  // namespace
}  // namespace sharesim
