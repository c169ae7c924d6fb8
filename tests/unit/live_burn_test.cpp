#include "sim/cgroup/live_burn.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "sim/cgroup/live_client.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::cgroup {
namespace {

using test::ms;
using namespace std::chrono_literals;
using Kind = LiveRecord::Kind;

class LiveBurn : public testing::Test {
 protected:
  LiveBurn() {
    board_.zero_ns = to_ns(live_now(0));
    board_.end_ns = to_ns(Duration(1h));
  }
  std::vector<LiveRecord> records() {
    std::vector<LiveRecord> all;
    for (LiveRecord record; page_->pop(record);) all.push_back(record);
    return all;
  }
  /// Sum of the runs that were told, and of the work asked for.
  static Duration ran(const std::vector<LiveRecord>& records) {
    Duration sum{};
    Time began{};
    for (const LiveRecord& record : records) {
      if (record.kind == Kind::kRunBegin) began = record.at;
      if (record.kind == Kind::kRunEnd) sum += record.at - began;
    }
    return sum;
  }

  LiveBoard board_;
  std::unique_ptr<LivePage> page_ = std::make_unique<LivePage>();
  const Duration gap_ = measure_switch_gap();
};

// Whatever else runs on this machine: the runs that a burst of 20 ms tells of add up to 20 ms, and to no
// more than what one last interrupt took beyond that.
TEST_F(LiveBurn, ABurstUsesWhatItWasAskedFor) {
  LiveBurner burner(*page_, board_, gap_);
  burner.begin();
  EXPECT_TRUE(burner.burn(20ms, kNever));
  burner.end(StopReason::kBlocked);
  const Duration sum = ran(records());
  EXPECT_GE(sum, 20ms);
  EXPECT_LT(sum, 30ms);
}

// What a burst uses too much the next ones make up for: 100 bursts of 100 us are 10 ms together, plus
// what the last one used too much.
TEST_F(LiveBurn, BurstsMakeUpForEachOther) {
  LiveBurner burner(*page_, board_, gap_);
  for (int i = 0; i < 100; ++i) {
    burner.begin();
    EXPECT_TRUE(burner.burn(100us, kNever));
    burner.end(StopReason::kBlocked);
  }
  const Duration sum = ran(records());
  EXPECT_GE(sum, 10ms);
  EXPECT_LT(sum, 20ms);
}

// Stopped at a time that has passed: nothing more is done, and the run does not reach beyond it by more
// than it had begun.
TEST_F(LiveBurn, AStopEndsABurst) {
  LiveBurner burner(*page_, board_, gap_);
  burner.begin();
  EXPECT_FALSE(burner.burn(kForever, burner.now() + 1ms));
  EXPECT_TRUE(burner.burn(0ms, kStart));  // there is nothing to do: it is done
}

// run 1 ms, sleep 1 ms, three times: three arrivals, three completions, three times no work; in the order
// of time, and then it is over.
TEST_F(LiveBurn, AClientTellsItsLife) {
  test::ScenarioBuilder builder;
  builder.task("a", 100, Sequence{{test::run_for(1ms), test::sleep_for(1ms)}, 3});
  LiveClient client(builder.build().tasks[0], 0, 1, *page_, board_, nullptr, gap_);
  client.live();
  EXPECT_EQ(page_->told_until(), kNever);
  const auto all = records();
  const auto count = [&](Kind kind) {
    return std::count_if(all.begin(), all.end(),
                         [&](const LiveRecord& r) { return r.kind == kind; });
  };
  EXPECT_EQ(count(Kind::kArrived), 3);
  EXPECT_EQ(count(Kind::kCompleted), 3);
  EXPECT_EQ(count(Kind::kLeft), 3);
  EXPECT_EQ(count(Kind::kRunBegin), count(Kind::kRunEnd));
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_GE(all[i].at, all[i - 1].at);
}

// More than a page holds while nobody reads is lost, and this is known.
TEST_F(LiveBurn, AFullPageSaysSo) {
  for (std::uint32_t i = 0; i < LivePage::kRecords; ++i) page_->push({});
  EXPECT_FALSE(page_->overrun());
  page_->push({});
  EXPECT_TRUE(page_->overrun());
  EXPECT_EQ(records().size(), LivePage::kRecords);
}

}  // namespace
}  // namespace sharesim::cgroup
