// The numbers of fields are those of perfetto's protos/perfetto/trace: trace.proto, trace_packet.proto,
// ftrace/{ftrace_event_bundle,ftrace_event,sched}.proto, ps/process_tree.proto and
// track_event/{track_descriptor,process_descriptor,thread_descriptor,counter_descriptor,track_event,debug_annotation}.proto.

#include "sim/output/trace_perfetto.hpp"

#include <algorithm>
#include <array>
#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>

#include "sim/output/version.hpp"

namespace sharesim {
namespace {

using protozero::pbf_builder;

enum class Trace : protozero::pbf_tag_type { kPacket = 1 };
enum class Packet : protozero::pbf_tag_type {
  kFtraceEvents = 1,
  kProcessTree = 2,
  kTimestamp = 8,
  kSequence = 10,
  kTrackEvent = 11,
  kSequenceFlags = 13,
  kTrackDescriptor = 60
};
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
enum class Tree : protozero::pbf_tag_type { kProcess = 1, kThread = 2 };
enum class TreeProcess : protozero::pbf_tag_type { kPid = 1, kParent = 2, kCommandLine = 3 };
enum class TreeThread : protozero::pbf_tag_type { kId = 1, kName = 2, kProcess = 3 };
enum class Track : protozero::pbf_tag_type {
  kUuid = 1,
  kName = 2,
  kProcess = 3,
  kThread = 4,
  kParent = 5,
  kCounter = 8,
  kChildOrdering = 11,
  kRank = 12
};
enum class ProcessTrack : protozero::pbf_tag_type { kPid = 1, kName = 6 };
enum class ThreadTrack : protozero::pbf_tag_type { kPid = 1, kId = 2, kName = 5 };
enum class CounterTrack : protozero::pbf_tag_type { kUnit = 3, kShareKey = 7 };
enum class TrackEvent : protozero::pbf_tag_type {
  kAnnotation = 4,
  kType = 9,
  kTrack = 11,
  kName = 23,
  kCounterValue = 30
};
enum class Annotation : protozero::pbf_tag_type { kText = 6, kName = 10 };

constexpr std::int32_t kInstantType = 3;  // TrackEvent.TYPE_INSTANT
constexpr std::int32_t kCounterType = 4;  // TrackEvent.TYPE_COUNTER
constexpr std::int32_t kTimeNs = 1;       // CounterDescriptor.UNIT_TIME_NS
constexpr std::int32_t kCount = 2;        // CounterDescriptor.UNIT_COUNT
constexpr std::int32_t kExplicit = 3;     // TrackDescriptor.EXPLICIT
constexpr std::uint32_t kStateClear = 1;  // TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
constexpr std::uint32_t kOurSequence = 1;

constexpr std::size_t kBundleBytes = 4U << 10;
constexpr std::size_t kOutBytes = 64U << 10;

/// Tracks of one trace: what kind of thing, and its number. Small numbers are short in the file.
enum class TrackKind : std::uint64_t { kOfProcess = 1, kOfThread, kOfKind, kOfCounter, kOfRun };
std::uint64_t uuid(TrackKind kind, std::uint32_t number) {
  constexpr unsigned kKindBits = 3;
  return (std::uint64_t{number} << kKindBits) | static_cast<std::uint64_t>(kind);
}

std::uint64_t stamp(Time now) { return static_cast<std::uint64_t>(to_ns(now + kTraceStart)); }

/// TASK_REPORT's bits: 0 is runnable, 1 sleeps, 16 is dead.
std::int64_t state_of(TraceThread from, StopReason why) {
  constexpr std::int64_t kSleeps = 1;
  constexpr std::int64_t kDead = 16;
  if (from.task == kNoTask) return from.id == 0 ? 0 : kSleeps;
  return why == StopReason::kBlocked ? kSleeps : why == StopReason::kExited ? kDead : 0;
}

constexpr std::size_t kMostValueBytes =
    96;  // of a packet with a value: seven keys and six varints of 10 at most
constexpr std::uint32_t kVarint = 0;  // wire types
constexpr std::uint32_t kBytes = 2;

template <typename Field>
constexpr std::uint64_t key_of(Field field, std::uint32_t wire_type) {
  constexpr unsigned kWireTypeBits = 3;
  return (std::uint64_t{static_cast<protozero::pbf_tag_type>(field)} << kWireTypeBits) | wire_type;
}

std::uint64_t length_of(std::uint64_t number) {
  return static_cast<std::uint64_t>(protozero::length_of_varint(number));
}

char* put_varint(char* out, std::uint64_t number) {
  return out + protozero::write_varint(out, number);
}

/// Opens a packet of ours.
pbf_builder<Packet> packet_of(pbf_builder<Trace>& trace) {
  pbf_builder<Packet> packet(trace, Trace::kPacket);
  packet.add_uint32(Packet::kSequence, kOurSequence);
  return packet;
}

}  // namespace

PerfettoTrace::PerfettoTrace(OutFile& file, const Scenario& scenario, const std::string& scheduler)
    : file_(file),
      threads_(scenario),
      bundles_(scenario.machine.cpus),
      has_track_(scenario.groups.size() + scenario.task_count()) {
  for (TaskId task = 0; task < scenario.task_count(); ++task) {
    tasks_.push_back(make_part(0, threads_.of(task)));
  }
  for (CpuId cpu = 0; cpu < scenario.machine.cpus; ++cpu) {
    idle_.push_back(make_part(cpu, {}));
    overhead_.push_back(make_part(cpu, {threads_.overhead(cpu), kNoTask}));
  }
  write_about(scheduler);
  write_tree();
}

/// What was run, as the first mark of the trace.
void PerfettoTrace::write_about(const std::string& scheduler) {
  const Scenario& scenario = threads_.scenario();
  const std::uint64_t about = uuid(TrackKind::kOfRun, 0);
  pbf_builder<Trace> trace(out_);
  {
    pbf_builder<Packet> packet = packet_of(trace);
    packet.add_uint32(Packet::kSequenceFlags, kStateClear);
    pbf_builder<Track> track(packet, Packet::kTrackDescriptor);
    track.add_uint64(Track::kUuid, about);
    track.add_string(Track::kName, "sharesim");
  }
  pbf_builder<Packet> packet = packet_of(trace);
  packet.add_uint64(Packet::kTimestamp, stamp(kStart));
  pbf_builder<TrackEvent> event(packet, Packet::kTrackEvent);
  event.add_int32(TrackEvent::kType, kInstantType);
  event.add_uint64(TrackEvent::kTrack, about);
  event.add_string(TrackEvent::kName, scenario.name);
  const auto annotate = [&event](const char* name, const std::string& text) {
    pbf_builder<Annotation> annotation(event, TrackEvent::kAnnotation);
    annotation.add_string(Annotation::kName, name);
    annotation.add_string(Annotation::kText, text);
  };
  annotate("scheduler", scheduler);
  annotate("seed", std::to_string(scenario.seed));
  annotate("question", scenario.question);
  annotate("sharesim", std::string(kVersion));
}

void PerfettoTrace::write_tree() {
  const Scenario& scenario = threads_.scenario();
  const auto thread = [this](std::uint32_t id, std::string_view name, std::uint32_t process) {
    pbf_builder<Trace> trace(out_);
    pbf_builder<Packet> packet = packet_of(trace);
    pbf_builder<Tree> tree(packet, Packet::kProcessTree);
    pbf_builder<TreeThread> entry(tree, Tree::kThread);
    entry.add_int32(TreeThread::kId, static_cast<std::int32_t>(id));
    entry.add_string(TreeThread::kName, name.data(), name.size());
    entry.add_int32(TreeThread::kProcess, static_cast<std::int32_t>(process));
  };
  const auto process = [this](std::uint32_t id, std::uint32_t parent, std::string_view name) {
    pbf_builder<Trace> trace(out_);
    pbf_builder<Packet> packet = packet_of(trace);
    pbf_builder<Tree> tree(packet, Packet::kProcessTree);
    pbf_builder<TreeProcess> entry(tree, Tree::kProcess);
    entry.add_int32(TreeProcess::kPid, static_cast<std::int32_t>(id));
    entry.add_int32(TreeProcess::kParent, static_cast<std::int32_t>(parent));
    entry.add_string(TreeProcess::kCommandLine, name.data(), name.size());
  };
  for (GroupId group = 0; group < scenario.groups.size(); ++group) {
    const std::uint32_t parent =
        group == kRoot ? 0 : threads_.process(scenario.groups[group].parent);
    process(threads_.process(group), parent, threads_.process_name(group));
    flush_if_full();
  }
  for (TaskId task = 0; task < scenario.task_count(); ++task) {
    thread(threads_.thread(task), threads_.name_of(task), threads_.process_of(task));
    flush_if_full();
  }
  if (!threads_.has_overhead()) return;
  process(threads_.overhead_process(), 0, "overhead");
  for (CpuId cpu = 0; cpu < scenario.machine.cpus; ++cpu) {
    const std::uint32_t id = threads_.overhead(cpu);
    thread(id, threads_.name_of(cpu, {id, kNoTask}), threads_.overhead_process());
  }
}

// --- CPUs ---

/// The parts of a switch that name a thread are the same each time.
PerfettoTrace::SwitchPart PerfettoTrace::make_part(CpuId cpu, TraceThread thread) const {
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

const PerfettoTrace::SwitchPart& PerfettoTrace::as_part(CpuId cpu, TraceThread thread) const {
  if (thread.task != kNoTask) return tasks_[thread.task];
  return thread.id == 0 ? idle_[cpu] : overhead_[cpu];
}

void PerfettoTrace::switched(CpuId cpu, Time now, TraceThread from, StopReason why,
                             TraceThread to) {
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
  if (bundles_[cpu].size() >= kBundleBytes) flush_bundle(cpu);
}

void PerfettoTrace::woke(CpuId cpu, Time now, TaskId task, TraceThread current) {
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
  if (bundles_[cpu].size() >= kBundleBytes) flush_bundle(cpu);
}

void PerfettoTrace::flush_bundle(CpuId cpu) {
  if (bundles_[cpu].empty()) return;
  {
    pbf_builder<Trace> trace(out_);
    pbf_builder<Packet> packet = packet_of(trace);
    pbf_builder<Bundle> bundle(packet, Packet::kFtraceEvents);
    bundle.add_uint32(Bundle::kCpu, cpu);
    out_ += bundles_[cpu];
  }
  bundles_[cpu].clear();
  flush_if_full();
}

// --- Tracks ---

void PerfettoTrace::write_track(EntityRef entity) {
  const std::size_t groups = threads_.scenario().groups.size();
  const std::size_t at = entity.is_task() ? groups + entity.id : entity.id;
  if (has_track_[at]) return;
  has_track_[at] = true;
  pbf_builder<Trace> trace(out_);
  pbf_builder<Packet> packet = packet_of(trace);
  pbf_builder<Track> track(packet, Packet::kTrackDescriptor);
  if (entity.is_task()) {
    const std::uint32_t id = threads_.thread(entity.id);
    track.add_uint64(Track::kUuid, uuid(TrackKind::kOfThread, id));
    pbf_builder<ThreadTrack> thread(track, Track::kThread);
    thread.add_int32(ThreadTrack::kPid, static_cast<std::int32_t>(threads_.process_of(entity.id)));
    thread.add_int32(ThreadTrack::kId, static_cast<std::int32_t>(id));
    const std::string_view name = threads_.name_of(entity.id);
    thread.add_string(ThreadTrack::kName, name.data(), name.size());
  } else {
    const std::uint32_t id = threads_.process(entity.id);
    const std::string_view name = threads_.process_name(entity.id);
    track.add_uint64(Track::kUuid, uuid(TrackKind::kOfProcess, id));
    pbf_builder<ProcessTrack> process(track, Track::kProcess);
    process.add_int32(ProcessTrack::kPid, static_cast<std::int32_t>(id));
    process.add_string(ProcessTrack::kName, name.data(), name.size());
  }
}

void PerfettoTrace::mark(EntityRef entity, Time now, std::string_view what) {
  write_track(entity);
  {
    pbf_builder<Trace> trace(out_);
    pbf_builder<Packet> packet = packet_of(trace);
    packet.add_uint64(Packet::kTimestamp, stamp(now));
    pbf_builder<TrackEvent> event(packet, Packet::kTrackEvent);
    event.add_int32(TrackEvent::kType, kInstantType);
    event.add_uint64(TrackEvent::kTrack,
                     entity.is_task() ? uuid(TrackKind::kOfThread, threads_.thread(entity.id))
                                      : uuid(TrackKind::kOfProcess, threads_.process(entity.id)));
    event.add_string(TrackEvent::kName, what.data(), what.size());
  }
  flush_if_full();
}

/// Counters of one kind stand under one track of its name, and so can have one scale.
void PerfettoTrace::define(const TraceCounter& counter) {
  pbf_builder<Trace> trace(out_);
  const std::uint64_t parent = uuid(TrackKind::kOfKind, counter.kind);
  if (has_kind_.size() <= counter.kind) has_kind_.resize(counter.kind + 1);
  if (!has_kind_[counter.kind]) {
    has_kind_[counter.kind] = true;
    pbf_builder<Packet> packet = packet_of(trace);
    pbf_builder<Track> track(packet, Packet::kTrackDescriptor);
    track.add_uint64(Track::kUuid, parent);
    track.add_string(Track::kName, counter.kind_name.data(), counter.kind_name.size());
    track.add_int32(Track::kChildOrdering, kExplicit);
  }
  const std::uint32_t rank = counter.entity.is_task() ? threads_.thread(counter.entity.id)
                                                      : threads_.process(counter.entity.id);
  pbf_builder<Packet> packet = packet_of(trace);
  pbf_builder<Track> track(packet, Packet::kTrackDescriptor);
  track.add_uint64(Track::kUuid, uuid(TrackKind::kOfCounter, counter.id));
  track.add_string(Track::kName, counter.name);
  track.add_uint64(Track::kParent, parent);
  track.add_int32(Track::kRank, static_cast<std::int32_t>(rank));
  pbf_builder<CounterTrack> descriptor(track, Track::kCounter);
  descriptor.add_int32(CounterTrack::kUnit, counter.in_ns ? kTimeNs : kCount);
  descriptor.add_string(CounterTrack::kShareKey, counter.kind_name.data(),
                        counter.kind_name.size());
  if (counters_.size() <= counter.id) counters_.resize(counter.id + 1);
  pbf_builder<TrackEvent> begin(counters_[counter.id]);
  begin.add_int32(TrackEvent::kType, kCounterType);
  begin.add_uint64(TrackEvent::kTrack, uuid(TrackKind::kOfCounter, counter.id));
}

/// Most of a trace are these packets, so they are not built part by part: their parts have known lengths.
void PerfettoTrace::value(const TraceCounter& counter, Time now, std::int64_t value) {
  const std::string& begin = counters_[counter.id];
  const auto number = static_cast<std::uint64_t>(value);
  const std::uint64_t event =
      begin.size() + length_of(key_of(TrackEvent::kCounterValue, kVarint)) + length_of(number);
  const std::uint64_t packet =
      length_of(key_of(Packet::kTimestamp, kVarint)) + length_of(stamp(now)) +
      length_of(key_of(Packet::kSequence, kVarint)) + length_of(kOurSequence) +
      length_of(key_of(Packet::kTrackEvent, kBytes)) + length_of(event) + event;
  std::array<char, kMostValueBytes> bytes{};
  char* out = put_varint(bytes.data(), key_of(Trace::kPacket, kBytes));
  out = put_varint(out, packet);
  out = put_varint(out, key_of(Packet::kTimestamp, kVarint));
  out = put_varint(out, stamp(now));
  out = put_varint(out, key_of(Packet::kSequence, kVarint));
  out = put_varint(out, kOurSequence);
  out = put_varint(out, key_of(Packet::kTrackEvent, kBytes));
  out = put_varint(out, event);
  out = std::copy(begin.begin(), begin.end(), out);
  out = put_varint(out, key_of(TrackEvent::kCounterValue, kVarint));
  out = put_varint(out, number);
  out_.append(bytes.data(), out);
  flush_if_full();
}

void PerfettoTrace::flush_if_full() {
  if (out_.size() < kOutBytes) return;
  file_.write(out_);
  out_.clear();
}

void PerfettoTrace::end() {
  for (CpuId cpu = 0; cpu < bundles_.size(); ++cpu) flush_bundle(cpu);
  file_.write(out_);
  out_.clear();
}

}  // namespace sharesim
