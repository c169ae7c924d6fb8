// The numbers of fields are those of perfetto's protos/perfetto/trace: ps/process_tree.proto and
// track_event/{track_descriptor,process_descriptor,thread_descriptor,counter_descriptor}.proto.

#include "sim/output/trace_perfetto_tracks.hpp"

#include "sim/output/trace_perfetto_events.hpp"
#include "sim/output/version.hpp"

namespace sharesim::perfetto {
namespace {

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

constexpr std::int32_t kTimeNs = 1;       // CounterDescriptor.UNIT_TIME_NS
constexpr std::int32_t kCount = 2;        // CounterDescriptor.UNIT_COUNT
constexpr std::int32_t kExplicit = 3;     // TrackDescriptor.EXPLICIT
constexpr std::uint32_t kStateClear = 1;  // TracePacket.SEQ_INCREMENTAL_STATE_CLEARED

}  // namespace

Tracks::Tracks(Packets& packets, const TraceThreads& threads)
    : packets_(packets),
      threads_(threads),
      has_track_(threads.scenario().groups.size() + threads.scenario().task_count()) {}

void Tracks::write_about(const std::string& scheduler) {
  const Scenario& scenario = threads_.scenario();
  const std::uint64_t about = uuid(TrackKind::kOfRun, 0);
  pbf_builder<Trace> trace(packets_.bytes());
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

// --- Processes and threads ---

void Tracks::write_process(std::uint32_t id, std::uint32_t parent, std::string_view name) {
  {
    pbf_builder<Trace> trace(packets_.bytes());
    pbf_builder<Packet> packet = packet_of(trace);
    pbf_builder<Tree> tree(packet, Packet::kProcessTree);
    pbf_builder<TreeProcess> entry(tree, Tree::kProcess);
    entry.add_int32(TreeProcess::kPid, static_cast<std::int32_t>(id));
    entry.add_int32(TreeProcess::kParent, static_cast<std::int32_t>(parent));
    entry.add_string(TreeProcess::kCommandLine, name.data(), name.size());
  }
  packets_.flush_if_full();
}

void Tracks::write_thread(std::uint32_t id, std::string_view name, std::uint32_t process) {
  {
    pbf_builder<Trace> trace(packets_.bytes());
    pbf_builder<Packet> packet = packet_of(trace);
    pbf_builder<Tree> tree(packet, Packet::kProcessTree);
    pbf_builder<TreeThread> entry(tree, Tree::kThread);
    entry.add_int32(TreeThread::kId, static_cast<std::int32_t>(id));
    entry.add_string(TreeThread::kName, name.data(), name.size());
    entry.add_int32(TreeThread::kProcess, static_cast<std::int32_t>(process));
  }
  packets_.flush_if_full();
}

void Tracks::write_tree() {
  const Scenario& scenario = threads_.scenario();
  for (GroupId group = 0; group < scenario.groups.size(); ++group) {
    const std::uint32_t parent =
        group == kRoot ? 0 : threads_.process(scenario.groups[group].parent);
    write_process(threads_.process(group), parent, threads_.process_name(group));
  }
  for (TaskId task = 0; task < scenario.task_count(); ++task) {
    write_thread(threads_.thread(task), threads_.name_of(task), threads_.process_of(task));
  }
  if (!threads_.has_overhead()) return;
  write_process(threads_.overhead_process(), 0, "overhead");
  for (CpuId cpu = 0; cpu < scenario.machine.cpus; ++cpu) {
    const std::uint32_t id = threads_.overhead(cpu);
    write_thread(id, threads_.name_of(cpu, {id, kNoTask}), threads_.overhead_process());
  }
}

// --- Tracks ---

void Tracks::write_track_of(EntityRef entity) {
  const std::size_t groups = threads_.scenario().groups.size();
  const std::size_t at = entity.is_task() ? groups + entity.id : entity.id;
  if (has_track_[at]) return;
  has_track_[at] = true;
  pbf_builder<Trace> trace(packets_.bytes());
  pbf_builder<Packet> packet = packet_of(trace);
  pbf_builder<Track> track(packet, Packet::kTrackDescriptor);
  track.add_uint64(Track::kUuid, uuid(threads_, entity));
  if (entity.is_task()) {
    pbf_builder<ThreadTrack> thread(track, Track::kThread);
    thread.add_int32(ThreadTrack::kPid, static_cast<std::int32_t>(threads_.process_of(entity.id)));
    thread.add_int32(ThreadTrack::kId, static_cast<std::int32_t>(threads_.thread(entity.id)));
    const std::string_view name = threads_.name_of(entity.id);
    thread.add_string(ThreadTrack::kName, name.data(), name.size());
  } else {
    const std::string_view name = threads_.process_name(entity.id);
    pbf_builder<ProcessTrack> process(track, Track::kProcess);
    process.add_int32(ProcessTrack::kPid, static_cast<std::int32_t>(threads_.process(entity.id)));
    process.add_string(ProcessTrack::kName, name.data(), name.size());
  }
}

/// Counters of one kind stand under one track of its name, and so can have one scale.
void Tracks::write_track_of(const TraceCounter& counter) {
  pbf_builder<Trace> trace(packets_.bytes());
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
}

}  // namespace sharesim::perfetto
