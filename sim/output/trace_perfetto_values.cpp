#include "sim/output/trace_perfetto_values.hpp"

#include <cstring>
#include <protozero/varint.hpp>

#include "sim/output/digits.hpp"
#include "sim/output/trace_perfetto_events.hpp"

namespace sharesim::perfetto {
namespace {

constexpr std::uint32_t kVarint = 0;  // wire types
constexpr std::uint32_t kBytes = 2;
constexpr std::size_t kVarintBytes = 10;  // at most
constexpr std::size_t kFieldBytes = 2 + kVarintBytes;

template <typename Field>
constexpr std::uint64_t key_of(Field field, std::uint32_t wire_type) {
  constexpr unsigned kWireTypeBits = 3;
  return (std::uint64_t{static_cast<protozero::pbf_tag_type>(field)} << kWireTypeBits) | wire_type;
}

char* put_varint(char* out, std::uint64_t number) {
  return out + protozero::write_varint(out, number);
}

template <typename Field>
char* put_field(char* out, Field field, std::uint64_t number) {
  return put_varint(put_varint(out, key_of(field, kVarint)), number);
}

}  // namespace

void CounterValues::define(const TraceCounter& counter) {
  if (tracks_.size() <= counter.id) tracks_.resize(counter.id + 1);
  const std::uint64_t track = uuid(TrackKind::kOfCounter, counter.id);
  pbf_builder<TrackEvent> first(tracks_[counter.id].first);
  first.add_int32(TrackEvent::kType, kCounterType);
  first.add_uint64(TrackEvent::kTrack, track);
  pbf_builder<TrackEvent> more(tracks_[counter.id].more);
  more.add_uint64(TrackEvent::kExtraTrack, track);
}

void CounterValues::value(const TraceCounter& counter, Time now, std::int64_t value) {
  if (count_ == kMost || now != now_) flush();
  now_ = now;
  waiting_[count_++] = {counter.id, value};
}

/// Not built part by part, which takes several times as long.
void CounterValues::flush() {
  if (count_ == 0) return;
  std::array<char, kMost * 2 * kFieldBytes + kFieldBytes> event;
  char* out = put(event.data(), tracks_[waiting_[0].counter].first);
  out = put_field(out, TrackEvent::kCounterValue, static_cast<std::uint64_t>(waiting_[0].value));
  for (std::size_t i = 1; i < count_; ++i) {
    out = put(out, tracks_[waiting_[i].counter].more);
    out = put_field(out, TrackEvent::kExtraValue, static_cast<std::uint64_t>(waiting_[i].value));
  }
  const std::string_view body(event.data(), static_cast<std::size_t>(out - event.data()));
  std::array<char, 3 * kFieldBytes> head;
  out = put_field(head.data(), Packet::kTimestamp, stamp(now_));
  out = put_field(out, Packet::kSequence, kOurSequence);
  out = put_varint(put_varint(out, key_of(Packet::kTrackEvent, kBytes)), body.size());
  const std::string_view front(head.data(), static_cast<std::size_t>(out - head.data()));
  std::array<char, kFieldBytes> begin;
  out = put_varint(begin.data(), key_of(Trace::kPacket, kBytes));
  out = put_varint(out, front.size() + body.size());
  packets_.bytes().append(begin.data(), out).append(front).append(body);
  packets_.flush_if_full();
  count_ = 0;
}

}  // namespace sharesim::perfetto
