#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/scheduler_list.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/core/error.hpp"

namespace sharesim::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<OptionInfo> kOptions{
    {"seed", 0, "N", ""}, {"schedulers", 's', "LIST", "", true}, {"quiet", 'q', "", ""}};

/// The mistakes that parsing finds.
std::vector<std::string> mistakes_in(const std::vector<std::string>& words) {
  std::vector<std::string> mistakes;
  try {
    Arguments::parse(kOptions, words);
  } catch (const InputError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics()) mistakes.push_back(diagnostic.what);
  }
  return mistakes;
}

TEST(CliArguments, OptionsMayStandAnywhere) {
  const Arguments arguments = Arguments::parse(
      kOptions, {"-s", "rr", "a.yaml", "--seed=3", "-ssfq", "-q", "-", "--", "-x"});
  EXPECT_THAT(arguments.values("schedulers"), ElementsAre("rr", "sfq"));
  EXPECT_EQ(arguments.value("seed"), "3");
  EXPECT_TRUE(arguments.has("quiet"));
  EXPECT_THAT(arguments.rest(), ElementsAre("a.yaml", "-", "-x"));
}

TEST(CliArguments, WhatIsNotGivenIsAbsent) {
  const Arguments arguments = Arguments::parse(kOptions, {});
  EXPECT_FALSE(arguments.has("quiet"));
  EXPECT_EQ(arguments.value("seed"), std::nullopt);
  EXPECT_THAT(arguments.rest(), IsEmpty());
}

// Does every unknown option get its own line, and is "--see" not taken for "--seed"?
TEST(CliArguments, UnknownOptionsAreAllNamedAndNeverCompleted) {
  EXPECT_THAT(mistakes_in({"--sede", "3", "-x", "--see=1"}),
              ElementsAre("unknown option '--sede'; did you mean '--seed'?", "unknown option '-x'",
                          "unknown option '--see'; did you mean '--seed'?"));
}

TEST(CliArguments, OnlyRepeatableOptionsMayBeRepeated) {
  EXPECT_THAT(mistakes_in({"--seed", "1", "--seed", "2"}),
              ElementsAre("option '--seed' is given more than once"));
  EXPECT_THAT(mistakes_in({"-s", "rr", "-s", "rr"}), IsEmpty());
}

TEST(CliArguments, AValueMustFollow) {
  EXPECT_THAT(mistakes_in({"--seed"}), ElementsAre(HasSubstr("--seed")));
  EXPECT_THAT(mistakes_in({"--quiet=yes"}), ElementsAre(HasSubstr("--quiet")));
}

// A piece with '=' and without ':' belongs to the scheduler before it.
TEST(CliSchedulers, ParametersStayWithTheirScheduler) {
  EXPECT_THAT(split_schedulers("sfq"), ElementsAre("sfq"));
  EXPECT_THAT(split_schedulers("rr,wfq,sfq"), ElementsAre("rr", "wfq", "sfq"));
  EXPECT_THAT(split_schedulers("sfq:slice=1ms,scope=global,rr"),
              ElementsAre("sfq:slice=1ms,scope=global", "rr"));
  EXPECT_THAT(split_schedulers("rr,sfq:slice=1ms,rr:slice=2ms,scope=global"),
              ElementsAre("rr", "sfq:slice=1ms", "rr:slice=2ms,scope=global"));
  EXPECT_THAT(split_schedulers("slice=1ms"), ElementsAre("slice=1ms"));
  EXPECT_THAT(split_schedulers("rr,,sfq"), ElementsAre("rr", "", "sfq"));
  // Somebody who forgot the colon: the parameter still reaches the scheduler that was meant.
  EXPECT_THAT(split_schedulers("sfq,slice=1ms,scope=global"),
              ElementsAre("sfq:slice=1ms,scope=global"));
}

Registry two_schedulers() {
  Registry registry;
  for (const char* name : {"bb", "aa"}) {
    SchedulerInfo info;
    info.name = name;
    info.parameters = {slice_parameter()};
    registry.add(std::move(info), nullptr);
  }
  return registry;
}

