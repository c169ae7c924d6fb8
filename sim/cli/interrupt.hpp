#pragma once
// SIGINT, SIGTERM and SIGHUP: the first asks the runs to end, the second ends the process.

#include <atomic>

namespace sharesim::cli {

/// Starts to catch them.
void catch_interrupts();
/// Set once a signal has come; may also be set by us. For EngineOptions::stop.
std::atomic<bool>& stop_requested();
/// The signal that came, or 0.
int caught_signal();

}  // namespace sharesim::cli
