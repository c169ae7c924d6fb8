// Does the queue of the fair-queuing family find who is eligible and first, against a scan of all?

#include "schedulers/common/eligible_queue.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

#include <gtest/gtest.h>

#include "sim/scenario/distribution.hpp"
#include "tests/support/even_host.hpp"

namespace sharesim {
namespace {

// Does the queue find the smallest deadline of those that are eligible, whatever was set, cleared and
// taken before, when V goes back as well as forward? Against a scan; few values, so that there are
// ties of all kinds. Start tags and V are in thirds, and the queue knows them rounded down.
TEST(EligibleQueue, FindsWhatAScanFindsAlsoWhenVGoesBack) {
  struct Entry {
    Tag thirds;
    __int128 deadline;
  };
  RandomStream stream = make_stream(1, 1);
  const auto value = [&] { return static_cast<std::int64_t>(stream() % 40) - 20; };
  const auto rounded_down = [](Tag thirds) { return (thirds + 30) / 3 - 10; };
  for (int round = 0; round < 400; ++round) {
    const EvenHost host(round % 2 != 0);
    EligibleQueue<__int128> queue;
    std::map<EntityId, Entry> entries;
    for (int step = 0; step < 300; ++step) {
      const EntityId e = stream() % 32;
      if (stream() % 4 == 0) {
        queue.clear(e);
        entries.erase(e);
      } else {
        entries[e] = {value(), __int128{value()} << 64U};
        queue.set(e, rounded_down(entries[e].thirds), entries[e].deadline);
      }
      ASSERT_EQ(queue.contains(e), entries.contains(e));
      const Tag v = value();
      const CpuId cpu = stream() % 2;
      EntityId best = kNoEntity;
      for (const auto& [id, entry] : entries) {
        if (entry.thirds > v || !host.allowed(id, cpu)) continue;
        if (best == kNoEntity || entry.deadline < entries[best].deadline) best = id;
      }
      const auto has_begun = [&](EntityId id) { return entries[id].thirds <= v; };
      ASSERT_EQ(queue.take_first(host, cpu, rounded_down(v), has_begun), best);
      if (best != kNoEntity) entries.erase(best);
    }
  }
}

// And where V only goes forward, and is set on when nobody is eligible? admit() returns the larger of V
// and, in that case, the smallest start tag. On a CPU where none of the eligible may run, the smallest
// start tag of those that may. Few values again; the same queue from beginning to end, because who was
// held back at one V has to be found at a later one.
TEST(EligibleQueue, SetsVOnAndFindsWhatAScanFinds) {
  struct Entry {
    Tag start;
    Tag finish;
  };
  RandomStream stream = make_stream(2, 1);
  for (int round = 0; round < 400; ++round) {
    const EvenHost host(round % 2 != 0);
    EligibleQueue<Tag> queue;
    std::map<EntityId, Entry> entries;
    Tag v = 0;
    for (int step = 0; step < 300; ++step) {
      const EntityId e = stream() % 32;
      if (stream() % 8 == 0) {
        queue.clear(e);
        entries.erase(e);
      } else if (!entries.contains(e) || stream() % 8 == 0) {
        const Tag start = v - 5 + static_cast<Tag>(stream() % 15);
        entries[e] = {start, start + 1 + static_cast<Tag>(stream() % 10)};
        queue.set(e, start, entries[e].finish);
      }
      ASSERT_EQ(queue.contains(e), entries.contains(e));
      if (stream() % 2 == 0) continue;
      v += static_cast<Tag>(stream() % 3);
      Tag earliest = v;
      if (!entries.empty()) {
        const auto by_start = [](const auto& a, const auto& b) {
          return a.second.start < b.second.start;
        };
        const auto first = std::min_element(entries.begin(), entries.end(), by_start);
        earliest = std::max(v, first->second.start);
      }
      v = queue.admit(v);
      ASSERT_EQ(v, earliest);
      const CpuId cpu = stream() % 2;
      EntityId best = kNoEntity;
      const auto is_before = [&](const Entry& a, const Entry& b) {
        if ((a.start <= v) != (b.start <= v)) return a.start <= v;
        return a.start <= v ? a.finish < b.finish : a.start < b.start;
      };
      for (const auto& [id, entry] : entries) {
        if (!host.allowed(id, cpu)) continue;
        if (best == kNoEntity || is_before(entry, entries[best])) best = id;
      }
      ASSERT_EQ(queue.take_first(host, cpu), best);
      if (best != kNoEntity) entries.erase(best);
    }
  }
}

}  // namespace
}  // namespace sharesim
