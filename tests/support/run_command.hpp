#pragma once
// Runs the sharesim binary as a shell would.

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sharesim::test {

/// What a command left behind.
struct CommandResult {
  int status = 0;  ///< the exit status; 128 plus the signal's number if a signal ended it
  std::string out;
  std::string err;
};

struct CommandSetting {
  std::string in;                                  ///< standard input
  std::string out_file;                            ///< standard output goes there; empty: captured
  std::filesystem::path folder;                    ///< to run in; empty: this one
  std::map<std::string, std::string> environment;  ///< on top of ours
  long file_bytes = 0;                             ///< no file may grow larger; 0: no bound
};

/// A sharesim that is running.
class RunningCommand {
 public:
  /// `arguments` without the program's name. Throws std::runtime_error if it cannot be started.
  explicit RunningCommand(const std::vector<std::string>& arguments,
                          const CommandSetting& setting = {});
  ~RunningCommand();
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;

  bool running();
  void send(int signal) const;
  /// Waits for the end; a command that hangs is killed after two minutes.
  CommandResult wait();

 private:
  [[noreturn]] void become(const std::vector<std::string>& arguments,
                           const CommandSetting& setting) const;
  bool collect(bool wait);

  std::filesystem::path scratch_;
  pid_t child_ = -1;
  bool ended_ = false;
  int raw_status_ = 0;
};

/// Runs sharesim to its end.
CommandResult run_sharesim(const std::vector<std::string>& arguments,
                           const CommandSetting& setting = {});

/// A folder of its own that goes away with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

/// The whole file; empty if there is none.
std::string read_file(const std::filesystem::path& path);

}  // namespace sharesim::test
