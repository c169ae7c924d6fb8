// Linux's CFS against a plain one: the same rules over a list that is added up and searched each time.

#include <algorithm>
#include <cctype>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "schedulers/common/cfs_tuning.hpp"
#include "schedulers/common/kernel_weight.hpp"
#include "tests/support/plain_queue.hpp"
#include "tests/support/side_by_side.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

class PlainCfs final : public PlainQueue {
 public:
  PlainCfs(const SchedulerContext& context) : PlainQueue(context.host), tuning_(context) {}

  void add(EntityId e, Weight weight, Time) override {
    known_[e] = {};
    known_[e].weight = KernelWeight(weight);
    known_[e].idle = host_.idle(e);
    known_[e].quiet = host_.idle(e) || host_.hint(e, "batch").has_value();
  }
  void remove(EntityId e, Time) override { known_.erase(e); }
  void set_weight(EntityId e, Weight weight, Time now) override {
    charge(elapsed(now));
    known_[e].weight = KernelWeight(weight);
  }
  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    forget_curr(now);
    charge(elapsed(now));
    Entity& x = known_[e];
    Duration lead = x.idle ? tuning_.least : tuning_.latency;
    if (tuning_.has(CfsFeature::kGentleFairSleepers)) lead /= 2;
    if (x.fresh) {
      x.v = least_;
      if (tuning_.has(CfsFeature::kStartDebit)) x.v += x.weight.virtual_time(whole_slice(e));
    } else if (why != EnqueueReason::kMigrated) {
      x.v = std::max(x.v, least_ - to_ns(lead));
    }
    x.fresh = false;
    x.in = true;
    if (why == EnqueueReason::kWakeup && tuning_.has(CfsFeature::kNextBuddy) && count() >= 8)
      next_ = e;
  }
  void dequeue(EntityId e, Time now) override {
    forget_curr(now);
    charge(elapsed(now));
    leave(e);
  }
  EntityId pick_next(CpuId, Time now) override {
    forget_curr(now);
    const EntityId e = stays_ && curr_ != kNobody ? curr_ : choose();
    if (e == kNobody) return e;
    if (e != curr_) clear_buddy(e);
    if (e != curr_ || !at_ticks()) ran_ = {};
    curr_ = e;
    running_ = true;
    began_ = seen_ = now;
    return e;
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    charge(rest(ran, now));
    running_ = false;
    ended_ = now;
    stays_ = why == StopReason::kYielded;
    if (!still_runnable(why)) leave(e);
  }
  Duration slice(EntityId e, Time) override {
    const bool untimed = !tuning_.has(CfsFeature::kHrtick) || count() == 1;
    return tuning_.ticks && untimed ? kForever : std::max(whole_slice(e), ns(1));
  }
  bool preempts(EntityId woken, EntityId running, Time now) override {
    const Entity& other = known_[woken];
    bool yes = known_[running].idle && !other.idle;
    if (!yes) {
      if (!tuning_.has(CfsFeature::kWakeupPreemption) || known_[running].idle != other.idle)
        return false;
      if (other.quiet) return false;
      charge(elapsed(now));
      yes = is_far_ahead(running, woken);
      if (yes) next_ = woken;
    }
    if (yes && tuning_.has(CfsFeature::kLastBuddy) && count() >= 8) last_ = running;
    return yes;
  }
  bool tick(EntityId running, Time now) override {
    charge(elapsed(now));
    if (count() == 1 || tuning_.has(CfsFeature::kHrtick)) return true;
    const Duration whole = whole_slice(running);
    if (ran_ > whole) {
      clear_buddy(running);
      return false;
    }
    if (ran_ < tuning_.least) return true;
    VirtualNs least = kAbsent;
    for (const auto& [e, x] : known_) {
      if (x.in && e != running) least = std::min(least, x.v);
    }
    return known_[running].v - least <= to_ns(whole);
  }

 private:
  struct Entity {
    KernelWeight weight;
    VirtualNs v = 0;
    bool in = false, fresh = true, idle = false, quiet = false;
  };
  static constexpr VirtualNs kAbsent = std::numeric_limits<VirtualNs>::max() / 2;

  bool at_ticks() const { return tuning_.ticks && !tuning_.has(CfsFeature::kHrtick); }
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::count_if(known_.begin(), known_.end(), [](const auto& x) { return x.second.in; }));
  }
  Duration whole_slice(EntityId of) const {
    Weight all = 0;
    std::int64_t tasks = 0;
    bool only_idle = true;
    for (const auto& [e, x] : known_) {
      if (x.in || e == of) {
        all += x.weight.value();
        ++tasks;
      }
      only_idle = only_idle && (!x.in || x.idle);
    }
    const Entity& x = known_.at(of);
    const Duration period = tasks > 8 ? tuning_.least * tasks : tuning_.latency;
    const Duration part = ns(to_ns(period) * x.weight.value() / all);
    if (!tuning_.has(CfsFeature::kBaseSlice)) return part;
    return std::max(part, x.idle && !only_idle ? Duration(750us) : tuning_.least);
  }
  void charge(Duration ran) {
    if (ran <= Duration(0)) return;
    ran_ += ran;
    known_[curr_].v += known_[curr_].weight.virtual_time(ran);
    raise_least();
  }
  void raise_least() {
    VirtualNs least = kAbsent;
    for (const auto& [e, x] : known_) least = x.in ? std::min(least, x.v) : least;
    if (least != kAbsent) least_ = std::max(least_, least);
  }
  void leave(EntityId e) {
    clear_buddy(e);
    known_[e].in = false;
    if (curr_ == e) curr_ = kNobody;
    raise_least();
  }
  void clear_buddy(EntityId e) {
    if (next_ == e) next_ = kNobody;
    if (last_ == e) last_ = kNobody;
  }
  void forget_curr(Time now) {
    if (!running_ && ended_ != now) curr_ = kNobody, stays_ = false;
  }
  bool is_far_ahead(EntityId a, EntityId b) const {
    const Entity& behind = known_.at(b);
    return known_.at(a).v - behind.v > behind.weight.virtual_time(tuning_.wakeup);
  }
  /// The smallest v; ties to the lower id, but to the one on the CPU last.
  EntityId choose() const {
    EntityId left = kNobody;
    for (const auto& [e, x] : known_) {
      if (x.in && e != curr_ && (left == kNobody || x.v < known_.at(left).v)) left = e;
    }
    if (curr_ != kNobody && (left == kNobody || known_.at(curr_).v < known_.at(left).v))
      left = curr_;
    for (const EntityId buddy : {next_, last_}) {
      if (buddy != kNobody && !is_far_ahead(buddy, left)) return buddy;
    }
    return left;
  }

  const CfsTuning tuning_;
  std::map<EntityId, Entity> known_;
  VirtualNs least_ = 0;
  Duration ran_{};
  EntityId next_ = kNobody;
  EntityId last_ = kNobody;
};

