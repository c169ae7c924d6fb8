#pragma once
// Reads keys and scalars of a document; each function adds to Problems what is wrong, and then
// returns nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/time.hpp"
#include "sim/scenario/problems.hpp"

namespace sharesim {

/// The values of a map by key. Complains about unknown, doubled and merge keys when constructed.
class Fields {
 public:
  /// `at` should be a map.
  Fields(Problems& problems, const At& at, const std::vector<std::string>& known);
  Fields(Problems&, const At&&, const std::vector<std::string>&) = delete;  // `at` is kept

  bool is_map() const { return is_map_; }
  /// Empty if there is no such key.
  std::optional<At> find(std::string_view key) const;
  /// The same, with a problem added. `allowed` says what the key holds.
  std::optional<At> require(std::string_view key, const std::string& allowed) const;
  bool has(std::string_view key) const { return at_.node().find(key) != nullptr; }
  const At& at() const { return at_; }

 private:
  void check_keys(const std::vector<std::string>& known) const;

  Problems& problems_;
  const At& at_;
  bool is_map_;
};

/// What a duration may be: its range, and whether it may be negative.
struct DurationRange {
  Duration least{};
  Duration most = Duration::max();
};

/// The text of a scalar.
std::optional<std::string_view> read_text(Problems& problems, const At& at,
                                          const std::string& allowed);
/// A negative duration is read if the range has room for it.
std::optional<Duration> read_duration(Problems& problems, const At& at, const DurationRange& range);
std::optional<std::int64_t> read_integer(Problems& problems, const At& at, std::int64_t least,
                                         std::int64_t most);
/// In millionths.
std::optional<std::int64_t> read_percent(Problems& problems, const At& at);
/// A number of credits (see kCredit) from 0 to `most`, up to six decimals.
std::optional<Duration> read_credits(Problems& problems, const At& at, Duration most);
std::optional<bool> read_flag(Problems& problems, const At& at);
/// A decimal number in [least, most], the least excluded.
std::optional<double> read_number_above(Problems& problems, const At& at, int least, int most);
/// The name of a scenario, a group or a task.
std::optional<std::string> read_name(Problems& problems, const At& at);

/// Whether `at` is a list of at least one entry; else a problem.
bool check_list(Problems& problems, const At& at, const std::string& allowed);
/// The same, of exactly `size` entries.
bool check_list(Problems& problems, const At& at, std::size_t size, const std::string& allowed);

/// "is a map", "has no value", ...: what stands where something else was wanted; "" if kBroken.
std::string kind_text(const Node& node);

}  // namespace sharesim
