// Files: the workload itself, and those that it names.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "sim/core/error.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

class LoaderFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sharesim-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const std::string file = path(name);
    std::ofstream(file) << text;
    return file;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// What is said, with the folder cut away.
  std::string mistakes_in(const std::string& file) const {
    try {
      load_scenario(file);
      return "accepted";
    } catch (const InputError& error) {
      std::string said = error.what();
      const std::string prefix = folder_.string() + "/";
      for (std::size_t at = said.find(prefix); at != std::string::npos; at = said.find(prefix)) {
        said.erase(at, prefix.size());
      }
      return said;
    }
  }

 private:
  std::filesystem::path folder_;
};

std::string workload(const std::string& task) {
  return "name: t\nduration: 10s\ntasks:\n  - {name: a, " + task + "}\n";
}

// Question: does a file load like its text? Expected: yes, with its name.
TEST_F(LoaderFiles, LoadsAFile) {
  const std::string file = write("w.yaml", workload("count: 2"));
  const Scenario scenario = load_scenario(file);
  EXPECT_EQ(scenario.file, file);
  EXPECT_EQ(scenario.task_count(), 2U);
  EXPECT_EQ(load_scenario(file, {{"tasks.a.count", "5"}}).task_count(), 5U);
}

// Question: what is said about files that cannot be read? Expected: the system's reason, no line.
TEST_F(LoaderFiles, RefusesWhatCannotBeRead) {
  EXPECT_EQ(mistakes_in(path("none.yaml")), "none.yaml: cannot be read: No such file or directory");
  std::filesystem::create_directory(path("d.yaml"));
  EXPECT_EQ(mistakes_in(path("d.yaml")), "d.yaml: is a directory (a file)");
  write("f", "");
  EXPECT_EQ(mistakes_in(path("f/w.yaml")), "f/w.yaml: cannot be read: Not a directory");
  EXPECT_EQ(mistakes_in(path("f")), "f:1:1: is empty (a workload: name, duration, tasks)");
  EXPECT_EQ(mistakes_in("/dev/zero"), "/dev/zero: is too large (up to 16 MiB)");
}

// Question: what is said about a file without the right to read it? Expected: permission denied.
TEST_F(LoaderFiles, RefusesWhatMayNotBeRead) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const std::string file = write("w.yaml", workload("count: 2"));
  std::filesystem::permissions(file, std::filesystem::perms::none);
  EXPECT_EQ(mistakes_in(file), "w.yaml: cannot be read: Permission denied");
}

// Question: where is the limit on a file's size? Expected: 16 MiB are read (and are no workload).
TEST_F(LoaderFiles, LimitsTheSize) {
  const std::string line = "# " + std::string(1021, 'x') + "\n";
  std::string text = workload("count: 2");
  while (text.size() + line.size() <= limits::kFileBytes / 32) text += line;
  EXPECT_EQ(mistakes_in(write("small.yaml", text)), "accepted");
  EXPECT_EQ(mistakes_in(write("large.yaml", std::string(limits::kFileBytes + 1, '#'))),
            "large.yaml: is too large (up to 16 MiB)");
}

// Question: is a replay read from beside the workload? Expected: header, comments and blanks
// skipped.
TEST_F(LoaderFiles, ReadsRecords) {
  write("r.csv", "# recorded\n run , sleep\r\n5ms,10ms\n\n1ms, 0s # short\n2ms,3ms");
  const Scenario s = load_scenario(write("w.yaml", workload("replay: r.csv")));
  const auto& sequence = std::get<Sequence>(s.spec_of(0).behaviour);
  ASSERT_EQ(sequence.steps.size(), 5U);
  EXPECT_EQ(sequence.steps[0].length.a, 5ms);
  EXPECT_EQ(sequence.steps[4].length.a, 3ms);

  write("e.csv", "duration\n1ms\n3ms\n");
  const Scenario e = load_scenario(write("e.yaml", workload("do: [{run: {empirical: e.csv}}]")));
  EXPECT_EQ(std::get<Sequence>(e.spec_of(0).behaviour).steps[0].length.mean(), 2ms);
}

// Question: what is said about wrong records? Expected: the line of that file, all at once.
TEST_F(LoaderFiles, RefusesWrongRecords) {
  const std::string file = write("w.yaml", workload("replay: r.csv"));
  write("r.csv", "run,sleep\n5,10ms\n1ms\n  2ms,x,3ms\n-1ms,2ms\n1ms,1001h\nrun,sleep\n");
  EXPECT_EQ(mistakes_in(file),
            "r.csv:2:1: '5' has no unit (a duration such as 10ms, from 0s to 1000h)\n"
            "r.csv:3:1: has 1 column (durations: run, sleep)\n"
            "r.csv:4:3: has 3 columns (durations: run, sleep)\n"
            "r.csv:5:1: '-1ms' cannot be read (a duration such as 10ms, from 0s to 1000h)\n"
            "r.csv:6:5: '1001h' is too large (a duration such as 10ms, from 0s to 1000h)\n"
            "r.csv:7:1: 'run' cannot be read (a duration such as 10ms, from 0s to 1000h)\n"
            "r.csv:7:5: 'sleep' cannot be read (a duration such as 10ms, from 0s to 1000h)");
  write("r.csv", "run,sleep\n# nothing\n");
  EXPECT_NE(mistakes_in(file).find("holds no record (durations: run, sleep in each line)"),
            std::string::npos);
  write("r.csv", std::string("1ms,\0", 5));
  EXPECT_EQ(mistakes_in(file), "r.csv:1:5: binary data (UTF-8 text)");
}

// Question: what is said about a record file that is none? Expected: the reason, at the key.
TEST_F(LoaderFiles, RefusesFilesOfNoRecords) {
  std::filesystem::create_directory(path("d"));
  EXPECT_NE(mistakes_in(write("w.yaml", workload("replay: d"))).find("is a directory"),
            std::string::npos);
  EXPECT_EQ(mistakes_in(write("w.yaml", workload("replay: /dev/zero"))),
            "w.yaml:4:23: tasks[0].replay: '/dev/zero' is not a regular file");
}

}  // namespace
}  // namespace sharesim
