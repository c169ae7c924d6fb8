// Keys that change often and are seldom asked for, against a sorted set.

#include "schedulers/common/deferred_tree.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "sim/scenario/distribution.hpp"

namespace sharesim {
namespace {

// Is the first the one of a sorted set, however many changes there were since the last question, also those that
// took one out and put it back?
TEST(DeferredTree, AnswersAsASortedSet) {
  RandomStream stream = make_stream(1, 1);
  DeferredTree tree;
  std::set<std::pair<DeferredTree::Key, EntityId>> set;
  for (int step = 0; step < 20'000; ++step) {
    const EntityId e = stream() % 40;
    const auto there =
        std::find_if(set.begin(), set.end(), [&](const auto& item) { return item.second == e; });
    ASSERT_EQ(tree.contains(e), there != set.end());
    if (there != set.end()) {
      ASSERT_EQ(tree.key(e), there->first);
      set.erase(there);
    }
    if (stream() % 3 == 0) {
      tree.clear(e);
    } else {
      const auto key = static_cast<DeferredTree::Key>(stream() % 30);
      tree.set(e, key);
      set.insert({key, e});
    }
    if (stream() % 8 == 0) {
      ASSERT_EQ(tree.first(), set.empty() ? kNoEntity : set.begin()->second) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace sharesim
