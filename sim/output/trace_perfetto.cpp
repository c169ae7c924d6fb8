#include "sim/output/trace_perfetto.hpp"

#include "sim/output/trace_perfetto_events.hpp"

namespace sharesim {

using perfetto::kInstantType;
using perfetto::Packet;
using perfetto::packet_of;
using perfetto::pbf_builder;
using perfetto::stamp;
using perfetto::Trace;
using perfetto::TrackEvent;

PerfettoTrace::PerfettoTrace(OutFile& file, const Scenario& scenario, const std::string& scheduler)
    : threads_(scenario),
      packets_(file),
      tracks_(packets_, threads_),
      cpus_(packets_, threads_),
      values_(packets_) {
  tracks_.write_about(scheduler);
  tracks_.write_tree();
}

void PerfettoTrace::switched(CpuId cpu, Time now, TraceThread from, StopReason why,
                             TraceThread to) {
  cpus_.switched(cpu, now, from, why, to);
}

void PerfettoTrace::woke(CpuId cpu, Time now, TaskId task, TraceThread current) {
  cpus_.woke(cpu, now, task, current);
}

void PerfettoTrace::define(const TraceCounter& counter) {
  tracks_.write_track_of(counter);
  values_.define(counter);
}

void PerfettoTrace::value(const TraceCounter& counter, Time now, std::int64_t value) {
  values_.value(counter, now, value);
}

void PerfettoTrace::mark(EntityRef entity, Time now, std::string_view what) {
  values_.flush();
  tracks_.write_track_of(entity);
  {
    pbf_builder<Trace> trace(packets_.bytes());
    pbf_builder<Packet> packet = packet_of(trace);
    packet.add_uint64(Packet::kTimestamp, stamp(now));
    pbf_builder<TrackEvent> event(packet, Packet::kTrackEvent);
    event.add_int32(TrackEvent::kType, kInstantType);
    event.add_uint64(TrackEvent::kTrack, perfetto::uuid(threads_, entity));
    event.add_string(TrackEvent::kName, what.data(), what.size());
  }
  packets_.flush_if_full();
}

void PerfettoTrace::end() {
  values_.flush();
  cpus_.end();
  packets_.flush();
}

}  // namespace sharesim
