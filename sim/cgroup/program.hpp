#pragma once
// Other programs, such as systemd's, asked for something.

#include <cstdint>
#include <string>
#include <vector>

namespace sharesim::cgroup {

/// What a program answered.
struct Answer {
  int status = 0;    ///< its exit status; 128 if it has none
  std::string text;  ///< what it printed, without the newline at the end
};

enum class Complaints : std::uint8_t { kDropped, kKept };

/// Runs a program, found by PATH and without a shell, and waits for it. With kKept the text has its standard error
/// as well. It keeps the descriptor `held` open (-1: none), and no signal of the terminal's reaches it then.
Answer ask(std::vector<std::string> words, Complaints complaints, int held = -1);

/// The words as execv(3) takes them; they must outlive the result.
std::vector<char*> pointers_to(std::vector<std::string>& words);

}  // namespace sharesim::cgroup
