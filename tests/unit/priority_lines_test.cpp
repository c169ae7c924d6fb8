// The run queues of several CPUs with priorities, against plain vectors.

#include "schedulers/common/priority_lines.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "sim/scenario/distribution.hpp"
#include "tests/support/even_host.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kLines = 4;
constexpr CpuId kCpus = 3;
using Line = std::vector<EntityId>;

// Do all lines hold whom they should, in their order, after any joins, leaves and sorts? A sort must be stable: from
// the lines in turn, each one's members go to the back of their new line, all lines starting empty. The strays that
// it is told of are those that stand wrong, some others with them, in any order.
TEST(PriorityLines, SortAsIfAllWereQueuedAnew) {
  RandomStream stream = make_stream(1, 1);
  PriorityLines<kLines> queues(kCpus);
  std::array<std::array<Line, kLines>, kCpus> lines;
  std::map<EntityId, std::size_t> priority;
  const std::array<EvenHost, 2> hosts{EvenHost(false), EvenHost(true)};
  for (int step = 0; step < 5'000; ++step) {
    const EntityId e = stream() % 30;
    const CpuId cpu = stream() % kCpus;
    auto& here = lines[cpu];
    const bool there = queues.contains(e);
    switch (stream() % 4) {
      case 0:
      case 1:
        if (there) {
          queues.erase(e);
          for (auto& each : lines) {
            for (Line& line : each) std::erase(line, e);
          }
        } else {
          priority[e] = stream() % kLines;
          queues.push_back(e, cpu, priority[e]);
          here[priority[e]].push_back(e);
        }
        break;
      case 2: {
        std::vector<EntityId> strays;
        std::array<Line, kLines> sorted;
        for (const Line& line : here) {
          for (const EntityId one : line) {
            if (stream() % 3 == 0) {
              priority[one] = stream() % kLines;
              strays.push_back(one);
            }
            sorted[priority[one]].push_back(one);
          }
        }
        std::shuffle(strays.begin(), strays.end(), stream);
        queues.sort(strays, [&](EntityId one) { return priority[one]; });
        here = sorted;
        break;
      }
      default:
        break;
    }
    Line all;
    for (const Line& line : here) all.insert(all.end(), line.begin(), line.end());
    ASSERT_EQ(queues.all(cpu, 0, kLines), all) << "step " << step;
    ASSERT_EQ(queues.size(cpu), all.size());
    Line middle = here[1];
    middle.insert(middle.end(), here[2].begin(), here[2].end());
    ASSERT_EQ(queues.all(cpu, 1, 3), middle);
    for (const EvenHost& host : hosts) {
      const auto first = std::find_if(middle.begin(), middle.end(),
                                      [&](EntityId one) { return host.allowed(one, 0); });
      ASSERT_EQ(queues.first(cpu, 1, 3, host, 0), first == middle.end() ? kNoEntity : *first);
    }
  }
}

}  // namespace
}  // namespace sharesim