std::vector<std::string> spellings(const std::vector<std::string>& lists) {
  const Registry registry = two_schedulers();
  std::vector<Diagnostic> mistakes;
  std::vector<std::string> texts;
  for (const SchedulerChoice& choice : parse_schedulers(lists, registry, mistakes)) {
    texts.push_back(choice.to_string());
  }
  for (const Diagnostic& mistake : mistakes) texts.push_back("wrong: " + mistake.what);
  return texts;
}

// "all" is every scheduler by name; the same one twice is one, however it is spelled (1ms is the
// default slice).
TEST(CliSchedulers, AllIsEveryOneOnce) {
  EXPECT_THAT(spellings({"all"}), ElementsAre("aa", "bb"));
  EXPECT_THAT(spellings({"bb", "all,aa:slice=1ms", "aa:slice=2ms"}),
              ElementsAre("bb", "aa", "aa:slice=2ms"));
}

TEST(CliSchedulers, EveryMistakeIsReported) {
  EXPECT_THAT(spellings({"aaa,bb:slize=1ms,aa"}),
              ElementsAre("aa", HasSubstr("did you mean 'aa'"), HasSubstr("did you mean 'slice'")));
}

Environment made_up(const std::map<std::string, std::string>& variables) {
  return [variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

// The order: the option, NO_COLOR, CLICOLOR_FORCE (both only if not empty), the terminal.
TEST(CliTerminal, ColoursFollowTheConventions) {
  EXPECT_TRUE(wants_color("auto", true, made_up({{"TERM", "xterm"}})));
  EXPECT_FALSE(wants_color("auto", false, made_up({{"TERM", "xterm"}})));
  EXPECT_FALSE(wants_color("auto", true, made_up({{"TERM", "dumb"}})));
  EXPECT_FALSE(wants_color("auto", true, made_up({{"TERM", "xterm"}, {"NO_COLOR", "1"}})));
  EXPECT_TRUE(wants_color("auto", true, made_up({{"TERM", "xterm"}, {"NO_COLOR", ""}})));
  EXPECT_TRUE(wants_color("auto", false, made_up({{"CLICOLOR_FORCE", "1"}})));
  EXPECT_FALSE(wants_color("auto", false, made_up({{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}})));
  EXPECT_TRUE(wants_color("always", false, made_up({{"NO_COLOR", "1"}})));
  EXPECT_FALSE(wants_color("never", true, made_up({{"CLICOLOR_FORCE", "1"}})));
}

TEST(CliTerminal, ProgressIsForPeople) {
  EXPECT_TRUE(wants_progress(true, made_up({{"TERM", "xterm"}})));
  EXPECT_FALSE(wants_progress(false, made_up({{"TERM", "xterm"}})));
  EXPECT_FALSE(wants_progress(true, made_up({{"TERM", "xterm"}, {"CI", "true"}})));
}

// Does the help of each command have three examples that begin with its name, and every option?
TEST(CliHelp, EveryCommandHasThreeExamples) {
  for (const Command* command : commands()) {
    const std::string text = help_of(*command);
    const std::string begin = "\n  sharesim " + std::string(command->name);
    std::size_t examples = 0;
    for (std::size_t at = text.find("Examples:"); (at = text.find(begin, at)) != std::string::npos;
         at += begin.size()) {
      ++examples;
    }
    // `check && run` of one line counts once, since it begins only one line.
    EXPECT_EQ(examples, 3U) << command->name;
    for (const OptionInfo& option : command->options) {
      EXPECT_THAT(text, HasSubstr("--" + std::string(option.name))) << command->name;
    }
  }
}

TEST(CliHelp, TheGeneralHelpNamesCommandsAndStatuses) {
  const std::string text = general_help();
  for (const Command* command : commands()) {
    EXPECT_THAT(text, HasSubstr("sharesim " + std::string(command->name)));
  }
  for (const char* status : {"  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  130  "}) {
    EXPECT_THAT(text, HasSubstr(status));
  }
}

}  // namespace
}  // namespace sharesim::cli
