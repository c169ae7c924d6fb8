// Linux's EEVDF against a plain one: the same rules over lists that are added up and searched each time,
// and eligibility by its definition, a sum of products, where the policy compares with an average.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "schedulers/common/eevdf_tuning.hpp"
#include "schedulers/common/kernel_weight.hpp"
#include "tests/support/plain_queue.hpp"
#include "tests/support/side_by_side.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

class PlainEevdf final : public PlainQueue {
 public:
  PlainEevdf(const SchedulerContext& context) : PlainQueue(context.host), tuning_(context) {}

  void add(EntityId e, Weight weight, Time) override {
    known_[e] = {};
    known_[e].weight = KernelWeight(weight);
    const auto own = tuning_.has_own_slices() ? host_.hint(e, "slice") : std::nullopt;
    known_[e].slice = own ? ns(*own) : tuning_.base_slice();
  }
  void remove(EntityId e, Time) override {
    if (curr_ == e) curr_ = kNobody;
    known_.erase(e);
  }
  void set_weight(EntityId e, Weight weight, Time now) override {
    Entity& x = known_[e];
    if (x.in) charge(elapsed(now));
    const KernelWeight next(weight);
    const auto scaled = [&](VirtualNs d) {
      return static_cast<VirtualNs>(static_cast<__int128>(d) * x.weight.value() / next.value());
    };
    if (x.in) {
      const VirtualNs middle = average();
      x.v = middle - scaled(middle - x.v);
      x.deadline = middle + scaled(x.deadline - middle);
    } else {
      x.lag = scaled(x.lag);
      if (x.relative) x.relative = scaled(*x.relative);
    }
    x.weight = next;
  }
  void enqueue(EntityId e, Time now, EnqueueReason) override {
    forget_curr(now);
    Entity& x = known_[e];
    if (x.delayed) {
      x.delayed = false;
      if (!tuning_.has(EevdfFeature::kDelayZero) || x.v >= average()) return;
      x.in = false;
      x.lag = 0;
      place(x, false);
      x.in = true;
      return;
    }
    charge(elapsed(now));
    place(x, x.fresh);
    x.fresh = false;
    x.in = true;
  }
  void dequeue(EntityId e, Time now) override {
    forget_curr(now);
    charge(elapsed(now));
    Entity& x = known_[e];
    if (tuning_.has(EevdfFeature::kPlaceRelDeadline)) x.relative = x.deadline - x.v;
    leave(e);
  }
  EntityId pick_next(CpuId, Time now) override {
    forget_curr(now);
    resched_ = false;
    EntityId e = stays_ && curr_ != kNobody ? curr_ : choose(true);
    while (e != kNobody && known_[e].delayed) {
      leave(e);
      known_[e].delayed = false;
      if (tuning_.has(EevdfFeature::kDelayZero))
        known_[e].lag = std::min<VirtualNs>(known_[e].lag, 0);
      e = choose(true);
    }
    if (e == kNobody) return e;
    if (e != curr_) protect(known_[e]);
    curr_ = e;
    running_ = true;
    began_ = seen_ = now;
    return e;
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    charge(rest(ran, now));
    running_ = false;
    resched_ = false;
    ended_ = now;
    stays_ = why == StopReason::kYielded;
    if (still_runnable(why)) return;
    if (why == StopReason::kBlocked && tuning_.has(EevdfFeature::kDelayDequeue) &&
        !eligible(known_[e])) {
      known_[e].delayed = true;
      return;
    }
    leave(e);
  }
  Duration slice(EntityId e, Time) override {
    const Entity& x = known_[e];
    if (tuning_.tick() > Duration(0))
      return tuning_.has(EevdfFeature::kHrtick) && count() > 1 ? x.slice : kForever;
    VirtualNs end = x.deadline;
    if (tuning_.protects_by_vruntime() && count() > 1 && x.v < x.safe) end = std::min(end, x.safe);
    return x.weight.cpu_time(std::max<VirtualNs>(end - x.v, 1));
  }
  bool preempts(EntityId woken, EntityId running, Time now) override {
    if (resched_) return true;
    charge(elapsed(now));
    if (resched_) return true;
    Entity& x = known_[running];
    const Entity& other = known_[woken];
    const bool shorter = tuning_.has(EevdfFeature::kPreemptShort) && other.slice < x.slice;
    if (!tuning_.protects_by_vruntime()) {
      const bool better = eligible(other) && (other.deadline < x.deadline || !eligible(x));
      if (shorter && better && is_safe(x)) x.safe = x.deadline + 1;
      return choose(true) == woken;
    }
    if (choose(!shorter) == woken) {
      if (shorter && is_safe(x)) x.safe = x.v;
      return true;
    }
    if (shorter && tuning_.has(EevdfFeature::kRunToParity))
      x.safe = std::min(x.safe, x.v + x.weight.virtual_time(shortest()));
    return false;
  }
  bool tick(EntityId, Time now) override {
    charge(elapsed(now));
    return !resched_;
  }

 private:
  struct Entity {
    KernelWeight weight;
    Duration slice{};
    VirtualNs v = 0, deadline = 0, lag = 0, safe = 0;
    std::optional<VirtualNs> relative;
    bool in = false, delayed = false, fresh = true;
  };

