// The numbers of fields are those of perfetto's protos/perfetto/trace/ftrace: ftrace_event_bundle.proto,
// ftrace_event.proto and sched.proto.

#include "sim/output/trace_perfetto_cpus.hpp"

namespace sharesim::perfetto {
namespace {

enum class Bundle : protozero::pbf_tag_type { kCpu = 1, kEvent = 2 };
enum class Event : protozero::pbf_tag_type { kTimestamp = 1, kPid = 2, kSwitch = 4, kWaking = 20 };
enum class Switch : protozero::pbf_tag_type {
  kPrevComm = 1,
  kPrevPid = 2,
  kPrevPrio = 3,
  kPrevState = 4,
  kNextComm = 5,
  kNextPid = 6,
  kNextPrio = 7
};
enum class Waking : protozero::pbf_tag_type {
  kComm = 1,
  kPid = 2,
  kPrio = 3,
  kSuccess = 4,
  kTargetCpu = 5
};

/// TASK_REPORT's bits: 0 is runnable, 1 sleeps, 16 is dead.
std::int64_t state_of(TraceThread from, StopReason why) {
  constexpr std::int64_t kSleeps = 1;
  constexpr std::int64_t kDead = 16;
  if (from.task == kNoTask) return from.id == 0 ? 0 : kSleeps;
  return why == StopReason::kBlocked ? kSleeps : why == StopReason::kExited ? kDead : 0;
}

}  // namespace

CpuBundles::CpuBundles(Packets& packets, const TraceThreads& threads)
    : packets_(packets), threads_(threads), bundles_(threads.scenario().machine.cpus) {
  for (TaskId task = 0; task < threads.scenario().task_count(); ++task) {
    tasks_.push_back(make_part(0, threads.of(task)));
  }
  for (CpuId cpu = 0; cpu < bundles_.size(); ++cpu) {
    idle_.push_back(make_part(cpu, {}));
    overhead_.push_back(make_part(cpu, {threads.overhead(cpu), kNoTask}));
  }
}

CpuBundles::SwitchPart CpuBundles::make_part(CpuId cpu, TraceThread thread) const {
  const std::string_view name = threads_.name_of(cpu, thread);
  SwitchPart part;
  pbf_builder<Switch> leaving(part.leaving);
  leaving.add_string(Switch::kPrevComm, name.data(), name.size());
  leaving.add_int32(Switch::kPrevPid, static_cast<std::int32_t>(thread.id));
  leaving.add_int32(Switch::kPrevPrio, threads_.priority(thread));
  pbf_builder<Switch> coming(part.coming);
  coming.add_string(Switch::kNextComm, name.data(), name.size());
  coming.add_int32(Switch::kNextPid, static_cast<std::int32_t>(thread.id));
  coming.add_int32(Switch::kNextPrio, threads_.priority(thread));
  return part;
}

const CpuBundles::SwitchPart& CpuBundles::as_part(CpuId cpu, TraceThread thread) const {
  if (thread.task != kNoTask) return tasks_[thread.task];
  return thread.id == 0 ? idle_[cpu] : overhead_[cpu];
}

void CpuBundles::switched(CpuId cpu, Time now, TraceThread from, StopReason why, TraceThread to) {
  {
    pbf_builder<Bundle> bundle(bundles_[cpu]);
    pbf_builder<Event> event(bundle, Bundle::kEvent);
    event.add_uint64(Event::kTimestamp, stamp(now));
    event.add_uint32(Event::kPid, from.id);
    pbf_builder<Switch> change(event, Event::kSwitch);
    bundles_[cpu] += as_part(cpu, from).leaving;
    change.add_int64(Switch::kPrevState, state_of(from, why));
    bundles_[cpu] += as_part(cpu, to).coming;
  }
  flush_if_full(cpu);
}

void CpuBundles::woke(CpuId cpu, Time now, TaskId task, TraceThread current) {
  {
    pbf_builder<Bundle> bundle(bundles_[cpu]);
    pbf_builder<Event> event(bundle, Bundle::kEvent);
    event.add_uint64(Event::kTimestamp, stamp(now));
    event.add_uint32(Event::kPid, current.id);
    pbf_builder<Waking> waking(event, Event::kWaking);
    const std::string_view name = threads_.name_of(task);
    waking.add_string(Waking::kComm, name.data(), name.size());
    waking.add_int32(Waking::kPid, static_cast<std::int32_t>(threads_.thread(task)));
    waking.add_int32(Waking::kPrio, threads_.priority(threads_.of(task)));
    waking.add_int32(Waking::kSuccess, 1);
    waking.add_int32(Waking::kTargetCpu, static_cast<std::int32_t>(cpu));
  }
  flush_if_full(cpu);
}

void CpuBundles::flush_if_full(CpuId cpu) {
  constexpr std::size_t kFull = 4U << 10;
  if (bundles_[cpu].size() >= kFull) flush(cpu);
}

void CpuBundles::flush(CpuId cpu) {
  if (bundles_[cpu].empty()) return;
  {
    pbf_builder<Trace> trace(packets_.bytes());
    pbf_builder<Packet> packet = packet_of(trace);
    pbf_builder<Bundle> bundle(packet, Packet::kFtraceEvents);
    bundle.add_uint32(Bundle::kCpu, cpu);
    packets_.bytes() += bundles_[cpu];
  }
  bundles_[cpu].clear();
  packets_.flush_if_full();
}

void CpuBundles::end() {
  for (CpuId cpu = 0; cpu < bundles_.size(); ++cpu) flush(cpu);
}

}  // namespace sharesim::perfetto