// 400 random scripts of 300 verbs for each tuning; some with a tick of 4 ms, some with idle and batch ones.
class CfsTwin : public testing::TestWithParam<std::string> {};

TEST_P(CfsTwin, PicksTheSame) {
  const SchedulerChoice choice = Registry::global().parse(GetParam());
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    RandomVerbs verbs(seed, seed % 2 == 0 ? std::vector<Weight>{1024, 2048, 335}
                                          : std::vector<Weight>{15, 110, 1024, 88761, 102400});
    const bool ticks = seed % 5 < 2;
    if (ticks) verbs.have_ticks();
    if (seed % 3 == 0) verbs.hint_ms("batch", 1, 1);
    if (seed % 3 == 1) verbs.have_idle();
    const SchedulerContext context{.parameters = choice,
                                   .host = verbs,
                                   .cpus = 1,
                                   .capacity = kOneCpu,
                                   .seed = 1,
                                   .machine_tick = ticks ? 4ms : 0ms};
    SideBySide both(choice.make(context), std::make_unique<PlainCfs>(context));
    ASSERT_NO_THROW(verbs.drive(both, 300));
  }
}

INSTANTIATE_TEST_SUITE_P(Tunings, CfsTwin,
                         testing::Values("cfs",
                                         "cfs:slice=2ms,latency=7ms,wakeup_granularity=300us",
                                         "cfs:features=-GENTLE_FAIR_SLEEPERS-START_DEBIT",
                                         "cfs:features=+NEXT_BUDDY-BASE_SLICE",
                                         "cfs:features=+HRTICK-LAST_BUDDY",
                                         "cfs:features=-ALT_PERIOD-WAKEUP_PREEMPTION"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                           return name;
                         });

}  // namespace
}  // namespace sharesim
