#include "tests/unit/style_rules.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <regex>

namespace sharesim {
namespace {

std::string place(const SourceFile& file, std::size_t line, const std::string& what) {
  return file.path + ":" + std::to_string(line) + ": " + what;
}

/// The places where the pattern occurs in the file's code (not in comments or literals).
Violations occurrences(const SourceFile& file, const std::string& pattern,
                       const std::string& what) {
  const std::regex regex(pattern);
  Violations found;
  const auto lines = lines_of(code_of(file));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(lines[i], match, regex)) {
      found.push_back(place(file, i + 1, what + ": " + match.str()));
    }
  }
  return found;
}

struct Include {
  std::size_t line;
  bool angled;
  std::string target;
};

std::vector<Include> includes_of(const SourceFile& file) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
  std::vector<Include> includes;
  const auto lines = lines_of(code_of(file));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(lines[i], match, kInclude)) {
      includes.push_back({i + 1, match[1] == "<", match[2]});
    }
  }
  return includes;
}

/// From bottom to top. A file includes its own layer and those below it.
constexpr std::array kLayers{"sim/core",   "sim",        "schedulers", "sim/scenario",
                             "sim/record", "sim/engine", "sim/cgroup", "sim/metrics",
                             "sim/fluid",  "sim/search", "sim/output", "sim/cli",
                             "bench",      "tests"};
constexpr std::size_t kNoLayer = kLayers.size();

std::size_t layer_of(const std::string& path) {
  const SourceFile file{path, ""};
  const bool directly_in_sim = file.in("sim") && path.find('/', 4) == std::string::npos;
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    const std::string layer = kLayers.at(i);
    if (layer == "sim" ? directly_in_sim : file.in(layer)) return i;
  }
  return kNoLayer;
}

bool is_scheduler(const SourceFile& file) {
  return file.in("schedulers") && !file.in("schedulers/common") && file.path.ends_with(".cpp");
}

bool is_plugin_example(const SourceFile& file) {
  return file.in("tests/support/plugin_example") &&
         code_of(file).find("class ") != std::string::npos;
}

/// Whether the byte is not one that goes on with a character of UTF-8.
bool starts_a_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

/// Whether the file opens with a comment of one line and an empty one.
bool is_named_in_one_line(const std::vector<std::string>& lines) {
  return lines.size() > 2 && lines[0].starts_with("// ") && lines[1].empty();
}

/// The lines of the raw string kExplanation; none if there is no such thing.
std::vector<std::string> explanation_of(const SourceFile& file) {
  const std::size_t name = file.text.find("kExplanation =");
  const std::size_t open = file.text.find("R\"(", std::min(name, file.text.size()));
  if (open == std::string::npos) return {};
  constexpr std::size_t kOpening = 3;
  const std::size_t begin = open + kOpening;
  return lines_of(file.text.substr(begin, file.text.find(")\"", begin) - begin));
}

}  // namespace

// ---- Layers ----

Violations includes_point_down(const SourceFile& file) {
  Violations found;
  if (!file.is_cpp()) return found;
  const std::size_t mine = layer_of(file.path);
  for (const Include& include : includes_of(file)) {
    if (!include.angled && layer_of(include.target) > mine) {
      found.push_back(place(file, include.line, "includes a layer above: " + include.target));
    }
  }
  return found;
}

Violations strangers_stay_strangers(const SourceFile& file) {
  Violations found;
  const bool policy_free = file.in("sim");
  const bool backend_free = file.in("sim/metrics");
  for (const Include& include : includes_of(file)) {
    const SourceFile target{include.target, ""};
    if ((policy_free && target.in("schedulers")) ||
        (backend_free && (target.in("sim/engine") || target.in("sim/cgroup")))) {
      found.push_back(place(file, include.line, "must not know " + include.target));
    }
  }
  return found;
}

