#pragma once
// What `run` and `compare` are asked to do: their common options, checked.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/arguments.hpp"
#include "sim/output/grid.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cli {

enum class Format : std::uint8_t { kTable, kCsv, kJson };

struct Request {
  std::vector<std::shared_ptr<const Scenario>> scenarios;
  std::vector<SchedulerChoice> schedulers;
  bool has_baseline = false;  ///< the first scheduler is what the others are compared with
  std::optional<std::filesystem::path> folder;  ///< of -o; created
  bool schedule = false;
  bool report = false;  ///< report.html; only with a folder
  bool quiet = false;
  Format format = Format::kTable;
  TableStyle style;
  std::uint32_t jobs = 0;  ///< 0: as many as the machine has
};

/// The options of read_request(), for a command's table.
std::vector<OptionInfo> request_options();

/// The plug-ins that --plugin names are loaded first, since -s and workloads may use them. Throws
/// InputError with every mistake in the options and in all workloads, then MachineError if the
/// folder cannot be made.
Request read_request(const Arguments& arguments,
                     const std::optional<std::string>& default_scheduler);

using Mistakes = std::vector<Diagnostic>;

void add_mistake(Mistakes& mistakes, std::string what, std::string allowed = "");

// Single options, for commands that take some of them. What is wrong goes to `mistakes`.

/// The index of the option's value among `choices`; of the first if it was not given.
std::size_t read_choice(const Arguments& arguments, std::string_view option,
                        const std::vector<std::string>& choices, Mistakes& mistakes);
/// An option that holds an integer from `least` to `most`; `noun` is what it should have been. Nothing
/// if it was not given, or is none.
std::optional<std::int64_t> read_number(const Arguments& arguments, std::string_view option,
                                        std::int64_t least, std::int64_t most,
                                        const std::string& noun, Mistakes& mistakes);
/// The one workload that `command` takes; empty if there is not one.
std::string read_only_file(const Arguments& arguments, std::string_view command,
                           Mistakes& mistakes);
/// --jobs; 0 if it was not given.
std::uint32_t read_jobs(const Arguments& arguments, Mistakes& mistakes);
/// -o; nothing if it was not given.
std::optional<std::string> read_output(const Arguments& arguments, Mistakes& mistakes);
/// --set and --duration, in this order: the special one wins.
std::vector<Override> read_overrides(const Arguments& arguments, Mistakes& mistakes);

/// Loads the plug-ins of --plugin; what is wrong goes to `mistakes`.
void load_plugins(const Arguments& arguments, std::vector<Diagnostic>& mistakes);

/// Reads --color and --width; what is wrong goes to `mistakes`.
TableStyle read_style(const Arguments& arguments, std::vector<Diagnostic>& mistakes);

inline constexpr OptionInfo kPluginOption{
    .name = "plugin",
    .value = "PATH",
    .help = "load schedulers from a shared object; may be repeated",
    .repeatable = true};
inline constexpr OptionInfo kColorOption{
    .name = "color",
    .value = "WHEN",
    .help = "auto, always or never; auto heeds NO_COLOR and CLICOLOR_FORCE"};
inline constexpr OptionInfo kWidthOption{
    .name = "width",
    .value = "N",
    .help = "columns of text that a table may take (those of the terminal, else 120)"};

}  // namespace sharesim::cli
