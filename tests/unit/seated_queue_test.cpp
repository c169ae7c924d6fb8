// A queue with seats, against a sorted set.

#include "schedulers/common/seated_queue.hpp"

#include <iterator>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "sim/scenario/distribution.hpp"

namespace sharesim {
namespace {

// Do those come out in the order of their ranks who would from a sorted set, whoever had a seat before them? Ids are far
// apart; ranks differ above 2^64 or below.
TEST(SeatedQueue, AnswersAsASortedSet) {
  RandomStream stream = make_stream(1, 1);
  SeatedQueue queue;
  std::map<SeatedQueue::Rank, EntityId> set;
  std::map<SeatedQueue::Rank, SeatedQueue::Seat> seats;
  for (std::int64_t step = 0; step < 20'000; ++step) {
    if (set.empty() || stream() % 2 == 0) {
      const auto rank = (SeatedQueue::Rank{stream() % 5} << 64U) + (step * 7919 % 20'011);
      const EntityId e = stream() % 1000 * 1000;
      set[rank] = e;
      seats[rank] = queue.insert(e, rank);
    } else {
      const auto leaves =
          stream() % 2 == 0
              ? set.begin()
              : std::next(set.begin(), static_cast<std::ptrdiff_t>(stream() % set.size()));
      queue.erase(seats.at(leaves->first));
      seats.erase(leaves->first);
      set.erase(leaves);
    }
    ASSERT_EQ(queue.size(), set.size());
    ASSERT_EQ(queue.empty(), set.empty());
    if (stream() % 2 == 0) {
      ASSERT_EQ(queue.first(), set.empty() ? kNoEntity : set.begin()->second) << "step " << step;
    }
    const auto even = [](EntityId e) { return e / 1000 % 2 == 0; };
    EntityId first_even = kNoEntity;
    for (const auto& [rank, e] : set) {
      if (first_even == kNoEntity && even(e)) first_even = e;
    }
    ASSERT_EQ(queue.first_if(even), first_even) << "step " << step;
  }
}

// Does it grow with those that wait, and not with their ids? Seats are given again.
TEST(SeatedQueue, SeatsAreUsedAgain) {
  SeatedQueue queue;
  std::vector<SeatedQueue::Seat> seats;
  for (EntityId e = 0; e < 1000; ++e) {
    const SeatedQueue::Seat seat = queue.insert(e * 1000, e);
    ASSERT_LE(seat, 1U);
    seats.push_back(seat);
    if (e > 0) queue.erase(seats[e - 1]);
  }
}

}  // namespace
}  // namespace sharesim
