#include "sim/output/csv.hpp"

#include <cstdint>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/output/allocations.hpp"
#include "sim/output/schedule.hpp"
#include "tests/support/made_up_result.hpp"
#include "tests/support/run_command.hpp"

namespace sharesim {
namespace {

using test::made_up_result;
using test::made_up_scenario;
using test::read_file;
using test::ScratchFolder;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// RFC 4180: commas, quotes and line ends need quotes around, and a quote inside is doubled.
TEST(Csv, FieldsAreQuotedWhereNeeded) {
  EXPECT_EQ(csv_field("/web/worker.0"), "/web/worker.0");
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("sfq:slice=1ms,scope=global"), "\"sfq:slice=1ms,scope=global\"");
  EXPECT_EQ(csv_field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
  EXPECT_EQ(csv_field("a\rb"), "\"a\rb\"");
}

// One row per value; share is a fraction (4 s of 10 s), lag in ns, no row where there is no value:
// /hog has no response times.
TEST(Csv, MetricsAreTidy) {
  StringSink sink;
  write_metrics_heading(sink);
  Result result = made_up_result();
  result.scheduler = "sfq:slice=1ms,scope=global";
  write_metrics_csv(sink, result);
  const std::string begin = "demo,\"sfq:slice=1ms,scope=global\",";
  EXPECT_THAT(sink.text(), StartsWith("workload,scheduler,entity,kind,metric,unit,value\n" + begin +
                                      "/,group,share,fraction,1\n"));
  EXPECT_THAT(sink.text(), HasSubstr("\n" + begin + "/hog,task,share,fraction,0.4\n"));
  EXPECT_THAT(sink.text(), HasSubstr("\n" + begin + "/hog,task,lag_max,ns,1000000\n"));
  EXPECT_THAT(sink.text(), HasSubstr("\n" + begin + "/web/worker.1,task,switches,count,1000\n"));
  EXPECT_THAT(sink.text(), HasSubstr("\n" + begin + "/,group,jain,fraction,0.99875\n"));
  EXPECT_THAT(sink.text(), Not(HasSubstr("/hog,task,response_p99")));
  EXPECT_THAT(sink.text(), Not(HasSubstr("/web,group,idle")));
}

// Two more fields beside a baseline: 4 s of service where it has 3 s are 1 s more. /hog has no
// response times there, so that field and the difference are empty.
TEST(Csv, DifferencesAreTwoMoreFields) {
  StringSink sink;
  write_metrics_heading(sink, true);
  EXPECT_EQ(sink.text(), "workload,scheduler,entity,kind,metric,unit,value,baseline,difference\n");
  const Result baseline = made_up_result(made_up_scenario(), [](EntityRef entity) {
    EntityResult row = test::made_up_row(entity);
    if (entity.is_task()) row.service = 3 * test::kSecond;
    row.response = {};
    return row;
  });
  write_metrics_csv(sink, made_up_result(), Comparison{&baseline});
  const std::string begin = "\ndemo,sfq:slice=10ms,";
  EXPECT_THAT(sink.text(),
              HasSubstr(begin + "/hog,task,service,ns,4000000000,3000000000,1000000000\n"));
  EXPECT_THAT(sink.text(), HasSubstr(begin + "/hog,task,share,fraction,0.4,0.3,0.1\n"));
  EXPECT_THAT(sink.text(), HasSubstr(begin + "/web,group,response_p99,ns,12340000,,\n"));
  StringSink alone;
  write_metrics_csv(alone, made_up_result(), Comparison{nullptr});
  EXPECT_THAT(alone.text(), HasSubstr(begin + "/hog,task,service,ns,4000000000,,\n"));
}

// Each row has what happened in its tick, except for the lag, which is cumulative. /hog (task 2):
// service 4, then 4+5 = 9 in all; ideal 6, then 12 in all: lag 2, then 3.
TEST(Csv, AllocationsAreDifferencesAndLagIsNot) {
  const ScratchFolder scratch;
  const auto scenario = made_up_scenario();
  std::map<std::uint32_t, Progress> tasks;
  OutFile file(scratch.path() / "a.csv");
  AllocationsWriter writer(file, scenario, "sfq", std::make_shared<CsvPaths>(scenario),
                           [&](EntityRef e) { return e.is_task() ? tasks[e.id] : Progress{}; });
  tasks[2] = {.service_ns = 4, .ideal_ns = 6, .runnable_ns = 10, .throttled_ns = 0};
  writer.tick(at_ns(0), at_ns(10));
  tasks[2] = {.service_ns = 9, .ideal_ns = 12, .runnable_ns = 18, .throttled_ns = 1};
  writer.tick(at_ns(10), at_ns(20));
  file.commit();
  EXPECT_EQ(read_file(scratch.path() / "a.csv"),
            "tick_start_ns,scheduler,entity,kind,service_ns,ideal_ns,lag_ns,runnable_ns,"
            "throttled_ns\n"
            "0,sfq,/,group,0,0,0,0,0\n"
            "0,sfq,/web,group,0,0,0,0,0\n"
            "0,sfq,/web/worker.0,task,0,0,0,0,0\n"
            "0,sfq,/web/worker.1,task,0,0,0,0,0\n"
            "0,sfq,/hog,task,4,6,2,10,0\n"
            "10,sfq,/,group,0,0,0,0,0\n"
            "10,sfq,/web,group,0,0,0,0,0\n"
            "10,sfq,/web/worker.0,task,0,0,0,0,0\n"
            "10,sfq,/web/worker.1,task,0,0,0,0,0\n"
            "10,sfq,/hog,task,5,6,3,8,1\n");
}

// Numbers of 19 digits and a sign fit their room; a spelling with commas is quoted.
TEST(Csv, AllocationsHoldTheLargestNumbers) {
  constexpr std::int64_t kLargest = INT64_MAX;
  const ScratchFolder scratch;
  Scenario scenario = made_up_scenario();
  scenario.tasks.clear();
  scenario.groups.resize(1);
  OutFile file(scratch.path() / "a.csv");
  AllocationsWriter writer(file, scenario, "sfq:slice=1ms,scope=global",
                           std::make_shared<CsvPaths>(scenario), [](EntityRef) {
                             return Progress{kLargest, 0, kLargest, kLargest};
                           });
  writer.tick(at_ns(kLargest - 1), at_ns(kLargest));
  file.commit();
  EXPECT_THAT(read_file(scratch.path() / "a.csv"),
              HasSubstr("\n9223372036854775806,\"sfq:slice=1ms,scope=global\",/,group,"
                        "9223372036854775807,0,-9223372036854775807,9223372036854775807,"
                        "9223372036854775807\n"));
}

// A row per run with CPU time; a run of no length has none.
TEST(Csv, ScheduleHasARowPerRun) {
  const ScratchFolder scratch;
  Scenario scenario = made_up_scenario();
  scenario.tasks[1].name = "a,b";
  OutFile file(scratch.path() / "s.csv");
  ScheduleWriter writer(file, std::make_shared<CsvPaths>(scenario));
  writer.run_end(0, 0, at_ns(0), at_ns(5), StopReason::kSliceEnd);
  writer.run_end(3, 1, at_ns(5), at_ns(5), StopReason::kPreempted);
  writer.run_end(1023, 2, at_ns(5), at_ns(8), StopReason::kBlocked);
  file.commit();
  EXPECT_EQ(read_file(scratch.path() / "s.csv"),
            "begin_ns,end_ns,cpu,task,stop\n"
            "0,5,0,/web/worker.0,slice_end\n"
            "5,8,1023,\"/a,b\",blocked\n");
}

TEST(Csv, StopReasonsHaveWords) {
  EXPECT_EQ(stop_word(StopReason::kPreempted), "preempted");
  EXPECT_EQ(stop_word(StopReason::kYielded), "yielded");
  EXPECT_EQ(stop_word(StopReason::kThrottled), "throttled");
  EXPECT_EQ(stop_word(StopReason::kMigrated), "migrated");
  EXPECT_EQ(stop_word(StopReason::kExited), "exited");
}

}  // namespace
}  // namespace sharesim
