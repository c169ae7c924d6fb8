#pragma once
// What is going to happen, in the order in which it will.

#include <cstdint>

#include <boost/heap/d_ary_heap.hpp>

#include "sim/core/time.hpp"

namespace sharesim {

/// In the order in which things happen at one instant: changes and refills; wakeups and arrivals;
/// ends of runs (those of slices and bursts stand between kArrival and kExhausted, and are not
/// events); then picks.
enum class EventKind : std::uint8_t {
  kChange,     ///< id: index into Scenario::events
  kStop,       ///< id: task
  kRefill,     ///< id: quota pool
  kSlack,      ///< id: quota pool
  kTimer,      ///< id: run queue
  kBalance,    ///< no id
  kLinuxTick,  ///< no id: a tick, as Linux's balancing and group shares see it
  kTaskStart,  ///< id: entry of Scenario::tasks; all its instances
  kWakeup,     ///< id: task
  kArrival,    ///< id: service
  kExhausted,  ///< id: quota pool
  kTick,       ///< no id
};
inline constexpr EventKind kLastBeforeRunEnds = EventKind::kArrival;

struct Event {
  Time at;
  EventKind kind;
  std::uint32_t id;
};

/// By time, then kind, then first in, first out.
class EventQueue {
 public:
  void push(Time at, EventKind kind, std::uint32_t id) {
    heap_.push({at, (static_cast<std::uint64_t>(kind) << kSequenceBits) | sequence_++, id});
  }
  /// When the next event is due, or kNever.
  Time next_time() const { return heap_.empty() ? kNever : heap_.top().at; }
  /// The kind of the next event; there must be one.
  EventKind next_kind() const { return static_cast<EventKind>(heap_.top().order >> kSequenceBits); }
  Event pop() {
    const Entry entry = heap_.top();
    heap_.pop();
    return {entry.at, static_cast<EventKind>(entry.order >> kSequenceBits), entry.id};
  }
  std::size_t size() const { return heap_.size(); }

 private:
  static constexpr int kSequenceBits = 56;

  struct Entry {
    Time at;
    std::uint64_t order;  ///< kind, then sequence
    std::uint32_t id;
    friend bool operator<(const Entry& a, const Entry& b) {  // std heaps have the largest first
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  boost::heap::d_ary_heap<Entry, boost::heap::arity<4>> heap_;
  std::uint64_t sequence_ = 0;
};

}  // namespace sharesim
