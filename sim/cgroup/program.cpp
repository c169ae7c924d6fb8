#include "sim/cgroup/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <spawn.h>
#include <system_error>

#include <fmt/format.h>

namespace sharesim::cgroup {
namespace {

constexpr int kNoStatus = 128;

/// How a program is started: where its output goes, what it keeps.
class Start {
 public:
  Start(int output, Complaints complaints, int held) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    if (complaints == Complaints::kKept) {
      posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    if (held < 0) return;
    posix_spawn_file_actions_adddup2(&actions_, held, held);  // no longer closed by exec
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP);
  }
  ~Start() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;

  int run(pid_t& child, std::vector<std::string>& words) const {
    return posix_spawnp(&child, words.front().c_str(), &actions_, &attributes_,
                        pointers_to(words).data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::string read_all(int fd) {
  std::string text;
  std::array<char, 1024> buffer{};
  ssize_t got = 0;
  while ((got = read(fd, buffer.data(), buffer.size())) > 0 || (got < 0 && errno == EINTR)) {
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

Answer ask(std::vector<std::string> words, Complaints complaints, int held) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    return {kNoStatus, std::generic_category().message(errno)};
  }
  pid_t child = 0;
  const int error = Start(pipe_ends[1], complaints, held).run(child, words);
  close(pipe_ends[1]);
  Answer answer{kNoStatus, ""};
  if (error != 0) {
    answer.text = fmt::format("{}: {}", words.front(), std::generic_category().message(error));
  } else {
    answer.text = read_all(pipe_ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status)) answer.status = WEXITSTATUS(status);
  }
  close(pipe_ends[0]);
  return answer;
}

}  // namespace sharesim::cgroup
