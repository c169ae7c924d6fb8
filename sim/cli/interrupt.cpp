#include "sim/cli/interrupt.hpp"

#include <signal.h>

namespace sharesim::cli {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> caught{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler must not wait for a lock");

void on_signal(int number) {
  caught = number;
  stop = true;
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  struct sigaction inherited {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one has its usual effect
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    // Who started us in the background may have chosen to ignore them (nohup); that stays.
    sigaction(number, nullptr, &inherited);
    if (inherited.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
}

std::atomic<bool>& stop_requested() { return stop; }
int caught_signal() { return caught; }

}  // namespace sharesim::cli
