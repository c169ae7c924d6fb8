// Is every type with a name that the whole program sees defined once? Two classes of one name in two files compile and
// link, and one is then built by the constructor of the other; neither the compiler nor the linker has to say so.

#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/source_file.hpp"

namespace sharesim {
namespace {

/// The types that the file defines directly in a named namespace, with its name.
std::set<std::string> types_of(const SourceFile& file) {
  static const std::regex kOpen(R"(^(?:inline )?namespace ?([\w:]*) ?\{)");
  static const std::regex kClose(R"(^\} +$)");  // a comment has been there
  static const std::regex kType(
      R"(^(?:template <.*> )?(?:class|struct|union|enum class|enum) (?:\[\[.*\]\] |alignas\(\w+\) )*([\w:]+)[^;]*\{)");
  std::set<std::string> types;
  std::vector<std::string> namespaces;
  int unnamed = 0;
  for (const std::string& line : lines_of(code_of(file))) {
    std::smatch match;
    if (std::regex_search(line, match, kOpen)) {
      namespaces.push_back(match[1]);
      unnamed += match[1].length() == 0 ? 1 : 0;
    } else if (std::regex_search(line, kClose) && !namespaces.empty()) {
      unnamed -= namespaces.back().empty() ? 1 : 0;
      namespaces.pop_back();
    } else if (unnamed == 0 && std::regex_search(line, match, kType)) {
      std::string name;
      for (const std::string& space : namespaces) name += space + "::";
      types.insert(name + match[1].str());
    }
  }
  return types;
}

// Is the search able to find them, and does it tell what only its own file sees? In unnamed namespaces names may repeat.
TEST(OneDefinition, TypesAreFound) {
  const std::string text =
      "namespace sharesim {\nnamespace {\nstruct Hidden {\n};\n}  // namespace\nclass Seen final : "
      "public Other {\n  "
      "struct Inner {\n  };\n};\nstruct Declared;\nstruct alignas(64) Wide { int a; };\ntemplate "
      "<typename T>\nstruct "
      "Seen::Part {\n};\n}  // namespace sharesim\n";
  EXPECT_EQ(types_of({"a.cpp", text}),
            (std::set<std::string>{"sharesim::Seen", "sharesim::Wide", "sharesim::Seen::Part"}));
}

TEST(OneDefinition, HoldsForEveryType) {
  std::map<std::string, std::string> defined;
  for (const SourceFile& file : project_files(SHARESIM_SOURCE_DIR)) {
    if (!file.is_cpp()) continue;
    for (const std::string& type : types_of(file)) {
      const auto [at, is_new] = defined.emplace(type, file.path);
      EXPECT_TRUE(is_new) << type << " is defined in " << at->second << " and in " << file.path;
    }
  }
  EXPECT_GT(defined.size(), 200U) << "the project's types were not found";
}

}  // namespace
}  // namespace sharesim
