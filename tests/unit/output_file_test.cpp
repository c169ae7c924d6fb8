#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/core/error.hpp"
#include "sim/output/out_file.hpp"
#include "tests/support/run_command.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::ScratchFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// The message of the MachineError that `work` throws.
template <typename Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const MachineError& error) {
    return error.what();
  }
  return "nothing was refused";
}

/// No file of this process may grow beyond `bytes` meanwhile.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    old_handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const struct rlimit small { bytes, old_.rlim_max };
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, old_handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  struct rlimit old_ {};
  void (*old_handler_)(int) = nullptr;
};

// Is the file under its name only when it is complete? Until commit() the old one stays.
TEST(OutputFile, AppearsWhenComplete) {
  const ScratchFolder scratch;
  const fs::path path = scratch.write("x.csv", "old");
  {
    OutFile file(path);
    file.write("new");
    EXPECT_EQ(read_file(path), "old");
    file.commit();
  }
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(files_in(scratch.path()), 1U);
}

TEST(OutputFile, LeavesNothingWithoutCommit) {
  const ScratchFolder scratch;
  { OutFile(scratch.path() / "x.csv").write("half"); }
  EXPECT_EQ(files_in(scratch.path()), 0U);
}

// Text larger than the buffer, and rows through reserve(), arrive in their order: 3 x 400,000 bytes
// of 'a', 'b', 'c' with a row after each.
TEST(OutputFile, KeepsTheOrderOfSmallAndLargePieces) {
  const ScratchFolder scratch;
  OutFile file(scratch.path() / "x");
  std::string expected;
  for (const char c : {'a', 'b', 'c'}) {
    const std::string large(400'000, c);
    file.write(large);
    char* const row = file.reserve(300'000);
    std::fill(row, row + 300'000, '.');
    file.filled_to(row + 300'000);
    expected += large + std::string(300'000, '.');
  }
  file.commit();
  EXPECT_EQ(read_file(scratch.path() / "x"), expected);
}

// A disk that is full after 1000 bytes: the error names the file and the reason, and neither a half
// file nor a temporary one stays.
TEST(OutputFile, AFullDiskLeavesNothing) {
  const ScratchFolder scratch;
  const SmallDisk disk(1000);
  OutFile file(scratch.path() / "x.csv");
  file.write(std::string(5000, 'x'));
  EXPECT_THAT(refusal([&] { file.commit(); }),
              AllOf(HasSubstr("x.csv"), HasSubstr("File too large")));
  EXPECT_EQ(files_in(scratch.path()), 0U);
}

TEST(OutputFile, RefusesAtOnceWhatCannotBeWritten) {
  const ScratchFolder scratch;
  fs::create_directory(scratch.path() / "folder");
  EXPECT_THAT(refusal([&] { OutFile file(scratch.path() / "folder"); }),
              HasSubstr("folder: Is a directory"));
  EXPECT_THAT(refusal([&] { OutFile file(scratch.path() / "none/x.csv"); }),
              HasSubstr("none/x.csv: No such file or directory"));
}

TEST(OutputFile, FoldersAreMadeWithThoseAbove) {
  const ScratchFolder scratch;
  make_folder(scratch.path() / "a/b/c");
  EXPECT_TRUE(fs::is_directory(scratch.path() / "a/b/c"));
  make_folder(scratch.path() / "a/b/c");
  scratch.write("file", "");
  EXPECT_THAT(refusal([&] { make_folder(scratch.path() / "file"); }), HasSubstr("file: Not a dir"));
  EXPECT_THAT(refusal([&] { make_folder(scratch.path() / "file/x"); }), HasSubstr("Not a dir"));
}

TEST(OutputFile, NamesAreFitForFiles) {
  EXPECT_EQ(file_name_of("sfq:slice=1ms,scope=global"), "sfq_slice=1ms_scope=global");
  EXPECT_EQ(file_name_of("../etc/passwd"), "_.._etc_passwd");
  EXPECT_EQ(file_name_of(""), "_");
  EXPECT_EQ(file_name_of("-rf"), "_-rf");
  EXPECT_EQ(file_name_of("Größe"), "Gr____e");
  EXPECT_EQ(file_name_of(std::string(1000, 'x')).size(), 150U);
}

}  // namespace
}  // namespace sharesim
