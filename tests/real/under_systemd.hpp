#pragma once
// Tests in the virtual machine in which systemd manages all groups.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/run_command.hpp"

namespace sharesim::test {

inline const std::filesystem::path kMount = "/sys/fs/cgroup";
inline const std::filesystem::path kSlice = kMount / "system.slice";
inline const std::filesystem::path kUnit = kSlice / "sharesim.service";

/// All groups of this machine. Those that go away while they are looked at do not matter.
std::vector<std::filesystem::path> all_groups();

/// Every file of systemd's groups that is in `before` as well says the same.
void expect_untouched(const std::map<std::string, std::string>& before);

/// Has it done by a shell; its status.
int shell(const std::string& command);

/// Skips where systemd is not there to be tried. After each test its groups are as before, and nothing of ours is left.
class UnderSystemd : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Runs sharesim as somebody, with a manager of its own or without; what it says goes to said().
  int run_as_somebody(const std::vector<std::string>& words, bool with_manager) const;
  std::string said() const { return read_file(folder_.path() / "said"); }

  ScratchFolder folder_;
  std::string workload_;
  std::map<std::string, std::string> before_;
};

}  // namespace sharesim::test
