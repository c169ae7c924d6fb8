// A file of records is text: one record a line, durations with units separated by commas, comments
// after '#', and the names of the columns in the first line if you like.

#include <filesystem>

#include "sim/core/units.hpp"
#include "sim/scenario/loading.hpp"
#include "sim/scenario/source.hpp"

namespace sharesim {
namespace {

constexpr DurationRange kLengths{ns(0), kLongestDraw};

std::string record_text(const std::vector<std::string>& columns) {
  return columns.size() == 1 ? "a duration such as 5ms" : "durations: " + word_list(columns);
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(trim(line.substr(0, comma)));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

/// Reads the lines of one file.
class RecordFile {
 public:
  RecordFile(Loading& loading, const std::string& file, const std::vector<std::string>& columns)
      : loading_(loading), file_(file), columns_(columns) {}

  std::vector<Duration> read(std::string_view text) {
    while (!text.empty() && !loading_.problems.full()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(values_);
  }

 private:
  void read_line(std::string_view line) {
    const std::string_view record = trim(line.substr(0, line.find('#')));
    if (record.empty()) return;
    const bool first = !seen_record_;
    seen_record_ = true;
    const std::vector<std::string_view> fields = split(record);
    if (first && std::equal(fields.begin(), fields.end(), columns_.begin(), columns_.end())) return;
    if (fields.size() != columns_.size()) {
      const std::string noun = fields.size() == 1 ? " column" : " columns";
      add(line, record, "has " + std::to_string(fields.size()) + noun, record_text(columns_));
      return;
    }
    for (const std::string_view field : fields) read_field(line, field);
  }

  void read_field(std::string_view line, std::string_view field) {
    const auto parsed = parse_duration(field);
    if (parsed.value && *parsed.value <= kLengths.most) {
      values_.push_back(*parsed.value);
      return;
    }
    const UnitError error = parsed.value ? UnitError::kOverflow : parsed.error;
    add(line, field, in_quotes(field) + " " + explain(error),
        "a duration such as 10ms, from 0s to " + to_text(kLengths.most));
  }

  void add(std::string_view line, std::string_view part, const std::string& what,
           const std::string& allowed) {
    const auto column = static_cast<int>(part.data() - line.data()) + 1;
    loading_.problems.add({file_, line_, column, "", what, allowed});
  }

  Loading& loading_;
  const std::string& file_;
  const std::vector<std::string>& columns_;
  std::vector<Duration> values_;
  int line_ = 0;
  bool seen_record_ = false;
};

std::optional<std::vector<Duration>> read_file(Loading& loading, const At& at,
                                               const std::vector<std::string>& columns) {
  Problems& problems = loading.problems;
  const std::size_t before = problems.count();
  const std::string file = beside(loading.folder_of, at.node().text);
  std::error_code ignored;
  std::string text;
  // A pipe or a device might never end.
  if (std::filesystem::exists(file, ignored) && !std::filesystem::is_directory(file, ignored) &&
      !std::filesystem::is_regular_file(file, ignored)) {
    problems.add(at, in_quotes(file) + " is not a regular file");
    return std::nullopt;
  }
  if (const auto problem = read_source(file, text)) {
    problems.add(at, in_quotes(file) + " " + problem->what, problem->allowed);
    return std::nullopt;
  }
  if (const auto problem = check_source(text, file)) {
    problems.add(*problem);
    return std::nullopt;
  }
  auto values = RecordFile(loading, file, columns).read(text);
  if (values.empty() && problems.count() == before) {
    problems.add(at, in_quotes(file) + " holds no record", record_text(columns) + " in each line");
  }
  if (problems.count() > before) return std::nullopt;
  return values;
}

void read_item(Loading& loading, const At& at, const std::vector<std::string>& columns,
               std::vector<Duration>& values) {
  if (columns.size() == 1) {
    values.push_back(read_duration(loading.problems, at, kLengths).value_or(ns(0)));
    return;
  }
  if (!check_list(loading.problems, at, columns.size(), "[" + word_list(columns) + "]")) return;
  for (std::size_t i = 0; i < at.size(); ++i) {
    values.push_back(read_duration(loading.problems, at.item(i), kLengths).value_or(ns(0)));
  }
}

std::optional<std::vector<Duration>> read_list(Loading& loading, const At& at,
                                               const std::vector<std::string>& columns) {
  const std::size_t before = loading.problems.count();
  if (!check_list(loading.problems, at, "a file, or a list of " + record_text(columns))) {
    return std::nullopt;
  }
  std::vector<Duration> values;
  for (std::size_t i = 0; i < at.size(); ++i) read_item(loading, at.item(i), columns, values);
  if (loading.problems.count() > before) return std::nullopt;
  return values;
}

}  // namespace

std::optional<std::vector<Duration>> read_records(Loading& loading, const At& at,
                                                  const std::vector<std::string>& columns) {
  auto values = at.kind() == Node::Kind::kScalar ? read_file(loading, at, columns)
                                                 : read_list(loading, at, columns);
  if (values && values->size() / columns.size() > limits::kRecords) {
    loading.problems.add(at, "has " + std::to_string(values->size() / columns.size()) + " records",
                         "up to " + std::to_string(limits::kRecords));
    return std::nullopt;
  }
  return values;
}

}  // namespace sharesim
