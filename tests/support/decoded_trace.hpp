#pragma once
// Traces, read back: Perfetto's by protoc, ftrace's text by the pattern that Perfetto's own reader has.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sharesim::test {

struct DecodedTrace {
  struct Switch {
    std::uint32_t cpu = 0;
    std::int64_t at = 0;  ///< ns since the start of the run
    std::uint32_t prev = 0, next = 0;
    std::string prev_comm, next_comm;
    std::string state;  ///< of the one that leaves: R (also preempted), S or X

    friend bool operator==(const Switch&, const Switch&) = default;
  };
  struct Waking {
    std::uint32_t cpu = 0;
    std::int64_t at = 0;
    std::uint32_t thread = 0;

    friend auto operator<=>(const Waking&, const Waking&) = default;
  };
  struct Mark {
    std::int64_t at = 0;
    std::uint32_t process = 0;
    std::string what;

    friend auto operator<=>(const Mark&, const Mark&) = default;
  };
  using Values = std::vector<std::pair<std::int64_t, std::int64_t>>;  ///< time and value

  std::vector<Switch> switches;  ///< in the order of the file
  std::vector<Waking> wakings;
  std::vector<Mark> marks;
  std::map<std::string, Values> counters;             ///< by name, such as "credit of /saver"
  std::map<std::uint32_t, std::string> threads;       ///< names
  std::map<std::uint32_t, std::uint32_t> process_of;  ///< by thread
  std::map<std::uint32_t, std::string> processes;     ///< names; the text has none
  std::map<std::string, std::string>
      about;  ///< what the trace says of its run; the text says nothing
};

/// Throws std::runtime_error if protoc finds anything that tests/support/perfetto/trace.proto does not have.
DecodedTrace decode_perfetto(const std::filesystem::path& file);
/// Throws std::runtime_error at a line that Perfetto's reader would not take, or where time goes back.
DecodedTrace decode_ftrace(const std::filesystem::path& file);

}  // namespace sharesim::test
