// Surplus fair scheduling: weights that no machine can give, and an exact twin on several CPUs.

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <gtest/gtest.h>

#include "schedulers/common/virtual_time.hpp"
#include "sim/core/check.hpp"
#include "sim/metrics/measures.hpp"
#include "tests/support/random_scenario.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/watched.hpp"

namespace sharesim::test {
namespace {

using Fraction = boost::multiprecision::cpp_rational;

/// The longest stretch in [from, to) without a run of `task`.
Duration longest_gap(const RunLog& log, TaskId task, Time from, Time to) {
  Duration longest{};
  Time last = from;
  for (const RunInterval& run : log.runs) {
    if (run.task != task || run.end <= from) continue;
    longest = std::max(longest, run.begin - last);
    last = run.end;
  }
  return std::max(longest, to - last);
}

/// Two CPUs, slices of 1 ms: T1 of weight 1 and T2 of weight k; after N slices T3 of weight 1 comes.
/// T1 starts `late` after T2, and T3 so much later.
Scenario infeasible(std::int64_t n, Weight k, Duration late) {
  ScenarioBuilder b;
  b.cpus(2).duration(n * 3ms + late);
  b.task("T1", 1).start = late;
  b.task("T2", k);
  b.task("T3", 1).start = n * 1ms + late;
  return b.build();
}

struct Starvation {
  std::int64_t n;
  Weight k;
};

// What does start-time fair queuing do with a weight that asks for more than a CPU? Until N both
// run all the time, so S_1 = N and S_2 = N / k. T3 starts from the tag in service, v = S_2 = N / k (T2 was
// picked last: it is half a slice ahead), and goes first until it has reached N: T1, whose tag never lies,
// waits N - N / k slices. k = 10, N = 1000: 900. In the 2 N slices after N, T1 gets (2 N - N (1 - 1/k)) / 2.
TEST(Sfs, WithoutReadjustmentATaskStarves) {
  for (const Starvation& c :
       {Starvation{1000, 10}, Starvation{1000, 2}, Starvation{500, 5}, Starvation{2000, 20}}) {
    SCOPED_TRACE(std::to_string(c.n) + ", " + std::to_string(c.k));
    const Scenario scenario = infeasible(c.n, c.k, 500us);
    const RunLog log = run_scenario(scenario, "sfq:scope=global");
    const Time begin(c.n * 1ms + 500us);
    const Time end(scenario.duration);
    const Duration starved = (c.n - c.n / c.k) * 1ms;
    EXPECT_EQ(longest_gap(log, 0, begin, end), starved);
    EXPECT_EQ(log.service(0, begin, end), (c.n * 2ms - starved) / 2);
    EXPECT_EQ(log.service(1, begin, end), c.n * 2ms);
    EXPECT_EQ(log.service(2, begin, end), (c.n * 2ms + starved) / 2);
  }
}

// With it, the weights 1, k, 1 are cut to 1, 2, 1 (and 1, k to 1, 1): T2 has a CPU of its own, the others
// share one, and nobody waits for more than a slice: 1000, 2000 and 1000 ms for k = 10, N = 1000.
TEST(Sfs, ReadjustmentLetsNobodyStarve) {
  for (const Duration late : {Duration(0us), Duration(500us)}) {
    for (const Starvation& c :
         {Starvation{1000, 10}, Starvation{1000, 2}, Starvation{500, 5}, Starvation{2000, 20}}) {
      SCOPED_TRACE(std::to_string(c.n) + ", " + std::to_string(c.k));
      const Scenario scenario = infeasible(c.n, c.k, late);
      const RunLog log = run_scenario(scenario, "sfs");
      const Time begin(c.n * 1ms + late);
      const Time end(scenario.duration);
      for (TaskId task = 0; task < 3; ++task) {
        EXPECT_LE(longest_gap(log, task, begin, end), 1ms);
        const Duration due = c.n * (task == 1 ? 2ms : 1ms);
        EXPECT_LE(abs(log.service(task, begin, end) - due), late) << task;
      }
    }
  }
}

// On one CPU the one with the smallest start tag has surplus 0: it is start-time fair queuing, and its
// example comes out.
TEST(Sfs, IsStartTimeFairQueuingOnOneCpu) {
  ScriptedQueue queue("sfs:slice=10ms");
  queue.add(1, {{20ms, 70ms}, {}});
  queue.add(2, {{70ms, 25ms}, {}});
  queue.run_until(Time(200ms));
  EXPECT_EQ(queue.order(), "ABBABBBBBABBABBABB");
}

// Does a task whose weight is raised wait for what it had at its old weight? A and B have weight 1; after A's
// run its surplus is 10 ms. With weight 1000 it is still 10 ms, S_A - v = 10 us: B runs once, and then A
// a thousand times for each run of B. Without scaling A's surplus would be 10 s.
TEST(Sfs, NewWeightKeepsTheSurplus) {
  ScriptedQueue queue("sfs:slice=10ms");
  const EntityId a = queue.add_hog(1);
  queue.add_hog(1);
  queue.run_until(Time(10ms));
  queue.set_weight(a, 1000);
  queue.run_until(Time(1s));
  EXPECT_EQ(queue.order().substr(0, 6), "ABAAAA");
  EXPECT_EQ(queue.service(1, kStart, Time(1s)), 10ms);
}

// One that sleeps neither saves nor loses: it wakes up level with the one furthest behind.
TEST(Sfs, SleeperWakesUpWithoutSurplus) {
  ScenarioBuilder b;
  b.cpus(2).duration(200ms);
  b.task("A", 1, RunForever{}, kRoot, 3);
  b.task("B", 1, once({sleep_for(100ms), run_for(1h)}));
  const RunLog log = run_scenario(b.build(), "sfs");
  for (TaskId task = 0; task < 4; ++task) {
    EXPECT_LE(abs(log.service(task, ms(100), ms(200)) - 50ms), 2ms) << task;
  }
}

// A group may use several CPUs: with weight 3 of 4 it is due 3 of 4 CPUs, and has three tasks to use
// them; cut to one CPU it would get a third of that. A group with one task is held to one.
TEST(Sfs, GroupsMayUseSeveralCpus) {
  ScenarioBuilder b;
  b.cpus(4).duration(4s);
  const GroupId wide = b.group("wide", 9);
  const GroupId narrow = b.group("narrow", 9);
  b.task("w", 1, RunForever{}, wide, 3);
  b.task("n", 1, RunForever{}, narrow);
  b.task("t", 3, RunForever{}, kRoot, 2);
  // narrow: 1; of the other 3 CPUs 9 : 3 : 3 = 1.8, 0.6, 0.6.
  const RunLog log = run_scenario(b.build(), "sfs");
  EXPECT_LE(abs(log.service(3) - 4s), 10ms);
  EXPECT_LE(abs(log.service(0) + log.service(1) + log.service(2) - 7200ms), 10ms);
  EXPECT_LE(abs(log.service(4) - 2400ms), 10ms);
  EXPECT_LE(abs(log.service(5) - 2400ms), 10ms);
}

/// Two CPUs in lock step, slices of 1 ms: a hog of weight 20, twenty of weight 1, and one short job at a time, of weight
/// 5 and `length` slices; when it exits the next one is there at once, as a new entity.
struct Respawn {
  explicit Respawn(const std::string& choice, int job_length, int slices) {
    const SchedulerChoice parsed = Registry::global().parse(choice);
    const auto scheduler = parsed.make(
        {.parameters = parsed, .host = host, .cpus = 2, .capacity = 2 * kOneCpu, .seed = 1});
    const auto come = [&](EntityId e, Time now) {
      scheduler->add(e, e == 0 ? 20 : e == kJob ? 5 : 1, now);
      scheduler->enqueue(e, now, EnqueueReason::kWakeup);
    };
    for (EntityId e = 0; e <= kJob; ++e) come(e, kStart);
    int left = job_length;
    for (int i = 0; i < slices; ++i) {
      const EntityId first = scheduler->pick_next(0, ms(i));
      const EntityId second = scheduler->pick_next(1, ms(i));
      for (const EntityId e : {first, second}) {
        ++work[e == 0 ? 0 : e == kJob ? 2 : 1];
        const bool over = e == kJob && --left == 0;
        scheduler->put_prev(e, ms(i + 1), 1ms, over ? StopReason::kExited : StopReason::kSliceEnd);
        if (!over) continue;
        scheduler->remove(e, ms(i + 1));
        come(e, ms(i + 1));
        left = job_length;
      }
    }
  }

