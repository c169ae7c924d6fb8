#include "sim/cli/console.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "sim/core/error.hpp"

namespace sharesim::cli {
namespace {

constexpr std::size_t kBufferBytes = 64U << 10;

/// Returns errno, or 0 if all of `text` was written.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

void Console::write(std::string_view text) {
  if (failed()) return;
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Console::flush() {
  if (!failed()) error_ = write_all(STDOUT_FILENO, buffer_);
  buffer_.clear();
}

ExitStatus Console::finish() {
  flush();
  if (!failed()) return ExitStatus::kFine;
  if (error_ != EPIPE) {
    complain("sharesim: cannot write to standard output: " +
             std::generic_category().message(error_));
  }
  return ExitStatus::kMachine;
}

void prepare_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // Opened for the wrong direction: using it stays an error. It takes the lowest free number.
    const int taken = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    (void)taken;
  }
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  sigaction(SIGXFSZ, &ignore, nullptr);  // a file grown too large is an error as well
}

void complain(std::string_view line) {
  // One call, so that lines of several processes do not mix. Nobody is left to tell of a failure.
  write_all(STDERR_FILENO, std::string(line) + "\n");
}

ExitStatus report(const std::exception_ptr& error, const std::string& context) {
  const std::string begin = context.empty() ? "sharesim: " : "sharesim: " + context + ": ";
  try {
    std::rethrow_exception(error);
  } catch (const InputError& e) {
    for (const Diagnostic& diagnostic : e.diagnostics()) {
      const bool has_place = !diagnostic.file.empty() && context.empty();
      complain((has_place ? "" : begin) + diagnostic.to_string());
    }
    return ExitStatus::kInput;
  } catch (const MachineError& e) {
    complain(begin + e.what());
    return ExitStatus::kMachine;
  } catch (const std::bad_alloc&) {
    complain(begin + "out of memory");
    return ExitStatus::kMachine;
  } catch (const std::system_error& e) {
    complain(begin + e.what());
    return ExitStatus::kMachine;
  } catch (const std::exception& e) {  // SchedulerFault, InternalError
    complain(begin + e.what());
    return ExitStatus::kScheduler;
  }
}

}  // namespace sharesim::cli
