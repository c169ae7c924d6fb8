#pragma once
// Burning CPU time exactly, and noticing when somebody else ran: in the loop of a client process.
//
// The process reads the clock again and again (in user space: the vDSO's clock is no system call). Two
// readings lie tens of nanoseconds apart, unless the process was interrupted between them: a longer gap
// after which the kernel counts another context switch of this process is time during which, for the most
// part, it did not run. So a process knows when it ran, to the microsecond, without polling its CPU clock:
// that would make the kernel account for the run in the middle of it, and reconsider it, and so change what
// is measured. After Regehr, "Inferring scheduling behavior with Hourglass", USENIX FREENIX 2002.
//
// How much of such a gap the kernel has counted as this process's (an interrupt, or a hypervisor that took the
// CPU away, just before the switch) it is asked once, when the process has just got the CPU again: the run
// ended by that much later than the last reading. So service is what the kernel divides by weights. Interrupts
// without a switch are the process's time for the kernel as well as here; what the kernel spends on waking it
// up and on the way to its first instruction is not.

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
  /// After a long gap before `now`: whether the kernel counts a switch.
  bool was_switched_out();
  /// Tells that the run ended in the gap before `now` and another one has begun. Returns how much of the gap
  /// the kernel has counted, up to `stop`.
  Duration switch_back(Time now, Time stop);

  LivePage& page_;
  const LiveBoard& board_;
  const std::int64_t zero_ns_;
  const Duration switch_gap_;
  Time now_{};
  Time began_{};
  Duration overdrawn_{};       ///< used beyond what was demanded so far; less than a gap
  std::int64_t switches_ = 0;  ///< of this process, as far as the kernel was asked
  Duration counted_{};         ///< the kernel's account of this process, when the run began
};

}  // namespace sharesim::cgroup