  static constexpr EntityId kJob = 21;
  struct Host final : QueueHost {
    Duration remaining_burst(EntityId) const override { return kForever; }
    bool allowed(EntityId, CpuId) const override { return true; }
    bool has_affinity() const override { return false; }
    const Bandwidth* cap(EntityId) const override { return nullptr; }
  } host;
  std::array<int, 3> work{};  ///< slices: the hog, the twenty, the jobs
};

// Do short jobs get their 2/9 of a CPU, 2000 of 18000 slices (4 : 4 : 1)? Only if they are long: a new job has surplus 0 and
// goes first. The paper's experiment has 4 : 4 : 1 under surplus fair scheduling; in lock step, with jobs that respawn at
// once, it does not come out so, and start-time fair queuing is nearer to it. The numbers are ours: what an independent
// model in fractions gives for two and five slices under sfs, and for two under sfq; the rest are this
// program's own, kept to see changes. A job that never ends gets its share.
TEST(Sfs, ShortJobsThatRespawnGetMoreThanTheirWeight) {
  using Work = std::array<int, 3>;
  EXPECT_EQ(Respawn("sfs", 1, 9000).work, (Work{6000, 6000, 6000}));
  EXPECT_EQ(Respawn("sfs", 2, 9000).work, (Work{6920, 6927, 4153}));
  EXPECT_EQ(Respawn("sfs", 5, 9000).work, (Work{7759, 7772, 2469}));
  EXPECT_EQ(Respawn("sfs", 1'000'000, 9000).work, (Work{7993, 8008, 1999}));
  EXPECT_EQ(Respawn("sfq:scope=global", 2, 9000).work, (Work{7196, 7205, 3599}));
  EXPECT_EQ(Respawn("sfq:scope=global", 5, 9000).work, (Work{7779, 7790, 2431}));
}

/// The paper's rules over fractions, without any order kept: everything is computed anew.
class SfsTwin final : public Watcher {
 public:
  SfsTwin(const SchedulerContext& context, Scheduler&) : cpus_(context.cpus), host_(context.host) {}

