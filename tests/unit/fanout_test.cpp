#include "sim/record/fanout.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

/// Writes down every call with its arguments, into a list that it shares with others.
class Scribe final : public RunObserver {
 public:
  Scribe(std::string name, std::vector<std::string>& lines)
      : name_(std::move(name)), lines_(lines) {}

  void arrived(TaskId task, Time now) override { write("arrived", {task}, now); }
  void left(TaskId task, Time now) override { write("left", {task}, now); }
  void run_begin(CpuId cpu, TaskId task, Time now) override {
    write("run_begin", {cpu, task}, now);
  }
  void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) override {
    write("run_end", {cpu, task, to_ns(begin), static_cast<std::int64_t>(why)}, end);
  }
  void overhead(CpuId cpu, TaskId task, Time begin, Duration lost) override {
    write("overhead", {cpu, task}, begin + lost);
  }
  void completed(TaskId task, Time since, Time now) override {
    write("completed", {task, to_ns(since)}, now);
  }
  void dropped(TaskId first_worker, Time now) override { write("dropped", {first_worker}, now); }
  void throttled(EntityRef entity, Time now) override { write("throttled", {entity.id}, now); }
  void unthrottled(EntityRef entity, Time now) override { write("unthrottled", {entity.id}, now); }
  void weight_changed(EntityRef entity, Weight weight, Time now) override {
    write("weight", {entity.id, weight}, now);
  }
  void cap_changed(EntityRef entity, const Bandwidth* cap, Time now) override {
    write("cap", {entity.id, cap == nullptr ? 0 : to_ns(cap->quota)}, now);
  }
  void affinity_changed(EntityRef entity, const CpuSet& cpus, Time now) override {
    write("affinity " + cpus.to_string(), {entity.id}, now);
  }
  void finished(Time now, bool complete) override { write("finished", {complete ? 1 : 0}, now); }

 private:
  void write(const std::string& call, const std::vector<std::int64_t>& arguments, Time now) {
    std::string line = name_ + ": " + call;
    for (const std::int64_t argument : arguments) line += ' ' + std::to_string(argument);
    lines_.push_back(line + " @" + std::to_string(to_ns(now)));
  }
  std::string name_;
  std::vector<std::string>& lines_;
};

// Does every call reach every observer, unchanged and in the order of the observers?
TEST(Fanout, HandsEveryCallOnInOrder) {
  std::vector<std::string> lines;
  Scribe a("a", lines);
  Scribe b("b", lines);
  Fanout fanout({&a, &b});
  const Bandwidth cap{ns(30), ns(100), {}};
  fanout.arrived(1, at_ns(10));
  fanout.overhead(2, 1, at_ns(10), ns(3));
  fanout.run_begin(2, 1, at_ns(13));
  fanout.throttled(EntityRef::group(4), at_ns(14));
  fanout.run_end(2, 1, at_ns(13), at_ns(15), StopReason::kThrottled);
  fanout.unthrottled(EntityRef::group(4), at_ns(16));
  fanout.weight_changed(EntityRef::task(1), 7, at_ns(17));
  fanout.cap_changed(EntityRef::task(1), &cap, at_ns(18));
  fanout.cap_changed(EntityRef::task(1), nullptr, at_ns(19));
  fanout.affinity_changed(EntityRef::task(1), *CpuSet::parse("0-2"), at_ns(20));
  fanout.completed(1, at_ns(10), at_ns(21));
  fanout.left(1, at_ns(22));
  fanout.dropped(5, at_ns(23));
  fanout.finished(at_ns(24), true);

  const std::vector<std::string> calls{
      "arrived 1 @10",        "overhead 2 1 @13",   "run_begin 2 1 @13",  "throttled 4 @14",
      "run_end 2 1 13 4 @15", "unthrottled 4 @16",  "weight 1 7 @17",     "cap 1 30 @18",
      "cap 1 0 @19",          "affinity 0-2 1 @20", "completed 1 10 @21", "left 1 @22",
      "dropped 5 @23",        "finished 1 @24"};
  std::vector<std::string> expected;
  for (const std::string& call : calls) {
    expected.push_back("a: " + call);
    expected.push_back("b: " + call);
  }
  EXPECT_EQ(lines, expected);
}

}  // namespace
}  // namespace sharesim
