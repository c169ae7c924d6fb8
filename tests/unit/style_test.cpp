// Does the source keep the rules of the house that a compiler does not check? Each rule is itself
// tested on a file that breaks it.

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/source_file.hpp"
#include "tests/unit/style_rules.hpp"

namespace sharesim {
namespace {

struct Example {
  SourceFile breaks;  ///< a file that the rule must refuse
  SourceFile keeps;   ///< one like it that the rule must accept
};

struct Rule {
  const char* name;
  Violations (*violations)(const SourceFile&);
  std::vector<Example> examples;
};

void PrintTo(const Rule& rule, std::ostream* out) { *out << rule.name; }

/// A scheduler's file with this explanation.
std::string scheduler_text(const std::string& explanation) {
  return "// A toy.\n\nconstexpr std::string_view kExplanation =\n    R\"(" + explanation +
         ")\";\nconst Registration<Toy> kRegistration{info()};\n";
}

const std::string kEquations = "A paper.\n\n  pick:  the first\n\n";
const std::string kJudgement = "Good at: much.\nNot good at: little,\n  as we know.\nCost: O(1).\n";
const std::string kDescription = kEquations + kJudgement + "Differs: in nothing.\n";

std::vector<Rule> rules() {
  return {
      {"IncludesPointDown",
       includes_point_down,
       {{{"sim/engine/a.cpp", "#include \"sim/metrics/a.hpp\"\n"},
         {"sim/metrics/a.cpp", "#include \"sim/scenario/a.hpp\"\n#include \"sim/registry.hpp\"\n"}},
        {{"sim/core/a.hpp", "#include \"sim/scheduler.hpp\"\n"},
         {"sim/scheduler.hpp", "#include \"sim/core/a.hpp\"\n"}}}},
      {"StrangersStayStrangers",
       strangers_stay_strangers,
       {{{"sim/engine/a.cpp", "#include \"schedulers/common/a.hpp\"\n"},
         {"tests/unit/a.cpp", "#include \"schedulers/common/a.hpp\"\n"}},
        {{"sim/metrics/a.cpp", "#include \"sim/engine/engine.hpp\"\n"},
         {"sim/metrics/a.cpp", "#include \"sim/record/result.hpp\"\n"}}}},
      {"SchedulersStandAlone",
       schedulers_stand_alone,
       {{{"schedulers/a.cpp", "#include <fmt/core.h>\n"},
         {"schedulers/a.cpp", "#include <vector>\n#include \"sim/registry.hpp\"\n"}},
        {{"schedulers/a.cpp", "#include \"sim/plugin.hpp\"\n"},
         {"schedulers/a.cpp", "#include \"schedulers/common/a.hpp\"\n"}}}},
      {"LibrariesStayInTheirPlace",
       libraries_stay_in_their_place,
       {{{"sim/scenario/load.cpp", "#include <yaml-cpp/yaml.h>\n"},
         {"sim/scenario/parse_document.cpp", "#include <yaml-cpp/yaml.h>\n"}}}},
      {"IncludesAreRooted",
       includes_are_rooted,
       {{{"sim/core/a.cpp", "#include \"time.hpp\"\n"},
         {"sim/core/a.cpp", "#include \"sim/core/time.hpp\"  // not \"time.hpp\"\n"}}}},
      {"NoFloatingPoint",
       no_floating_point,
       {{{"sim/core/a.cpp", "using Seconds = double;\n"},
         {"sim/core/a.cpp", "int a = 1'000;  // not a double, not 1.5\n"}},
        {{"schedulers/a.cpp", "auto a = 1e9;\n"},
         {"schedulers/a.cpp", "auto a = 0x1e9; auto b = \"1.5ms\";\n"}}}},
      {"SameResultEverywhere",
       same_result_everywhere,
       {{{"sim/scenario/a.cpp", "std::normal_distribution<> d;\n"},
         {"sim/scenario/a.cpp", "boost::random::normal_distribution<> d;\n"}},
        {{"sim/output/a.cpp", "#include <unordered_map>\n"},
         {"sim/output/a.cpp", "#include <map>  // not unordered_map\n"}}}},
      {"NoWallClock",
       no_wall_clock,
       {{{"sim/engine/a.cpp", "auto t = std::chrono::steady_clock::now();\n"},
         {"sim/cli/a.cpp", "auto t = std::chrono::steady_clock::now();\n"}}}},
      {"PrintingIsForTheCommandLine",
       printing_is_for_the_command_line,
       {{{"sim/output/a.cpp", "fmt::print(\"{}\", 1);\n"},
         {"sim/cli/a.cpp", "fmt::print(\"{}\", 1);\n"}},
        {{"sim/scenario/a.cpp", "  exit(2);\n"},
         {"sim/scenario/a.cpp", "  on_exit_of(task); std::snprintf(text, 9, \"\");\n"}}}},
      {"NothingIsLeftToDo",
       nothing_is_left_to_do,
       {{{"bench/README.md", std::string("Speed: TO") + "DO\n"},
         {"bench/README.md", "Speed: to do one's best\n"}}}},
      {"HeadersAreIncludedOnce",
       headers_are_included_once,
       {{{"sim/core/a.hpp", "#ifndef A_HPP\n#define A_HPP\n#endif\n"},
         {"sim/core/a.hpp", "#pragma once\n"}}}},
      {"FilesAreShort",
       files_are_short,
       {{{"sim/core/a.cpp", std::string(501, '\n')}, {"sim/core/a.cpp", std::string(500, '\n')}}}},
      {"FilesAreSnakeCase",
       files_are_snake_case,
       {{{"sim/core/CpuSet.cpp", ""}, {"sim/core/cpu_set.cpp", ""}}}},
      {"TypesSayWhatTheyAre",
       types_say_what_they_are,
       {{{"sim/core/a.hpp", "class TimeManager {\n"},
         {"sim/core/a.hpp", "class TimeLine {  // no class TimeManager\n"}}}},
      {"SchedulersAreDescribed",
       schedulers_are_described,
       {{{"schedulers/toy.cpp", scheduler_text(kEquations + kJudgement + "Nothing else.\n")},
         {"schedulers/toy.cpp", scheduler_text(kDescription)}},
        {{"schedulers/toy.cpp", scheduler_text("A paper.\n\n" + kJudgement + "Differs: no.\n")},
         {"schedulers/common/toy.cpp", ""}},
        {{"schedulers/toy.cpp", scheduler_text(kEquations + "Differs: no.\n" + kJudgement)},
         {"tests/support/plugin_example/toy.cpp", "// Registers nothing.\n"}},
        {{"schedulers/toy.cpp", scheduler_text(std::string(101, '-') + "\n" + kDescription)},
         {"schedulers/toy.cpp", scheduler_text(std::string(100, '-') + "\n" + kDescription)}},
        {{"tests/support/plugin_example/toy.cpp", "class Toy;\n" + scheduler_text(kDescription)},
         {"tests/support/plugin_example/toy.cpp", scheduler_text(kDescription) + "class Toy;\n"}}}},
      {"SchedulersRegister",
       schedulers_register,
       {{{"schedulers/toy.cpp", "// const Registration<Toy> kRegistration{info()};\n"},
         {"schedulers/toy.cpp", scheduler_text("")}},
        {{"schedulers/toy.cpp", "int register_schedulers;\n"},
         {"schedulers/toy.cpp",
          "const bool a = (register_scheduler(info(), nullptr, 2), true);\n"}}}},
      {"TopLevelIsAgreed", top_level_is_agreed, {{{"lib/a.cpp", ""}, {".clang-format", ""}}}},
  };
}

class Style : public testing::TestWithParam<Rule> {};

// Is the rule able to fail, and only on what it is about?
TEST_P(Style, RefusesItsBadExamplesAndAcceptsItsGoodOnes) {
  for (const Example& example : GetParam().examples) {
    EXPECT_EQ(GetParam().violations(example.breaks).size(), 1U) << example.breaks.text;
    EXPECT_EQ(GetParam().violations(example.keeps), Violations{}) << example.keeps.text;
  }
}

// Does every file of the project keep the rule?
TEST_P(Style, HoldsForEveryFile) {
  static const std::vector<SourceFile> kFiles = project_files(SHARESIM_SOURCE_DIR);
  ASSERT_GT(kFiles.size(), 20U) << "the project's files were not found";
  for (const SourceFile& file : kFiles) {
    for (const std::string& violation : GetParam().violations(file)) ADD_FAILURE() << violation;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, Style, testing::ValuesIn(rules()),
                         [](const auto& instance) { return instance.param.name; });

// Are comments and literals told from code? What is left of each is written beside it.
TEST(SourceFileText, CodeIsWhatIsNeitherCommentNorLiteral) {
  const auto code = [](const std::string& text) { return code_of({"a.cpp", text}); };
  EXPECT_EQ(code("a; // b\nc;"), "a;     \nc;");
  EXPECT_EQ(code("a /* b\n */ c"), "a     \n    c");
  EXPECT_EQ(code(R"(f("a\"// b"); g;)"), R"(f("       "); g;)");
  EXPECT_EQ(code("x = 1'000; // y"), "x = 1'000;     ");
  EXPECT_EQ(code("c = '\"'; d"), "c = ' '; d");
  EXPECT_EQ(code("R\"(a \" b)\" c"), "           c");
  EXPECT_EQ(code("#include \"a\" // b"), "#include \"a\"     ");
}

}  // namespace
}  // namespace sharesim
