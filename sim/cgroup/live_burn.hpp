#pragma once
// Burning CPU time exactly, and noticing when somebody else ran: in the loop of a client process.
//
// The process reads the clock again and again (in user space: the vDSO's clock is no system call). Two
// readings lie tens of nanoseconds apart, unless the process was interrupted between them: a longer gap
// after which the kernel counts another context switch of this process is time during which it did not
// run. So a process knows when it ran, to the microsecond, and how much CPU time it has used, without
// asking for its CPU clock; that question would make the kernel account for the run and reconsider it,
// and so change what is measured. After Regehr, "Inferring scheduling behavior with Hourglass", USENIX
// FREENIX 2002.
//
// Interrupts (gaps without a switch) count as the process's time, as they do for the kernel. What the
// kernel itself spends on switching and waking does not: the kernel's own account of the process is
// higher by that (some microseconds per switch).

#include "sim/cgroup/live_page.hpp"
#include "sim/core/time.hpp"

namespace sharesim::cgroup {

/// Now, since the beginning of the run, at `zero_ns` of CLOCK_MONOTONIC.
Time live_now(std::int64_t zero_ns);

/// Gaps between two readings of the clock that are longer may be switches: a few times what reading it
/// takes on this machine, and at least 3 us.
Duration measure_switch_gap();

class LiveBurner {
 public:
  /// Both must outlive this object.
  LiveBurner(LivePage& page, const LiveBoard& board, Duration switch_gap);

  /// From now on the process has work: tells that it runs.
  void begin();
  /// Uses `demand` of CPU time (kForever: without end), less what the bursts before used too much;
  /// false if the time `stop` or the end of the run came first. Only between begin() and end().
  bool burn(Duration demand, Time stop);
  /// Tells that the run is over, at the last reading of the clock or at `limit` if that is earlier; returns when.
  Time end(StopReason why, Time limit = kNever);
  /// The last reading of the clock.
  Time now() const { return now_; }

 private:
  void run_begins();
  /// A long gap before `now`: whether it was a switch. Tells of it if so.
  bool was_switched_out(Time now);

  LivePage& page_;
  const LiveBoard& board_;
  const std::int64_t zero_ns_;
  const Duration switch_gap_;
  Time now_{};
  Time began_{};
  Duration overdrawn_{};       ///< used beyond what was demanded so far; less than a gap
  std::int64_t switches_ = 0;  ///< of this process, as far as the kernel was asked
};

}  // namespace sharesim::cgroup
