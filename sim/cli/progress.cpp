#include "sim/cli/progress.hpp"

#include <unistd.h>

#include <string_view>

#include <fmt/format.h>

#include "sim/output/text.hpp"

namespace sharesim::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{100};
constexpr std::chrono::milliseconds kPatience{500};  // a shorter run needs no progress line

void put(std::string_view text) {
  const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  (void)written;  // a progress line that cannot be drawn is no loss
}

}  // namespace

Progress::Progress(bool shown, Duration total)
    : shown_(shown), total_(total), next_(std::chrono::steady_clock::now() + kPatience) {}

Progress::~Progress() { clear(); }

std::function<void(Time)> Progress::watch_run() {
  if (!shown_) return {};
  return [this, last = kStart](Time reached) mutable {
    advance(reached - last);
    last = reached;
  };
}

void Progress::expect(Duration more) {
  const std::lock_guard lock(mutex_);
  total_ += more;
}

void Progress::advance(Duration step) {
  const std::lock_guard lock(mutex_);
  done_ += step;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  const std::int64_t percent =
      total_ > Duration::zero()
          ? static_cast<std::int64_t>(static_cast<__int128>(to_ns(done_)) * 100 / to_ns(total_))
          : 0;
  put(fmt::format("\r\x1b[Ksimulated {} of {}, {}%", human(done_), human(total_), percent));
  drawn_ = true;
}

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  if (drawn_) put("\r\x1b[K");
  drawn_ = false;
}

}  // namespace sharesim::cli
