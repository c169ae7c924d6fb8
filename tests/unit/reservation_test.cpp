// What sedf keeps of a reservation, at the very ends of its periods.

#include "schedulers/common/reservation.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

using namespace std::chrono_literals;

/// 30 ms in every 100, from a wakeup at 0 on: due at 100.
Reservation from_zero() {
  Reservation reservation(100ms, 30ms);
  reservation.go_away(kStart - 1ms);
  reservation.come_back(kStart);
  return reservation;
}

// Is a sleep that begins with the period one within it? It goes away at 0 sharp and comes back at 50: the rest of
// [0, 100) is lost, its budget is due at 200, from 100 on. The same if it comes back at once.
TEST(Reservation, SleepFromTheBeginningOfThePeriodLosesIt) {
  for (const Duration asleep : {50ms, 0ms}) {
    Reservation reservation = from_zero();
    EXPECT_EQ(reservation.deadline(), Time(100ms));
    reservation.go_away(kStart);
    reservation.come_back(kStart + asleep);
    EXPECT_EQ(reservation.deadline(), Time(200ms)) << to_ns(asleep);
    EXPECT_EQ(reservation.begin(), Time(100ms)) << to_ns(asleep);
  }
}

// And one that ends with the period? A new one begins: due at 200.
TEST(Reservation, SleepToTheEndOfThePeriodBeginsTheNext) {
  Reservation reservation = from_zero();
  reservation.go_away(Time(10ms));
  reservation.come_back(Time(100ms));
  EXPECT_EQ(reservation.deadline(), Time(200ms));
  EXPECT_EQ(reservation.left(), 30ms);
}

// A budget of more than the period is the period.
TEST(Reservation, BudgetIsNoMoreThanThePeriod) {
  const Reservation reservation(100ms, 300ms);
  EXPECT_EQ(reservation.left(), 100ms);
}

}  // namespace
}  // namespace sharesim
