#include "sim/output/trace_ftrace.hpp"

#include <array>

#include <fmt/format.h>

#include "sim/output/digits.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kLineBytes = 256;  ///< of a line without its names
constexpr std::string_view kFlags = "] d..2 ";

std::string_view state_of(TraceThread from, StopReason why) {
  if (from.task == kNoTask) return from.id == 0 ? "R" : "S";
  switch (why) {
    case StopReason::kBlocked:
      return "S";
    case StopReason::kExited:
      return "X";
    case StopReason::kPreempted:
      return "R+";
    default:
      return "R";
  }
}

/// "12.000345678"
char* put_seconds(char* out, Time now) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  constexpr std::size_t kDecimals = 9;
  const std::int64_t stamp = to_ns(now + kTraceStart);
  out = put(out, stamp / kPerSecond);
  out = put(out, '.');
  std::int64_t rest = stamp % kPerSecond;
  for (std::size_t place = kDecimals; place-- > 0; rest /= 10) {
    out[place] = static_cast<char>('0' + rest % 10);
  }
  return out + kDecimals;
}

/// "007"
char* put_cpu(char* out, CpuId cpu) {
  constexpr CpuId kTwoDigits = 10;
  constexpr CpuId kThreeDigits = 100;
  if (cpu < kThreeDigits) out = put(out, '0');
  if (cpu < kTwoDigits) out = put(out, '0');
  return put(out, std::int64_t{cpu});
}

}  // namespace

FtraceText::FtraceText(OutFile& file, const Scenario& scenario) : file_(file), threads_(scenario) {
  const auto name = [this](const std::string& comm, std::uint32_t id, std::uint32_t process) {
    return Name{comm, line_begin(comm, id, process), mark_begin(comm, id, process)};
  };
  for (TaskId task = 0; task < scenario.task_count(); ++task) {
    tasks_.push_back(name(std::string(threads_.name_of(task)), threads_.thread(task),
                          threads_.process_of(task)));
  }
  for (GroupId group = 0; group < scenario.groups.size(); ++group) {
    const std::uint32_t id = threads_.process(group);
    groups_.push_back(mark_begin(std::string(threads_.process_name(group)), id, id));
  }
  for (CpuId cpu = 0; cpu < scenario.machine.cpus; ++cpu) {
    const std::uint32_t overhead = threads_.overhead(cpu);
    idle_.push_back({std::string(threads_.name_of(cpu, {})), line_begin("<idle>", 0, 0), ""});
    overhead_.push_back(name(std::string(threads_.name_of(cpu, {overhead, kNoTask})), overhead,
                             threads_.overhead_process()));
  }
  file_.write(
      "# tracer: nop\n#\n"
      "#           TASK-PID     TGID   CPU#  |||||  TIMESTAMP  FUNCTION\n"
      "#              | |         |      |   |||||     |         |\n");
}

std::string FtraceText::line_begin(const std::string& comm, std::uint32_t id,
                                   std::uint32_t process) const {
  const std::string tgid = id == 0 ? "-------" : fmt::format("{:>7}", process);
  return fmt::format("{:>16}-{:<7} ({}) [", comm, id, tgid);
}

/// Marks are about no CPU, and stand on the first. Most lines are those of counters: they are as short as readers allow,
/// without the blanks and flags that make columns.
std::string FtraceText::mark_begin(const std::string& comm, std::uint32_t id,
                                   std::uint32_t process) const {
  return fmt::format("{}-{} ({}) [000] ", comm, id, process);
}

/// As text; many lines have one time.
const std::string& FtraceText::stamp(Time now) {
  if (now != stamped_ || stamp_.empty()) {
    std::array<char, kMaxDigits + 1> text{};
    stamp_.assign(text.data(), put_seconds(text.data(), now));
    stamp_ += ": ";
    stamped_ = now;
  }
  return stamp_;
}