  void add(EntityId e, Weight weight) override {
    clients_[e] = {.weight = weight, .phi = weight};
    heaviest_ = std::max(heaviest_, weight);
  }
  void remove(EntityId e) override { clients_.erase(e); }
  void set_weight(EntityId e, Weight weight) override {
    Client& client = clients_[e];
    client.weight = weight;
    heaviest_ = std::max(heaviest_, weight);
    if (!client.runnable()) adopt(client, weight);
    readjust();
  }
  void enqueue(EntityId e, EnqueueReason) override {
    Client& client = clients_[e];
    if (!client.runnable()) {
      client.start = std::max(client.start, v());
      client.ceiling = 1;
    } else {
      client.ceiling = std::max(client.ceiling, std::min(client.runs + 1, cpus_));
    }
    client.queued = true;
    readjust();
  }
  void dequeue(EntityId e) override {
    clients_[e].queued = false;
    left(e);
  }
  void picked(EntityId e, CpuId cpu) override {
    if (e == kNoEntity) return;
    const Fraction tolerance = Fraction(4 * calls_ * heaviest_, kTagsPerNs);
    for (const auto& [other, client] : clients_) {
      if (!client.queued || (host_.has_affinity() && !host_.allowed(other, cpu))) continue;
      check(surplus(clients_[e]) <= surplus(client) + tolerance, "a pick has the least surplus");
    }
    clients_[e].queued = false;
    ++clients_[e].runs;
  }
  void put_prev(EntityId e, Duration ran, bool still_runnable) override {
    Client& client = clients_[e];
    --client.runs;
    client.queued = client.queued || still_runnable;
    client.start += Fraction(to_ns(ran)) / client.phi;
    ++calls_;
    left(e);
  }

