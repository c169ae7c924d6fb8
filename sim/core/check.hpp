#pragma once
// Invariants of our own code. They are checked in every build: a wrong number is worse than a stop.

#include <stdexcept>
#include <string>

namespace sharesim {

/// Thrown when an invariant of sharesim itself does not hold: a bug in sharesim, never in its
/// input.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] inline void fail_check(const char* rule) {
  throw InternalError(std::string("internal error: ") + rule +
                      "; please report this with the workload");
}

/// Throws InternalError unless `holds`. `rule` says in words what must hold.
inline void check(bool holds, const char* rule) {
  if (!holds) [[unlikely]] {
    fail_check(rule);
  }
}

}  // namespace sharesim
