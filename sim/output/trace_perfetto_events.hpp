#pragma once
// What happens on the tracks of a Perfetto trace: marks, and the values of counters. The numbers of fields are those of
// perfetto's protos/perfetto/trace/track_event/track_event.proto and debug_annotation.proto.

#include <cstdint>
#include <protozero/types.hpp>

namespace sharesim::perfetto {

enum class TrackEvent : protozero::pbf_tag_type {
  kAnnotation = 4,
  kType = 9,
  kTrack = 11,
  kExtraValue = 12,
  kName = 23,
  kCounterValue = 30,
  kExtraTrack = 31
};
enum class Annotation : protozero::pbf_tag_type { kText = 6, kName = 10 };

inline constexpr std::int32_t kInstantType = 3;  // TrackEvent.TYPE_INSTANT
inline constexpr std::int32_t kCounterType = 4;  // TrackEvent.TYPE_COUNTER

}  // namespace sharesim::perfetto
