#pragma once
// The packets of a Perfetto trace, and what all of them have in common. The numbers of fields are those of perfetto's
// protos/perfetto/trace/trace.proto and trace_packet.proto.

#include <cstdint>
#include <protozero/pbf_builder.hpp>
#include <string>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/output/out_file.hpp"
#include "sim/output/trace_format.hpp"

namespace sharesim::perfetto {

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

/// All our packets are of one sequence.
inline constexpr std::uint32_t kOurSequence = 1;

/// A time of the run as one of the trace.
inline std::uint64_t stamp(Time now) {
  return static_cast<std::uint64_t>(to_ns(now + kTraceStart));
}

/// Opens a packet of ours.
inline pbf_builder<Packet> packet_of(pbf_builder<Trace>& trace) {
  pbf_builder<Packet> packet(trace, Trace::kPacket);
  packet.add_uint32(Packet::kSequence, kOurSequence);
  return packet;
}

/// Tracks of one trace: what kind of thing, and its number. Small numbers are short in the file.
enum class TrackKind : std::uint64_t { kOfProcess = 1, kOfThread, kOfKind, kOfCounter, kOfRun };
inline std::uint64_t uuid(TrackKind kind, std::uint32_t number) {
  constexpr unsigned kKindBits = 3;
  return (std::uint64_t{number} << kKindBits) | static_cast<std::uint64_t>(kind);
}
/// The track of a task or a group.
inline std::uint64_t uuid(const TraceThreads& threads, EntityRef entity) {
  return entity.is_task() ? uuid(TrackKind::kOfThread, threads.thread(entity.id))
                          : uuid(TrackKind::kOfProcess, threads.process(entity.id));
}

/// Whole packets that wait to be written.
class Packets {
 public:
  explicit Packets(OutFile& file) : file_(file) {}

  /// Where the next packet is appended. Call flush_if_full() after it.
  std::string& bytes() { return bytes_; }
  void flush_if_full() {
    constexpr std::size_t kFull = 64U << 10;
    if (bytes_.size() >= kFull) flush();
  }
  void flush() {
    file_.write(bytes_);
    bytes_.clear();
  }

 private:
  OutFile& file_;
  std::string bytes_;
};

}  // namespace sharesim::perfetto
