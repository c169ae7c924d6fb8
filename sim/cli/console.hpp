#pragma once
// Standard output for results, standard error for everything else.

#include <exception>
#include <string>
#include <string_view>

#include "sim/cli/exit_status.hpp"
#include "sim/output/sink.hpp"

namespace sharesim::cli {

/// Standard output. After the first error it swallows what it is given; status() tells in the end.
class Console final : public Sink {
 public:
  void write(std::string_view text) override;
  void flush();
  /// The reader has gone, the disk is full, ...: nobody will see more.
  bool failed() const { return error_ != 0; }
  /// Flushes, and complains if something was lost, unless only the reader has gone (as `head`
  /// does).
  ExitStatus finish();

 private:
  std::string buffer_;
  int error_ = 0;  ///< errno of the first failure
};

/// Makes sure that descriptors 0 to 2 are taken, so that no file is opened as one of them, and that
/// a closed pipe is an error and not the end.
void prepare_streams();

/// Writes one line to standard error.
void complain(std::string_view line);

/// Says what `error` is, a line per mistake, and returns the status that it means. `context`, such
/// as the run that failed, stands before each line unless it is empty.
ExitStatus report(const std::exception_ptr& error, const std::string& context = "");

}  // namespace sharesim::cli
