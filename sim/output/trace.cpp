#include "sim/output/trace.hpp"

#include <utility>

namespace sharesim {
namespace {

constexpr std::string_view kLag = "lag behind the ideal";
constexpr std::string_view kQuota = "quota left";

}  // namespace

TraceWriter::TraceWriter(const Scenario& scenario, std::unique_ptr<TraceFormat> format,
                         Measures& measures)
    : scenario_(scenario),
      threads_(scenario),
      format_(std::move(format)),
      measures_(measures),
      counters_(scenario, *format_),
      cpus_(scenario.machine.cpus),
      is_running_(scenario.task_count()),
      has_had_cap_(scenario.groups.size() + scenario.task_count()) {
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    if (scenario.groups[id].cap) note_cap(EntityRef::group(id));
  }
  for (const TaskSpec& spec : scenario.tasks) {
    for (std::uint32_t i = 0; spec.cap && i < spec.instances(); ++i) {
      note_cap(EntityRef::task(spec.first + i));
    }
  }
}

// --- Told by the run ---

void TraceWriter::touch_cpu(CpuId cpu) {
  if (cpus_[cpu].touched) return;
  cpus_[cpu].touched = true;
  touched_cpus_.push_back(cpu);
}

void TraceWriter::arrived(TaskId task, Time) { woken_.push_back(task); }

void TraceWriter::run_begin(CpuId cpu, TaskId, Time) { touch_cpu(cpu); }

void TraceWriter::run_end(CpuId cpu, TaskId, Time, Time, StopReason why) {
  touch_cpu(cpu);
  cpus_[cpu].why = why;
}

void TraceWriter::overhead(CpuId cpu, TaskId, Time, Duration) { touch_cpu(cpu); }

void TraceWriter::throttled(EntityRef entity, Time now) { format_->mark(entity, now, "throttled"); }

void TraceWriter::unthrottled(EntityRef entity, Time now) {
  format_->mark(entity, now, "unthrottled");
}

void TraceWriter::cap_changed(EntityRef entity, const Bandwidth*, Time) { note_cap(entity); }

void TraceWriter::note_cap(EntityRef entity) {
  const std::size_t at = entity.is_task() ? scenario_.groups.size() + entity.id : entity.id;
  if (has_had_cap_[at]) return;
  has_had_cap_[at] = true;
  capped_.push_back(entity);
}

void TraceWriter::finished(Time now, bool) {
  for (CpuId cpu = 0; cpu < cpus_.size(); ++cpu) show_switch(cpu, now, {});
  format_->end();
}

// --- Shown by the run ---

void TraceWriter::instant(Time now, const RunView& view) {
  if (threads_.has_overhead()) {  // nobody tells of the beginning of a switch
    for (CpuId cpu = 0; cpu < cpus_.size(); ++cpu) touch_cpu(cpu);
  }
  show_wakeups(now, view, false);
  for (const CpuId cpu : touched_cpus_) {
    show_switch(cpu, now, view.on_cpu(cpu));
    cpus_[cpu].touched = false;
  }
  show_wakeups(now, view, true);
  for (const CpuId cpu : touched_cpus_) {  // a task may have moved from one of them to another
    const Occupant& on = cpus_[cpu].on;
    if (on.task != kNoTask && !on.overhead) is_running_[on.task] = true;
  }
  touched_cpus_.clear();
  woken_.clear();
}

void TraceWriter::edge(Time now, const RunView& view) {
  measures_.pass(now);
  if (now < next_look_) return;
  for (TaskId task = 0; task < is_running_.size(); ++task) look_at_task(task, now, view);
  const CpuId queues = view.global_queues() ? 1 : static_cast<CpuId>(cpus_.size());
  for (GroupId group = 1; group < scenario_.groups.size(); ++group) {
    for (CpuId cpu = 0; cpu < queues; ++cpu) look_at_group(group, cpu, now, view);
  }
  for (const EntityRef entity : capped_) look_at_quota(entity, now, view);
  look_again_after(now);
}

/// The more there was to write, the later.
void TraceWriter::look_again_after(Time now) {
  const std::uint64_t wrote =
      counters_.written() - std::exchange(written_before_, counters_.written());
  const std::uint64_t rows = scenario_.groups.size() + is_running_.size();
  const std::uint64_t ticks = format_->is_wordy() ? (wrote + rows - 1) / rows : 1;
  next_look_ = now + scenario_.record_tick * static_cast<std::int64_t>(ticks);
}

void TraceWriter::tick(Time, Time end) {
  const bool is_last = end == kStart + scenario_.duration;
  if (end < next_look_ && !is_last) return;
  const auto lag = [&](EntityRef entity) {
    const Progress progress = measures_.progress(entity);
    counters_.value(kLag, true, entity, kNoCpu, end, progress.ideal_ns - progress.service_ns);
  };
  for (GroupId group = 1; group < scenario_.groups.size(); ++group) lag(EntityRef::group(group));
  for (TaskId task = 0; task < is_running_.size(); ++task) lag(EntityRef::task(task));
}

// --- Shown to the format ---

TraceThread TraceWriter::thread_of(CpuId cpu, const Occupant& occupant) const {
  if (occupant.task == kNoTask) return {};
  if (occupant.overhead) return {threads_.overhead(cpu), kNoTask};
  return {threads_.thread(occupant.task), occupant.task};
}

/// A task that gives up its CPU and wakes up in the same instant is seen to stop first.
void TraceWriter::show_wakeups(Time now, const RunView& view, bool of_running) {
  for (TaskId& task : woken_) {
    if (task == kNoTask || (is_running_[task] && !of_running)) continue;
    const CpuId home = view.cpu_of(task);
    const CpuId cpu = home == kNoCpu ? 0 : home;
    format_->woke(cpu, now, task, thread_of(cpu, cpus_[cpu].on));
    task = kNoTask;
  }
}

void TraceWriter::show_switch(CpuId id, Time now, const Occupant& next) {
  Cpu& cpu = cpus_[id];
  const TraceThread from = thread_of(id, cpu.on);
  const TraceThread to = thread_of(id, next);
  if (from.id != to.id) format_->switched(id, now, from, cpu.why, to);
  if (from.task != kNoTask) is_running_[from.task] = false;
  cpu.on = next;
}

void TraceWriter::look_at_task(TaskId task, Time now, const RunView& view) {
  PolicyValues values(counters_, EntityRef::task(task), kNoCpu, now);
  view.describe(task, values);
  look_at_quota(EntityRef::task(task), now, view);
}

void TraceWriter::look_at_group(GroupId group, CpuId cpu, Time now, const RunView& view) {
  const CpuId own = view.global_queues() || cpus_.size() == 1 ? kNoCpu : cpu;
  PolicyValues values(counters_, EntityRef::group(group), own, now);
  view.describe(group, cpu, values);
}

void TraceWriter::look_at_quota(EntityRef entity, Time now, const RunView& view) {
  const std::size_t at = entity.is_task() ? scenario_.groups.size() + entity.id : entity.id;
  if (!has_had_cap_[at]) return;
  const std::optional<Duration> left = view.quota_left(entity);
  if (left) counters_.value(kQuota, true, entity, kNoCpu, now, to_ns(*left));
}

}  // namespace sharesim