Violations schedulers_stand_alone(const SourceFile& file) {
  Violations found;
  if (!file.in("schedulers")) return found;
  for (const Include& include : includes_of(file)) {
    const SourceFile target{include.target, ""};
    const bool standard = include.target.find_first_of("./") == std::string::npos;
    const bool ours = target.in("sim/core") || target.in("sim/scheduler.hpp") ||
                      target.in("sim/registry.hpp") || target.in("schedulers/common");
    if (include.angled ? !standard : !ours) {
      found.push_back(place(file, include.line, "a scheduler includes " + include.target));
    }
  }
  return found;
}

Violations libraries_stay_in_their_place(const SourceFile& file) {
  struct Home {
    const char* library;
    std::array<const char*, 2> places;
  };
  constexpr std::array kHomes{Home{"yaml-cpp", {"sim/scenario/parse_document.cpp", "tests"}},
                              Home{"boost/program_options", {"sim/cli", "tests"}},
                              Home{"nlohmann", {"sim/output", "tests"}},
                              Home{"protozero", {"sim/output", "tests"}},
                              Home{"gtest", {"tests", "tests"}},
                              Home{"benchmark", {"bench", "bench"}}};
  Violations found;
  for (const Include& include : includes_of(file)) {
    for (const Home& home : kHomes) {
      if (include.angled && include.target.starts_with(home.library) && !file.in(home.places[0]) &&
          !file.in(home.places[1])) {
        found.push_back(
            place(file, include.line, include.target + " belongs to " + home.places[0]));
      }
    }
  }
  return found;
}

Violations includes_are_rooted(const SourceFile& file) {
  Violations found;
  if (!file.is_cpp()) return found;
  for (const Include& include : includes_of(file)) {
    if (!include.angled && layer_of(include.target) == kNoLayer) {
      found.push_back(place(file, include.line, "does not start at the root: " + include.target));
    }
  }
  return found;
}

// ---- Determinism ----

Violations no_floating_point(const SourceFile& file) {
  if (!file.in("sim/core") && !file.in("sim/engine") && !file.in("schedulers")) return {};
  if (file.path.ends_with(".md")) return {};  // a version is no number
  return occurrences(file, R"(\b(float|double)\b|\b[0-9][0-9']*\.[0-9]|\b[0-9]+\.?[eE][-+]?[0-9])",
                     "floating point");
}

Violations same_result_everywhere(const SourceFile& file) {
  if (!file.in("sim") && !file.in("schedulers")) return {};
  return occurrences(file,
                     R"(\bstd::\w+_distribution\b|<unordered_\w+>|\bunordered_(multi)?(map|set)\b)"
                     R"(|\bstd::(random_)?shuffle\b|\brandom_device\b|\bs?rand\s*\()",
                     "differs between libraries or runs");
}

Violations no_wall_clock(const SourceFile& file) {
  // Of sim/cgroup the processes of a live run alone have to know what time it really is.
  const bool below = file.in("sim") && !file.in("sim/cli") && !file.in("sim/output") &&
                     !file.in("sim/cgroup/live_burn.cpp");
  if (!below && !file.in("schedulers")) return {};
  return occurrences(file,
                     R"(\b(system|steady|high_resolution)_clock\b|\b(clock_)?gettime(ofday)?\s*\()"
                     R"(|\bstd::(clock|time)\s*\()",
                     "reads a wall clock");
}

// ---- Form ----

Violations printing_is_for_the_command_line(const SourceFile& file) {
  // The registrars of sim/plugin.cpp run before main(), when there is nobody to throw to.
  // A client of a live run is a process of its own, and ends itself.
  if (file.in("sim/cli") || file.in("sim/plugin.cpp") || file.in("sim/cgroup/live_clients.cpp")) {
    return {};
  }
  if (!file.in("sim") && !file.in("schedulers")) return {};
  return occurrences(
      file,
      R"(\bfmt::print\b|\bstd::(cout|cerr|clog)\b|\b(v?f?printf|f?puts|putchar)\s*\()"
      R"(|\b(std::|_|quick_)?exit\s*\(|\bstd::(abort|terminate)\b)",
      "prints or ends the process");
}