char* FtraceText::begin_line(char* out, std::string_view name, CpuId cpu, Time now) {
  out = put_cpu(put(out, name), cpu);
  out = put(out, kFlags);
  return put(out, stamp(now));
}

const FtraceText::Name& FtraceText::name_of(CpuId cpu, TraceThread thread) const {
  if (thread.task != kNoTask) return tasks_[thread.task];
  return thread.id == 0 ? idle_[cpu] : overhead_[cpu];
}

void FtraceText::switched(CpuId cpu, Time now, TraceThread from, StopReason why, TraceThread to) {
  const Name& prev = name_of(cpu, from);
  const Name& next = name_of(cpu, to);
  char* out =
      file_.reserve(kLineBytes + prev.line_begin.size() + prev.comm.size() + next.comm.size());
  out = begin_line(out, prev.line_begin, cpu, now);
  out = put(out, "sched_switch: prev_comm=");
  out = put(out, prev.comm);
  out = put(out, " prev_pid=");
  out = put(out, std::int64_t{from.id});
  out = put(out, " prev_prio=");
  out = put(out, std::int64_t{threads_.priority(from)});
  out = put(out, " prev_state=");
  out = put(out, state_of(from, why));
  out = put(out, " ==> next_comm=");
  out = put(out, next.comm);
  out = put(out, " next_pid=");
  out = put(out, std::int64_t{to.id});
  out = put(out, " next_prio=");
  out = put(out, std::int64_t{threads_.priority(to)});
  file_.filled_to(put(out, '\n'));
}

void FtraceText::woke(CpuId cpu, Time now, TaskId task, TraceThread current) {
  const Name& waker = name_of(cpu, current);
  const Name& woken = tasks_[task];
  char* out = file_.reserve(kLineBytes + waker.line_begin.size() + woken.comm.size());
  out = begin_line(out, waker.line_begin, cpu, now);
  out = put(out, "sched_waking: comm=");
  out = put(out, woken.comm);
  out = put(out, " pid=");
  out = put(out, std::int64_t{threads_.thread(task)});
  out = put(out, " prio=");
  out = put(out, std::int64_t{threads_.priority(threads_.of(task))});
  out = put(out, " target_cpu=");
  out = put_cpu(out, cpu);
  file_.filled_to(put(out, '\n'));
}

std::uint32_t FtraceText::process_of(EntityRef entity) const {
  return entity.is_task() ? threads_.process_of(entity.id) : threads_.process(entity.id);
}

FtraceText::Mark FtraceText::mark_of(EntityRef entity, const std::string& text) const {
  return {entity.is_task() ? tasks_[entity.id].mark_begin : groups_[entity.id], "print: " + text};
}

void FtraceText::write_mark(const Mark& mark, Time now, std::string_view value) {
  char* out = file_.reserve(kLineBytes + mark.begin.size() + mark.text.size() + value.size());
  out = put(put(out, mark.begin), stamp(now));
  file_.filled_to(put(put(put(out, mark.text), value), '\n'));
}

void FtraceText::define(const TraceCounter& counter) {
  if (counters_.size() <= counter.id) counters_.resize(counter.id + 1);
  counters_[counter.id] = mark_of(
      counter.entity,
      fmt::format("C|{}|{} of {}|", process_of(counter.entity), counter.kind_name, counter.name));
}

void FtraceText::value(const TraceCounter& counter, Time now, std::int64_t value) {
  std::array<char, kMaxDigits> digits{};
  const char* const end = put(digits.data(), value);
  write_mark(counters_[counter.id], now,
             {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void FtraceText::mark(EntityRef entity, Time now, std::string_view what) {
  write_mark(mark_of(entity, fmt::format("I|{}|", process_of(entity))), now, what);
}

/// A comment to those who read it; by it a trace that was cut off is told from a whole one.
void FtraceText::end() { file_.write("# end of trace\n"); }

}  // namespace sharesim
