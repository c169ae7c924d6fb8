// The arithmetic of caps and credits, held to a twin that goes period by period.

#include "sim/core/quota.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sharesim {
namespace {

/// The same ns by ns: at each, what is used is taken, then a due refill is done.
class SlowQuota {
 public:
  explicit SlowQuota(const Bandwidth& cap)
      : cap_(cap),
        terms_(cap.credits.value_or(CreditTerms{})),
        left_(cap.credits ? terms_.balance : cap.quota),
        launch_(terms_.launch) {}

  void step(std::int64_t runners) {
    for (std::int64_t i = 0; i < runners; ++i) use_one();
    now_ += ns(1);
    if (to_ns(now_) % to_ns(cap_.period) == 0) refill();
  }
  Time now() const { return now_; }
  Duration left() const { return left_ + launch_; }
  Duration lost{}, charged{}, earned{}, spent{};

 private:
  void use_one() {
    spent += ns(1);
    if (launch_ > ns(0)) {
      launch_ -= ns(1);
    } else if (terms_.unlimited && left_ == -(cap_.quota + cap_.burst)) {
      charged += ns(1);
    } else {
      left_ -= ns(1);
    }
  }
  void refill() {
    earned += cap_.quota;
    for (Duration given{}; given < cap_.quota; given += ns(1)) {
      if (left_ == cap_.quota + cap_.burst) {
        lost += ns(1);
      } else {
        left_ += ns(1);
      }
    }
  }

  Bandwidth cap_;
  CreditTerms terms_;
  Duration left_, launch_;
  Time now_{};
};

/// Small numbers, so that every end is met: periods of 1 to 12 ns, limits of some periods.
Bandwidth small_cap() {
  const auto up_to = [](std::int64_t most) {
    return ns(*rc::gen::inRange<std::int64_t>(0, most + 1));
  };
  Bandwidth cap;
  cap.period = ns(1) + up_to(11);
  cap.quota = ns(1) + up_to(20);
  cap.burst = up_to(60);
  if (*rc::gen::element(true, true, false)) {
    cap.credits = CreditTerms{.balance = up_to(to_ns(cap.quota + cap.burst)),
                              .launch = *rc::gen::element(true, false) ? up_to(40) : ns(0),
                              .unlimited = *rc::gen::element(true, false)};
  }
  return cap;
}

// Question: is the answer for many periods at once that of going through them one by one, with every
// mixture of idle time and runners, at both ends of the balance? (Catches: a limit that is tested once
// for all periods and not at the right one; launch credits that refills fill up.)
TEST(Quota, ManyPeriodsAtOnceAreAsOneByOne) {
  EXPECT_TRUE(rc::check([] {
    const Bandwidth cap = small_cap();
    // Only an unlimited machine runs on without anything left.
    const bool goes_on = cap.credits && cap.credits->unlimited;
    Quota quota(cap);
    SlowQuota slow(cap);
    const auto stretches = *rc::gen::container<std::vector<std::pair<int, int>>>(
        8, rc::gen::pair(rc::gen::inRange(0, 100), rc::gen::inRange(0, 4)));
    for (auto [length, runners] : stretches) {
      const Time begin = slow.now();
      for (int i = 0; i < length && (goes_on || slow.left() >= ns(runners)); ++i)
        slow.step(runners);
      quota.run_until(begin, slow.now(), runners);
      RC_ASSERT(quota.left() == slow.left());
      const CreditAccount account = quota.account();
      if (cap.credits) {
        RC_ASSERT(account.spent == slow.spent);
        RC_ASSERT(account.earned == slow.earned);
        RC_ASSERT(account.lost == slow.lost);
        RC_ASSERT(account.charged == slow.charged);
        RC_ASSERT(account.balance >= ns(0) && account.surplus >= ns(0));
        RC_ASSERT(cap.credits->balance + cap.credits->launch + account.earned - account.lost -
                      account.spent ==
                  account.balance - account.surplus - account.charged);
      }
    }
  }));
}

// Question: is the end foreseen? Expected: the first instant at which there is less than one ns for each
// runner, as found ns by ns; to 1 ns where launch credits do not divide by the runners.
TEST(Quota, ForeseesWhenNothingIsLeft) {
  EXPECT_TRUE(rc::check([] {
    const Bandwidth cap = small_cap();
    Quota quota(cap);
    SlowQuota slow(cap);
    const int idle = *rc::gen::inRange(0, 50);
    for (int i = 0; i < idle; ++i) slow.step(0);
    quota.run_until(kStart, slow.now(), 0);
    const int runners = *rc::gen::inRange(1, 4);
    const Time dry = quota.dry_at(slow.now(), runners);
    const Time last = slow.now() + ns(2000);
    while (slow.left() >= ns(runners) && slow.now() < last) slow.step(runners);
    if (slow.now() == last) {
      RC_ASSERT(dry >= last);
    } else {
      RC_ASSERT(dry >= slow.now() - ns(1) && dry <= slow.now() + ns(1));
      if (!cap.credits || cap.credits->launch == ns(0)) RC_ASSERT(dry == slow.now());
    }
  }));
}

// Question: does a year at 1 ms cost anything, or overflow? Expected: 5 % of 168 h on 64 CPUs earned.
TEST(Quota, LongTimesAreOneStep) {
  using namespace std::chrono_literals;
  Bandwidth cap{ns(3'200'000), 1ms, 48h, CreditTerms{.unlimited = true, .vcpus = 64}};
  Quota quota(cap);
  quota.run_until(kStart, Time(168h), 64);
  EXPECT_EQ(quota.account().spent, 168h * 64);
  EXPECT_EQ(quota.account().earned, Duration(168h) * 64 / 20);
  EXPECT_EQ(quota.account().surplus, 48h);
  quota.run_until(Time(168h), Time(336h), 0);
  EXPECT_EQ(quota.account().balance, 48h + ns(3'200'000));
}

}  // namespace
}  // namespace sharesim
