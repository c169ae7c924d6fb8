#pragma once
// The words after a command, sorted into options and the rest.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sharesim::cli {

/// One option of a command: the one source for parsing and --help.
struct OptionInfo {
  std::string_view name;   ///< without the dashes
  char letter = 0;         ///< 0: no short form
  std::string_view value;  ///< what follows, for --help; empty: nothing follows
  std::string_view help;
  bool repeatable = false;
};

class Arguments {
 public:
  /// Throws InputError: unknown or repeated options (all of them, with suggestions), a missing
  /// value. Options cannot be abbreviated.
  static Arguments parse(const std::vector<OptionInfo>& options,
                         const std::vector<std::string>& words);

  bool has(std::string_view option) const { return options_.find(option) != options_.end(); }
  /// The values of an option in their order; empty if it was not given.
  std::vector<std::string> values(std::string_view option) const;
  std::optional<std::string> value(std::string_view option) const;
  /// Everything that is no option.
  const std::vector<std::string>& rest() const { return rest_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> options_;
  std::vector<std::string> rest_;
};

}  // namespace sharesim::cli