Violations nothing_is_left_to_do(const SourceFile& file) {
  // One letter of each as a set, because this file is searched too.
  static const std::regex kMark(R"(\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b)");
  Violations found;
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (std::regex_search(lines[i], kMark)) found.push_back(place(file, i + 1, "unfinished"));
  }
  return found;
}

Violations headers_are_included_once(const SourceFile& file) {
  if (!file.is_header() || file.text.starts_with("#pragma once\n")) return {};
  return {place(file, 1, "does not start with #pragma once")};
}

Violations files_are_short(const SourceFile& file) {
  constexpr std::size_t kMostLines = 500;
  const std::size_t lines = lines_of(file.text).size();
  if (!file.is_cpp() || lines <= kMostLines) return {};
  return {place(file, lines, "longer than " + std::to_string(kMostLines) + " lines")};
}

Violations files_are_snake_case(const SourceFile& file) {
  static const std::regex kSnakeCase("[a-z][a-z0-9_]*\\.[a-z]+");
  const std::string name = std::filesystem::path(file.path).filename().string();
  if (!file.is_cpp() || std::regex_match(name, kSnakeCase)) return {};
  return {place(file, 1, "is not named in snake_case")};
}

Violations types_say_what_they_are(const SourceFile& file) {
  return occurrences(file, R"(\b(class|struct)\s+\w*(Manager|Helper|Util|Utils|Base|Impl)\b)",
                     "a name that says nothing");
}

Violations schedulers_are_described(const SourceFile& file) {
  constexpr std::size_t kMostColumns = 100;
  if (!is_scheduler(file) && !is_plugin_example(file)) return {};
  Violations found;
  if (!is_named_in_one_line(lines_of(file.text))) {
    found.push_back(place(file, 1, "does not open with one line of comment that names it"));
  }
  const std::vector<std::string> lines = explanation_of(file);
  const auto end = lines.end();
  const auto starts_with = [](const char* text) {
    return [text](const std::string& line) { return line.starts_with(text); };
  };
  auto at = lines.begin();
  for (const char* heading : {"Good at: ", "Not good at: ", "Cost: ", "Differs: "}) {
    const auto next = std::find_if(at, end, starts_with(heading));
    if (next == end) {
      found.push_back(place(file, 1, std::string("kExplanation lacks, in its place: ") + heading));
    } else {
      at = next;
    }
  }
  const auto good_at = std::find_if(lines.begin(), end, starts_with("Good at: "));
  if (std::none_of(lines.begin(), good_at, starts_with("  "))) {
    found.push_back(place(file, 1, "kExplanation lacks equations, indented, before Good at"));
  }
  for (const std::string& line : lines) {
    const auto columns = std::count_if(line.begin(), line.end(), starts_a_character);
    if (static_cast<std::size_t>(columns) > kMostColumns) {
      found.push_back(place(file, 1, "kExplanation is wider than 100 columns: " + line));
    }
  }
  return found;
}

Violations schedulers_register(const SourceFile& file) {
  const std::string code = code_of(file);
  const bool registers = code.find("const Registration<") != std::string::npos ||
                         code.find("register_scheduler(") != std::string::npos;
  if (!is_scheduler(file) || registers) return {};
  return {place(file, 1, "registers no scheduler")};
}

Violations top_level_is_agreed(const SourceFile& file) {
  constexpr std::array kAgreed{"CMakeLists.txt", "README.md", "sim",   "schedulers",
                               "workloads",      "bench",     "tests", "plots"};
  const std::string top = file.path.substr(0, file.path.find('/'));
  if (top.starts_with('.') || std::find(kAgreed.begin(), kAgreed.end(), top) != kAgreed.end()) {
    return {};
  }
  return {place(file, 1, "not a name that was agreed for the top level: " + top)};
}

}  // namespace sharesim