  std::size_t count() const {
    return static_cast<std::size_t>(
        std::count_if(known_.begin(), known_.end(), [](const auto& x) { return x.second.in; }));
  }
  Weight weights() const {
    Weight sum = 0;
    for (const auto& [e, x] : known_) sum += x.in ? x.weight.value() : 0;
    return sum;
  }
  VirtualNs average() {
    __int128 sum = 0;
    for (const auto& [e, x] : known_)
      sum += x.in ? static_cast<__int128>(x.v) * x.weight.value() : 0;
    const Weight all = weights();
    if (all == 0) return last_;
    __int128 quotient = sum / all;
    if (sum % all < 0) --quotient;
    return last_ = static_cast<VirtualNs>(quotient);
  }
  bool eligible(const Entity& of) const {
    __int128 sum = 0;
    for (const auto& [e, x] : known_)
      sum += x.in ? static_cast<__int128>(x.v - of.v) * x.weight.value() : 0;
    return sum >= 0;
  }
  Duration shortest() const {
    Duration least = kForever;
    for (const auto& [e, x] : known_) least = x.in ? std::min(least, x.slice) : least;
    return least;
  }
  bool is_safe(const Entity& x) const {
    if (tuning_.protects_by_vruntime()) return x.v < x.safe;
    return tuning_.has(EevdfFeature::kRunToParity) && x.safe == x.deadline;
  }
  void protect(Entity& x) {
    x.safe = x.deadline;
    if (!tuning_.protects_by_vruntime()) return;
    const Duration least =
        tuning_.has(EevdfFeature::kRunToParity) ? shortest() : tuning_.least_protected();
    if (least < x.slice) x.safe = std::min(x.safe, x.v + x.weight.virtual_time(least));
  }
  void charge(Duration ran) {
    if (ran <= Duration(0)) return;
    Entity& x = known_[curr_];
    x.v += x.weight.virtual_time(ran);
    const bool over = x.v >= x.deadline;
    if (over) x.deadline = x.v + x.weight.virtual_time(x.slice);
    if (count() == 1) return;
    const bool bare = tuning_.protects_by_vruntime()
                          ? !is_safe(x)
                          : tuning_.has(EevdfFeature::kPreemptShort) && !is_safe(x) && !eligible(x);
    resched_ = resched_ || over || bare;
  }
  void place(Entity& x, bool first) {
    const VirtualNs middle = average();
    const Weight others = weights();
    VirtualNs lag = 0;
    if (others > 0 && tuning_.has(EevdfFeature::kPlaceLag))
      lag = static_cast<VirtualNs>(static_cast<__int128>(x.lag) * (others + x.weight.value()) /
                                   others);
    x.v = middle - lag;
    const VirtualNs request = x.weight.virtual_time(x.slice);
    x.deadline = x.v + x.relative.value_or(first && tuning_.has(EevdfFeature::kPlaceDeadlineInitial)
                                               ? request / 2
                                               : request);
    x.relative.reset();
  }
  void leave(EntityId e) {
    Entity& x = known_[e];
    const VirtualNs bound = x.weight.virtual_time(std::max(2 * x.slice, tuning_.tick()));
    x.lag = std::clamp(average() - x.v, -bound, bound);
    x.in = false;
    if (curr_ == e) curr_ = kNobody;
  }
  void forget_curr(Time now) {
    if (!running_ && ended_ != now) curr_ = kNobody, stays_ = false;
  }
  EntityId choose(bool protect_curr) {
    if (count() == 0) return kNobody;
    if (count() == 1 && curr_ != kNobody) return curr_;
    const bool takes_part = curr_ != kNobody && eligible(known_[curr_]);
    if (takes_part && protect_curr && is_safe(known_[curr_])) return curr_;
    EntityId best = kNobody;
    for (const auto& [e, x] : known_) {
      if (e == curr_ || !x.in || !eligible(x)) continue;
      if (best == kNobody || x.deadline < known_[best].deadline) best = e;
    }
    if (takes_part && (best == kNobody || known_[curr_].deadline < known_[best].deadline))
      return curr_;
    return best;
  }

  const EevdfTuning tuning_;
  std::map<EntityId, Entity> known_;
  VirtualNs last_ = 0;
  bool resched_ = false;
};

// 300 random scripts of 300 verbs for each kernel, with slices of their own or not, with a tick of 4 ms or not.
class LinuxEevdfTwin : public testing::TestWithParam<std::string> {};

TEST_P(LinuxEevdfTwin, PicksTheSame) {
  const SchedulerChoice choice = Registry::global().parse(GetParam());
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    RandomVerbs verbs(seed, seed % 2 == 0 ? std::vector<Weight>{1024, 2048, 335}
                                          : std::vector<Weight>{15, 110, 1024, 88761, 102400});
    if (seed % 3 != 0) verbs.hint_ms("slice", 1, 8);
    const bool ticks = seed % 5 < 2;
    if (ticks) verbs.have_ticks();
    const SchedulerContext context{.parameters = choice,
                                   .host = verbs,
                                   .cpus = 1,
                                   .capacity = kOneCpu,
                                   .seed = 1,
                                   .machine_tick = ticks ? 4ms : 0ms};
    SideBySide both(choice.make(context), std::make_unique<PlainEevdf>(context));
    ASSERT_NO_THROW(verbs.drive(both, 300));
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, LinuxEevdfTwin,
                         testing::Values("linux_eevdf", "linux_eevdf:version=6.12",
                                         "linux_eevdf:version=6.6", "linux_eevdf:features=+HRTICK",
                                         "linux_eevdf:features=-RUN_TO_PARITY-DELAY_ZERO",
                                         "linux_eevdf:slice=3ms,features=-PLACE_LAG-PREEMPT_SHORT"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                           return name;
                         });

}  // namespace
}  // namespace sharesim
