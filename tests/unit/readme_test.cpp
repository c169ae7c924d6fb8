// Do the commands that the documentation shows work as they stand there? Every sharesim command of
// a "sh" block is run; its outputs go to a temporary folder. A block that opens with "sh no-run" is
// not.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/source_file.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;

struct Command {
  std::size_t line;  ///< 1-based, of its first line
  std::string text;
  bool run;

  friend bool operator==(const Command&, const Command&) = default;
};

void PrintTo(const Command& command, std::ostream* out) {
  *out << command.line << (command.run ? ": " : " (no-run): ") << command.text;
}

bool is_ours(const std::string& line) {
  return line.starts_with("build/sharesim ") || line.starts_with("sharesim ");
}

/// The commands of a page that call sharesim, in "sh" blocks. A backslash joins lines.
std::vector<Command> commands_of(const std::string& page) {
  std::vector<Command> commands;
  std::string block;  // what the fence says; empty outside of blocks
  bool joining = false;
  std::size_t number = 0;
  for (std::string line : lines_of(page)) {
    ++number;
    if (line.starts_with("```")) {
      block = block.empty() ? line : "";
      joining = false;
      continue;
    }
    if (block != "```sh" && block != "```sh no-run") continue;
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.pop_back();
    if (joining) {
      commands.back().text += line;
    } else if (is_ours(line)) {
      commands.push_back({number, line, block == "```sh"});
    } else {
      continue;
    }
    joining = goes_on;
  }
  return commands;
}

/// A folder that looks like the repository with its program built, in which a command may leave
/// files.
class Sandbox {
 public:
  Sandbox() {
    std::string name = (fs::temp_directory_path() / "sharesim_readme_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed: " + name);
    folder_ = name;
    for (const char* part : {"sim", "schedulers", "workloads", "tests", "bench", "plots"}) {
      fs::create_directory_symlink(fs::path(SHARESIM_SOURCE_DIR) / part, folder_ / part);
    }
    fs::create_directory(folder_ / "build");
    fs::create_symlink(SHARESIM_BINARY, folder_ / "build" / "sharesim");
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox() { fs::remove_all(folder_); }

  /// Runs the command with `sh`; true if it ends with status 0. What it says is in output().
  bool run(const std::string& command) const {
    std::ofstream(folder_ / "command.sh") << command << '\n';
    const std::string line = "cd '" + folder_.string() +
                             "' && PATH=\"$PWD/build:$PATH\" timeout 300 sh -e command.sh"
                             " >output.txt 2>&1 </dev/null";
    return std::system(line.c_str()) == 0;
  }
  std::string output() const { return read_text(folder_ / "output.txt"); }

 private:
  fs::path folder_;
};

class Readme : public testing::TestWithParam<const char*> {};

// Does every command of the page end with status 0?
TEST_P(Readme, CommandsWork) {
  const fs::path page = fs::path(SHARESIM_SOURCE_DIR) / GetParam();
  if (!fs::exists(page)) GTEST_SKIP() << "there is no " << GetParam();
  const Sandbox sandbox;
  for (const Command& command : commands_of(read_text(page))) {
    if (!command.run) {
      std::printf("not run, as marked: %s:%zu: %s\n", GetParam(), command.line,
                  command.text.c_str());
    } else if (!sandbox.run(command.text)) {
      ADD_FAILURE() << GetParam() << ":" << command.line << ": " << command.text << "\n"
                    << sandbox.output();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Pages, Readme,
                         testing::Values("README.md", "schedulers/README.md", "workloads/README.md",
                                         "workloads/starvation/README.md"),
                         [](const auto& instance) {
                           const std::string page = instance.param;
                           std::string name =
                               page == "README.md" ? "Top" : page.substr(0, page.rfind('/'));
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

// Which commands are found? Those of lines 2, 3 (joined with 4) and 9; not what is in other blocks,
// outside of blocks, or not ours.
TEST(ReadmeCommands, AreTheOnesOfShBlocks) {
  const std::string page =
      "```sh\n"
      "build/sharesim list\n"
      "build/sharesim run a.yaml \\\n"
      "  -s sfq\n"
      "cmake --build build\n"
      "```\n"
      "build/sharesim outside\n"
      "```sh no-run\n"
      "sharesim run long.yaml\n"
      "```\n"
      "```\n"
      "sharesim run FILE\n"
      "```\n";
  const std::vector<Command> expected{{2, "build/sharesim list", true},
                                      {3, "build/sharesim run a.yaml   -s sfq", true},
                                      {9, "sharesim run long.yaml", false}};
  EXPECT_EQ(commands_of(page), expected);
}

// Is a failing command noticed, and can a command leave files without touching the sources?
TEST(ReadmeCommands, RunInAFolderOfTheirOwn) {
  const Sandbox sandbox;
  EXPECT_TRUE(sandbox.run("test -x build/sharesim && test -d workloads && echo made > file"));
  EXPECT_FALSE(fs::exists(fs::path(SHARESIM_SOURCE_DIR) / "file"));
  EXPECT_FALSE(sandbox.run("echo said; exit 3"));
  EXPECT_EQ(sandbox.output(), "said\n");
}

}  // namespace
}  // namespace sharesim
