#include "sim/scenario/source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "sim/scenario/scenario.hpp"

namespace sharesim {
namespace {

Diagnostic unreadable(const std::string& file, const std::string& why,
                      const std::string& allowed = "") {
  return {.file = file, .path = "", .what = why, .allowed = allowed};
}

std::string megabytes(std::size_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

/// Length of the UTF-8 character that `text` begins with, or 0 if it is none (overlong forms,
/// surrogates and control characters but tab and newline count as none).
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    const bool control = (first < 0x20 && first != '\t' && first != '\n' && first != '\r');
    return control || first == 0x7f ? 0 : 1;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) > 0x9f;
  const bool beyond = first == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

/// Walks over the characters of a text and keeps the place.
class Walk {
 public:
  explicit Walk(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  char front() const { return rest_.front(); }
  std::string_view rest() const { return rest_; }
  int line() const { return line_; }
  int column() const { return column_; }
  void skip(std::size_t bytes) {
    const bool newline = rest_.front() == '\n';
    line_ += newline ? 1 : 0;
    column_ = newline ? 1 : column_ + 1;
    rest_.remove_prefix(bytes);
  }

 private:
  std::string_view rest_;
  int line_ = 1;
  int column_ = 1;
};

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<Diagnostic> read_source(const std::string& file, std::string& text) {
  const bool standard_input = file == "-";
  std::error_code ignored;
  if (!standard_input && std::filesystem::is_directory(file, ignored)) {
    return unreadable(file, "is a directory", "a file");
  }
  const auto close = [](std::FILE* stream) {
    if (stream != stdin) std::fclose(stream);
  };
  const std::unique_ptr<std::FILE, decltype(close)> stream(
      standard_input ? stdin : std::fopen(file.c_str(), "rb"), close);
  if (!stream) return unreadable(file, std::string("cannot be read: ") + std::strerror(errno));

  text.clear();
  std::array<char, 1U << 16> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), stream.get())) {
    text.append(buffer.data(), got);
    if (text.size() > limits::kFileBytes) {
      return unreadable(file, "is too large", "up to " + megabytes(limits::kFileBytes));
    }
  }
  if (std::ferror(stream.get()) != 0) {
    return unreadable(file, std::string("cannot be read: ") + std::strerror(errno));
  }
  return std::nullopt;
}

std::optional<Diagnostic> check_source(std::string_view text, const std::string& file) {
  const auto problem = [&file](const Walk& at, const std::string& what,
                               const std::string& allowed) {
    return Diagnostic{file, at.line(), at.column(), "", what, allowed};
  };
  if (text.size() > limits::kFileBytes) {
    return unreadable(file, "is too large", "up to " + megabytes(limits::kFileBytes));
  }
  // The parser reads ahead over all open brackets at once, so that deep nesting costs it time and
  // memory long before it complains. Brackets in quotes are counted too: no valid workload has any.
  std::uint32_t depth = 0;
  bool comment = false;
  char before = '\n';
  for (Walk at(text); !at.done();) {
    const std::size_t length = character_length(at.rest());
    if (length == 0) return problem(at, "binary data", "UTF-8 text");
    const char c = at.front();
    comment = c != '\n' && (comment || (c == '#' && std::strchr(" \t\r\n", before) != nullptr));
    if (!comment && (c == '[' || c == '{')) ++depth;
    if (!comment && (c == ']' || c == '}') && depth > 0) --depth;
    if (depth > limits::kNesting) {
      return problem(at, "is nested too deeply",
                     "up to " + std::to_string(limits::kNesting) + " levels");
    }
    before = c;
    at.skip(length);
  }
  return std::nullopt;
}

std::string opening_comment(std::string_view text) {
  std::string paragraph;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    if (!line.starts_with('#')) break;
    while (line.starts_with('#')) line.remove_prefix(1);
    line = trim(line);
    if (line.empty() || line.starts_with("yaml-language-server:")) continue;
    if (!paragraph.empty()) paragraph += ' ';
    paragraph += line;
  }
  return paragraph;
}

std::string beside(const std::string& file, const std::string& name) {
  const std::filesystem::path folder =
      file == "-" ? std::filesystem::path() : std::filesystem::path(file).parent_path();
  return (folder / name).string();
}

}  // namespace sharesim
