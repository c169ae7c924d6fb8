#pragma once
// What a real kernel did: the measured cases that the Linux model is held to.
//
// Linux 6.18.44, 2 virtual CPUs, HZ=250, PREEMPT_NONE (dynamic), groups pinned to CPU 1, load generators
// that burn CPU in user mode, timer slack 1 ns. Each value is one run; the quiet machine had less than
// .5 % of other load. Workloads are those of workloads/linux.

#include <cstddef>
#include <string_view>
#include <vector>

namespace sharesim::test {

enum class Quantity : unsigned char {
  kShare,             ///< of one CPU; kernel: of the CPU time of those that are named here
  kInvoluntary,       ///< switches away from it while it could have gone on
  kService,           ///< seconds
  kThrottled,         ///< seconds, as cpu.stat counts them (throttled_time)
  kPeriods,           ///< nr_periods of cpu.stat
  kThrottledPeriods,  ///< nr_throttled
  kWakeupP50,         ///< us, as the next two
  kWakeupP90,
  kWakeupP99,
  kReleaseP50,  ///< us from the release of a job to its start, had its predecessor been done or not
  kReleaseP90,
  kReleaseP99,
};

struct MeasuredCase {
  std::string_view workload;
  std::string_view entity;
  Quantity quantity;
  std::vector<double> runs;
  /// How far the model may be from the mean of the runs: of a share absolutely, else as a part of it. 0:
  /// shown only.
  double within;
  /// Why the model is further off than that, if it is.
  std::string_view exception = "";
};

// The tolerances of the quiet machine, and those where other load was there (a fifth of the CPU, or an
// unknown little).
inline constexpr double kQuietShare = 0.001, kQuietSwitches = 0.05, kQuietLatency = 0.08;
inline constexpr double kCap = 0.005, kThrottledTime = 0.02, kPeriodCount = 0.01;
inline constexpr double kLoadedShare = 0.002, kLoadedSwitches = 0.10, kLoadedLatency = 0.15;
inline constexpr double kShownOnly = 0;

inline constexpr std::string_view kOwnTime =
    "the kernel counts what it does for the sleeper (about 0.1 ms in each cycle of 14 ms) as the "
    "sleeper's CPU time; the model as overhead. The cycle is the same: with bursts of 5.1 ms the "
    "model "
    "says .3641";
inline constexpr std::string_view kPreemptionsOfSleeper =
    "one preemption in each second cycle in the model; the kernel has 6 % more, and in one run of "
    "three 18 %; the jitter of ticks and wakeups is not modelled";
inline constexpr std::string_view kOrderOfTies =
    "the three runs differ by 5 % among themselves; presumably the kernel's runs, which are not "
    "all quite a tick long, let 1024 and 2048 follow each other in a part of the rounds, where the "
    "model always has 4096 between them";
inline constexpr std::string_view kEightTicks =
    "eight runs of a tick are its share of 10 s; what cuts some of the kernel's short is not known";
inline constexpr std::string_view kSliceOfOneTick =
    "a slice of exactly one tick is over at the first tick or the second, as the jitter of the "
    "timer has "
    "it; in the model, which has none, always at the second";
inline constexpr std::string_view kPhaseOfShort =
    "the probe is preempted where a tick falls into its 1 ms: with costs of a wakeup from 0 to 60 "
    "us the "
    "model gives 165 to 206, with runs of 1.05 ms 233";
inline constexpr std::string_view kNoOtherLoad =
    "a machine with one task that works a tenth of the time: its CPU sleeps deeply in between, and "
    "what "
    "waking it costs is no matter of scheduling";
inline constexpr std::string_view kTwoRuns =
    "the two runs differ by a quarter; the model is within 2 % of the lower one";
inline constexpr std::string_view kNiceBesideHog =
    "one run only; why the model waits longer for the group of the hog in a tenth of the wakeups "
    "is not known";

inline const std::vector<MeasuredCase>& measured_cases() {
  using enum Quantity;
  static const std::vector<MeasuredCase> kCases{
      // The quiet machine.
      {"shares-1-2-4", "/one/spinner", kShare, {.14288, .14281, .14279}, kQuietShare},
      {"shares-1-2-4", "/two/spinner", kShare, {.28580, .28568, .28580}, kQuietShare},
      {"shares-1-2-4", "/four/spinner", kShare, {.57132, .57151, .57141}, kQuietShare},
      {"shares-1-2-4", "/one/spinner", kInvoluntary, {716, 715, 717}, kQuietSwitches},
      {"shares-1-2-4", "/two/spinner", kInvoluntary, {1430, 1431, 1429}, kQuietSwitches},
      {"shares-1-2-4",
       "/four/spinner",
       kInvoluntary,
       {2044, 2029, 1937},
       kQuietSwitches,
       kOrderOfTies},
      {"sleeper-same-group",
       "/all/sleeper",
       kShare,
       {.36415, .36856, .36433},
       kQuietShare,
       kOwnTime},
      {"sleeper-same-group",
       "/all/sleeper",
       kInvoluntary,
       {379, 423, 382},
       kQuietSwitches,
       kPreemptionsOfSleeper},
      {"sleeper-same-group", "/all/spinner", kInvoluntary, {1092, 1131, 1095}, kQuietSwitches},
      {"sleeper-two-groups",
       "/one/sleeper",
       kShare,
       {.36413, .36690, .36424},
       kQuietShare,
       kOwnTime},
      {"sleeper-two-groups",
       "/one/sleeper",
       kInvoluntary,
       {370, 438, 377},
       kQuietSwitches,
       kPreemptionsOfSleeper},
      {"sleeper-two-groups", "/two/spinner", kInvoluntary, {1084, 1138, 1090}, kQuietSwitches},
      {"cap-alone", "/capped", kService, {3.031, 3.012, 3.035}, kCap},
      {"cap-alone", "/capped", kPeriods, {103}, kPeriodCount},
      {"cap-alone", "/capped", kThrottledPeriods, {101, 100, 101}, kPeriodCount},
      {"cap-alone", "/capped", kThrottled, {6.934, 6.993, 6.984}, kThrottledTime},
      {"cap-and-competitor", "/capped", kService, {3.003, 3.006, 3.020}, kCap},
      {"cap-and-competitor", "/capped", kPeriods, {102}, kPeriodCount},
      {"cap-and-competitor", "/capped", kThrottledPeriods, {100, 100, 99}, kPeriodCount},
      {"cap-and-competitor", "/capped", kThrottled, {3.943, 3.976, 3.945}, kThrottledTime},
      {"latency-0", "/all/probe", kWakeupP50, {108, 126, 104}, kShownOnly},
      {"latency-0", "/all/probe", kWakeupP90, {135, 191, 134}, kQuietLatency, kNoOtherLoad},
      {"latency-0", "/all/probe", kWakeupP99, {215, 2328, 181}, kQuietLatency, kNoOtherLoad},
      {"latency-1", "/all/probe", kWakeupP50, {35, 57, 45}, kShownOnly},
      {"latency-1", "/all/probe", kWakeupP90, {3237, 3420, 3441}, kQuietLatency},
      {"latency-1", "/all/probe", kWakeupP99, {4002, 3978, 3984}, kQuietLatency},
      {"latency-2", "/all/probe", kWakeupP50, {63, 69, 83}, kShownOnly},
      {"latency-2", "/all/probe", kWakeupP90, {5116, 5119, 5104}, kQuietLatency},
      {"latency-2", "/all/probe", kWakeupP99, {7720, 7719, 7704}, kQuietLatency},
      {"latency-8", "/all/probe", kReleaseP50, {8667, 8419, 8358}, kShownOnly},
      {"latency-8", "/all/probe", kReleaseP90, {16883, 16744, 16688}, kQuietLatency},
      {"latency-8", "/all/probe", kReleaseP99, {19961, 19661, 19691}, kQuietLatency},
      {"latency-4-short", "/all/probe", kWakeupP50, {71, 63, 58}, kShownOnly},
      {"latency-4-short", "/all/probe", kWakeupP90, {7906, 7893, 7914}, kQuietLatency},
      {"latency-4-short", "/all/probe", kWakeupP99, {8603, 8642, 8665}, kQuietLatency},
      {"latency-4-short",
       "/all/probe",
       kInvoluntary,
       {219, 216, 217},
       kQuietSwitches,
       kPhaseOfShort},
      // With a little other load.
      {"equal", "/a/spinner", kShare, {.4998, .5002, .5000}, kLoadedShare},
      {"equal", "/a/spinner", kInvoluntary, {1250, 1242}, kLoadedSwitches},
      {"one-against-ten", "/one/spinner", kShare, {.5000, .5000, .5000}, kLoadedShare},
      {"one-against-ten", "/one/spinner", kInvoluntary, {1118, 1250, 1303}, kLoadedSwitches},
      {"one-against-ten", "/ten/spinner.0", kShare, {.0498, .0502}, kLoadedShare},
      {"one-against-ten", "/ten/spinner.0", kInvoluntary, {109, 136}, kLoadedSwitches},
      {"nice", "/all/favoured", kShare, {.6965, .6965, .6965}, kLoadedShare},
      {"nice", "/all/normal", kShare, {.2287, .2285, .2285}, kLoadedShare},
      {"nice", "/all/modest", kShare, {.0748, .0750, .0750}, kLoadedShare},
      {"nice", "/all/favoured", kInvoluntary, {770}, kLoadedSwitches},
      {"nice", "/all/normal", kInvoluntary, {573}, kLoadedSwitches},
      {"nice", "/all/modest", kInvoluntary, {187}, kLoadedSwitches},
      {"idle-group", "/idle/spinner", kShare, {.0032, .0032, .0033}, kLoadedShare},
      {"idle-group", "/idle/spinner", kInvoluntary, {10, 12}, kLoadedSwitches, kEightTicks},
      {"slices-3-12", "/all/short", kShare, {.3331, .3335}, kLoadedShare},
      {"slices-3-12", "/all/long", kShare, {.3331, .3335}, kLoadedShare},
      {"slices-3-12", "/all/short", kInvoluntary, {811, 839}, kLoadedSwitches},
      {"slices-3-12", "/all/long", kInvoluntary, {811, 839}, kLoadedSwitches},
      {"slices-4-20", "/all/short", kShare, {.5003}, kLoadedShare},
      {"slices-4-20", "/all/long", kShare, {.4997}, kLoadedShare},
      {"slices-4-20", "/all/short", kInvoluntary, {696}, kLoadedSwitches, kSliceOfOneTick},
      {"slices-4-20", "/all/long", kInvoluntary, {691}, kLoadedSwitches},
      // A hog in a group of its own has a fifth of the CPU.
      {"sleeper-foreign", "/top/sleeper", kInvoluntary, {505, 666}, kLoadedSwitches, kTwoRuns},
      {"sleeper-foreign", "/top/spinner", kInvoluntary, {1103, 1383}, kLoadedSwitches, kTwoRuns},
      {"latency-1-foreign", "/top/probe", kWakeupP50, {61, 37}, kShownOnly},
      {"latency-1-foreign", "/top/probe", kWakeupP90, {4074, 4091}, kLoadedLatency},
      {"latency-1-foreign", "/top/probe", kWakeupP99, {7946, 7901}, kLoadedLatency},
      {"latency-2-foreign", "/top/probe", kWakeupP50, {2092, 2183}, kShownOnly},
      {"latency-2-foreign", "/top/probe", kWakeupP90, {7840, 7843}, kLoadedLatency},
      {"latency-2-foreign", "/top/probe", kWakeupP99, {11384, 11306}, kLoadedLatency},
      {"latency-4-nice-foreign", "/top/probe", kWakeupP50, {61}, kShownOnly},
      {"latency-4-nice-foreign", "/top/probe", kWakeupP90, {7126}, kLoadedLatency},
      {"latency-4-nice-foreign", "/top/probe", kWakeupP99, {8516}, kLoadedLatency, kNiceBesideHog},
  };
  return kCases;
}

}  // namespace sharesim::test