 private:
  struct Client {
    Weight weight = 1;
    Fraction phi;
    Fraction start;
    CpuId ceiling = 1;
    CpuId runs = 0;
    bool queued = false;
    bool runnable() const { return queued || runs > 0; }
  };

  Fraction v() const {
    const Client* least = nullptr;
    for (const auto& [e, client] : clients_) {
      if (client.runnable() && (least == nullptr || client.start < least->start)) least = &client;
    }
    return least == nullptr ? last_finish_ : least->start;
  }
  Fraction surplus(const Client& client) const { return client.phi * (client.start - v()); }
  void left(EntityId e) {
    if (clients_[e].runnable()) return;
    last_finish_ = clients_[e].start;
    readjust();
  }
  void adopt(Client& client, const Fraction& phi) {
    const Fraction now = v();
    if (client.start > now) client.start = now + (client.start - now) * client.phi / phi;
    client.phi = phi;
  }

  /// Weighted max-min: whoever's part of what is left exceeds its ceiling is cut to it.
  void readjust() {
    ++calls_;
    std::vector<Client*> all;
    for (auto& [e, client] : clients_) {
      if (client.runnable()) all.push_back(&client);
    }
    std::stable_sort(all.begin(), all.end(), [](const Client* a, const Client* b) {
      return a->weight * b->ceiling > b->weight * a->ceiling;
    });
    Fraction rest = 0;
    for (const Client* client : all) rest += client->weight;
    Fraction left = cpus_;
    Fraction lambda = -1;
    std::size_t cut = 0;
    while (cut < all.size() && all[cut]->weight * left > all[cut]->ceiling * rest) {
      rest -= all[cut]->weight;
      left -= all[cut]->ceiling;
      ++cut;
      if (cut < all.size()) lambda = rest / left;
    }
    if (cut > 0 && cut == all.size())
      lambda = Fraction(all.back()->weight, static_cast<std::int64_t>(all.back()->ceiling));
    for (std::size_t i = 0; i < all.size(); ++i) {
      Fraction phi = all[i]->weight;
      if (i < cut) phi = std::min<Fraction>(phi, lambda * all[i]->ceiling);
      if (phi != all[i]->phi) adopt(*all[i], phi);
    }
  }

  const CpuId cpus_;
  const QueueHost& host_;
  std::map<EntityId, Client> clients_;
  Fraction last_finish_;
  Weight heaviest_ = 1;
  std::int64_t calls_ = 1;  ///< that may have rounded
};

// Does it always pick the least surplus, up to rounding? On up to 8 CPUs, with everything that happens to
// tasks and groups.
TEST(Sfs, PicksAsItsTwin) {
  Features features;
  features.most_cpus = 8;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Scenario scenario = random_scenario(seed, features);
    scenario.duration = 60ms;
    ASSERT_NO_THROW(run_watched<SfsTwin>(scenario, "sfs")) << "seed " << seed;
  }
}

// How far from weighted max-min sharing do hogs get? Nothing is proven on several CPUs. On these 1000
// machines of 1 to 8 CPUs with 1 to 16 hogs nobody was ever behind or ahead by more than a slice for each hog.
TEST(Sfs, LagOnSeveralCpusStaysSmall) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    RandomStream stream = make_stream(seed, 5);
    ScenarioBuilder b;
    b.cpus(1 + stream() % 8).duration(300ms);
    const std::uint32_t count = 1 + stream() % 16;
    const std::uint32_t range = stream() % 2 == 0 ? 4 : 1000;
    for (std::uint32_t i = 0; i < count; ++i) b.task("t" + std::to_string(i), 1 + stream() % range);
    const auto scenario = std::make_shared<const Scenario>(b.build());
    Measures measures(scenario, "sfs");
    run_engine(*scenario, Registry::global().choose("sfs"), measures);
    for (TaskId id = 0; id < count; ++id) {
      const EntityResult row = measures.row(EntityRef::task(id));
      ASSERT_LE(row.lag_max, count * 1ms) << "seed " << seed << ", task " << id;
      ASSERT_GE(row.lag_min, -(count * 1ms)) << "seed " << seed << ", task " << id;
    }
  }
}

}  // namespace
}  // namespace sharesim::test
