#include "tests/support/run_command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace sharesim::test {
namespace {

namespace fs = std::filesystem;

constexpr int kCannotStart = 127;

fs::path make_scratch() {
  std::string name = (fs::temp_directory_path() / "sharesim-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a scratch folder");
  return name;
}

/// In the child: opens `file` as `descriptor`.
void redirect(int descriptor, const fs::path& file, int flags) {
  const int opened = open(file.c_str(), flags, 0600);
  if (opened < 0 || dup2(opened, descriptor) < 0) _exit(kCannotStart);
  if (opened != descriptor) close(opened);
}

}  // namespace

RunningCommand::RunningCommand(const std::vector<std::string>& arguments,
                               const CommandSetting& setting)
    : scratch_(make_scratch()) {
  std::ofstream(scratch_ / "in") << setting.in;
  child_ = fork();
  if (child_ < 0) throw std::runtime_error("cannot fork");
  if (child_ == 0) become(arguments, setting);
}

RunningCommand::~RunningCommand() {
  if (!ended_) {
    send(SIGKILL);
    collect(true);
  }
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

void RunningCommand::become(const std::vector<std::string>& arguments,
                            const CommandSetting& setting) const {
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves nothing running
  redirect(STDIN_FILENO, scratch_ / "in", O_RDONLY);
  redirect(STDOUT_FILENO, setting.out_file.empty() ? scratch_ / "out" : setting.out_file.c_str(),
           kWrite);
  redirect(STDERR_FILENO, scratch_ / "err", kWrite);
  if (!setting.folder.empty() && chdir(setting.folder.c_str()) != 0) _exit(kCannotStart);
  // Tests must not depend on the terminal or the robot that runs them.
  for (const char* name : {"NO_COLOR", "CLICOLOR_FORCE", "CI"}) unsetenv(name);
  for (const auto& [name, value] : setting.environment) setenv(name.c_str(), value.c_str(), 1);
  if (setting.file_bytes > 0) {
    const auto bytes = static_cast<rlim_t>(setting.file_bytes);
    const struct rlimit limit { bytes, bytes };
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::string program = SHARESIM_BINARY;
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers{program.data()};
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(program.c_str(), pointers.data());
  _exit(kCannotStart);
}

bool RunningCommand::collect(bool wait) {
  if (ended_) return true;
  pid_t got = 0;
  do {
    got = waitpid(child_, &raw_status_, wait ? 0 : WNOHANG);
  } while (got < 0 && errno == EINTR);
  ended_ = got != 0;
  return ended_;
}

bool RunningCommand::running() { return !collect(false); }

void RunningCommand::send(int signal) const {
  if (!ended_) kill(child_, signal);
}

CommandResult RunningCommand::wait() {
  constexpr int kSignalBase = 128;
  // Far longer than any test takes: a command that hangs fails its test, and not the whole suite.
  constexpr auto kPatience = std::chrono::seconds(120);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline) send(SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const int status =
      WIFSIGNALED(raw_status_) ? kSignalBase + WTERMSIG(raw_status_) : WEXITSTATUS(raw_status_);
  return {status, read_file(scratch_ / "out"), read_file(scratch_ / "err")};
}

CommandResult run_sharesim(const std::vector<std::string>& arguments,
                           const CommandSetting& setting) {
  return RunningCommand(arguments, setting).wait();
}

ScratchFolder::ScratchFolder() : path_(make_scratch()) {}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string ScratchFolder::write(const std::string& name, const std::string& text) const {
  const fs::path file = path_ / name;
  std::ofstream(file) << text;
  return file.string();
}

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace sharesim::test
