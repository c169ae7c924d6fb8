// The queue of most policies, against a sorted set.

#include "schedulers/common/ready_tree.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/scenario/distribution.hpp"

namespace sharesim {
namespace {

/// Entity e may run on CPU c where e + c is even, or everywhere.
class EvenHost final : public QueueHost {
 public:
  explicit EvenHost(bool affinity) : affinity_(affinity) {}
  Duration remaining_burst(EntityId) const override { return kForever; }
  bool allowed(EntityId e, CpuId cpu) const override { return !affinity_ || (e + cpu) % 2 == 0; }
  bool has_affinity() const override { return affinity_; }
  const Bandwidth* cap(EntityId) const override { return nullptr; }

 private:
  bool affinity_;
};

TEST(ReadyTree, StartsEmpty) {
  ReadyTree tree;
  EXPECT_TRUE(tree.empty());
  EXPECT_EQ(tree.first(), kNoEntity);
  EXPECT_EQ(tree.take_first(), kNoEntity);
  EXPECT_FALSE(tree.contains(0));
  tree.clear(7);
}

// Ties go to the lower id; one that was taken is gone until it is set again.
TEST(ReadyTree, TiesGoToTheLowerId) {
  ReadyTree tree;
  for (const EntityId e : {5U, 2U, 9U}) tree.set(e, -4);
  EXPECT_EQ(tree.take_first(), 2U);
  EXPECT_FALSE(tree.contains(2));
  EXPECT_EQ(tree.take_first(), 5U);
  tree.set(2, -4);
  EXPECT_EQ(tree.take_first(), 2U);
  EXPECT_EQ(tree.take_first(), 9U);
  EXPECT_TRUE(tree.empty());
}

/// Drives a tree and a std::set of (key, id) at random; keys are small numbers times `unit`.
template <typename Key>
void behaves_as_a_sorted_set(Key unit) {
  ReadyTreeOf<Key> tree;
  std::set<std::pair<Key, EntityId>> set;
  const auto erase = [&](EntityId e) {
    std::erase_if(set, [&](const auto& item) { return item.second == e; });
  };
  const EvenHost host(*rc::gen::arbitrary<bool>());
  const int steps = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(1, 400));
  const auto ids = rc::gen::resize(rc::kNominalSize, rc::gen::inRange<EntityId>(0, 40));
  const auto keys = rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(-20, 20));
  for (int i = 0; i < steps; ++i) {
    const EntityId e = *ids;
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
      case 1: {
        const Key key = *keys * unit;
        erase(e);
        set.insert({key, e});
        tree.set(e, key);
        RC_ASSERT(tree.key(e) == key);
        break;
      }
      case 2:
        erase(e);
        tree.clear(e);
        break;
      case 3: {
        const CpuId cpu = e % 2;
        EntityId expected = kNoEntity;
        for (const auto& item : set) {
          if (expected == kNoEntity && host.allowed(item.second, cpu)) expected = item.second;
        }
        RC_ASSERT(tree.take_first(host, cpu) == expected);
        erase(expected);
        break;
      }
      default:
        RC_ASSERT(tree.empty() == set.empty());
        RC_ASSERT(tree.first() == (set.empty() ? kNoEntity : set.begin()->second));
    }
    bool there = false;
    for (const auto& item : set) there |= item.second == e;
    RC_ASSERT(tree.contains(e) == there);
  }
}

// The cheapest, where the cost of e is key * factor of e, the factors are 2 .. 5, and a tie goes to the smaller key, then to
// the lower id: does a search find it that leaves out what cannot be cheaper even with factor 2? Keys of 128 bits,
// beyond 2^64.
TEST(TournamentTree, SearchFindsTheBestAndLeavesOutTheRest) {
  RandomStream stream = make_stream(1, 1);
  TournamentTreeOf<__int128> tree;
  std::map<EntityId, __int128> keys;
  using Cost = std::tuple<__int128, __int128, EntityId>;
  constexpr Cost kNone{__int128{1} << 100U, 0, kNoEntity};
  const auto cost = [&](EntityId e) { return Cost{keys[e] * (2 + e % 4), keys[e], e}; };
  std::size_t visited = 0;
  std::size_t present = 0;
  for (int step = 0; step < 5'000; ++step) {
    const EntityId changed = stream() % 60;
    if (stream() % 4 == 0) {
      keys.erase(changed);
      tree.clear(changed);
    } else {
      keys[changed] = __int128{stream() % 50} << 62U;
      tree.set(changed, keys[changed]);
    }
    Cost least = kNone;
    for (const auto& [e, key] : keys) least = std::min(least, cost(e));
    Cost best = kNone;
    const EntityId smallest = tree.first();
    tree.search(
        [&](__int128 key, EntityId e) {
          return Cost{key * 2, key, e} < best;
        },
        [&](EntityId e) {
          ASSERT_TRUE(best != kNone || e == smallest);
          best = std::min(best, cost(e));
          ++visited;
        });
    ASSERT_EQ(std::get<EntityId>(best), std::get<EntityId>(least)) << "step " << step;
    present += keys.size();
  }
  EXPECT_LT(visited, present / 4);
}

// Does it do what a std::set does, whatever the order of calls?
RC_GTEST_PROP(ReadyTree, BehavesAsASortedSet, ()) { behaves_as_a_sorted_set<std::int64_t>(1); }

// And with keys of 128 bits that differ in the upper half, in the lower half, or by one?
RC_GTEST_PROP(ReadyTree, BehavesAsASortedSetOfWideKeys, ()) {
  const unsigned shift = *rc::gen::element(0U, 62U, 121U);
  behaves_as_a_sorted_set<__int128>(__int128{1} << shift);
}

}  // namespace
}  // namespace sharesim
