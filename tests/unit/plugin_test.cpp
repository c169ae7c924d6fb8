// Schedulers that come as shared objects.

#include <chrono>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scripted_queue.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

std::string example(const std::string& name) {
  return std::string(SHARESIM_PLUGIN_DIR) + "/" + name + ".so";
}

/// What load_plugin() says about `path`; "" if it likes it.
std::string complaint(const std::string& path) {
  try {
    load_plugin(path);
  } catch (const InputError& error) {
    return error.diagnostics().at(0).to_string();
  }
  return "";
}

/// Loads the good example, once per process.
void load_lifo() {
  if (Registry::global().find("lifo") == nullptr) load_plugin(example("lifo"));
}

// Does a scheduler outside the tree work like one inside? Slices of 10 ms: B wakes up at 15, below
// A when A's slice ends at 20 and A goes back on top. A blocks at 25: three runs of A, then B's.
TEST(Plugin, SchedulerWorksLikeABuiltInOne) {
  load_lifo();
  ASSERT_NE(Registry::global().find("lifo"), nullptr);
  EXPECT_EQ(Registry::global().parse("lifo:slice=10ms").to_string(), "lifo:slice=10ms");
  ScriptedQueue queue("lifo:slice=10ms");
  queue.add(1, {{25ms, 1s}});
  queue.add_hog(1, Time(15ms));
  queue.run_until(Time(45ms));
  EXPECT_EQ(queue.order(), "AAABB");
}

// Is it said what is wrong, and is nothing of a refused plug-in taken in?
TEST(Plugin, RefusesWhatIsNoPlugin) {
  EXPECT_THAT(complaint("/nowhere/to/be/found.so"),
              AllOf(HasSubstr("plug-in '/nowhere/to/be/found.so' cannot be loaded"),
                    HasSubstr("No such file")));
  EXPECT_THAT(complaint("found_nowhere.so"), HasSubstr("cannot be loaded"));
  EXPECT_THAT(complaint("/"), HasSubstr("cannot be loaded"));
  EXPECT_THAT(complaint(""), HasSubstr("cannot be loaded"));
  const std::string text = testing::TempDir() + "/text.so";
  std::ofstream(text) << "not a shared object\n";
  EXPECT_THAT(complaint(text), HasSubstr("cannot be loaded"));
}

TEST(Plugin, RefusesOneThatRegistersNothing) {
  EXPECT_THAT(complaint(example("registers_nothing")), HasSubstr("registers no scheduler"));
}

TEST(Plugin, RefusesOneForAnotherInterface) {
  EXPECT_THAT(complaint(example("other_interface")),
              HasSubstr("built for another scheduler interface"));
}

TEST(Plugin, RefusesATakenNameAndAllThatComesWithIt) {
  EXPECT_THAT(complaint(example("taken_name")),
              HasSubstr("registers the scheduler 'sfq', which has a name that is taken"));
  EXPECT_EQ(Registry::global().find("not_taken"), nullptr);
}

TEST(Plugin, RefusesAFlawedDescription) {
  EXPECT_THAT(complaint(example("flawed")),
              HasSubstr("'flawed', which has a default for slice, '2h', that is too large"));
  EXPECT_EQ(Registry::global().find("flawed"), nullptr);
}

// Loaded twice, it registers nothing the second time.
TEST(Plugin, RefusesTheSameOneTwice) {
  load_lifo();
  EXPECT_THAT(complaint(example("lifo")), HasSubstr("has been loaded before"));
}

// Two built-in schedulers of one name are a mistake in sharesim: it stops, and says which.
TEST(PluginDeathTest, TwoBuiltInSchedulersOfOneNameStopTheProgram) {
  SchedulerInfo info;
  info.name = "sfq";
  EXPECT_DEATH(register_scheduler(info, nullptr, kSchedulerInterface),
               "the built-in scheduler 'sfq' has a name that is taken");
}

}  // namespace
}  // namespace sharesim
