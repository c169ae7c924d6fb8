#include "tests/unit/source_file.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace sharesim {
namespace {

namespace fs = std::filesystem;

/// Walks over C++ and copies what is code. Knows comments, literals, raw strings, 1'000 and
/// #include.
class Stripper {
 public:
  explicit Stripper(const std::string& text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(code_);
  }

 private:
  bool here(std::string_view what) const { return text_.compare(at_, what.size(), what) == 0; }

  void step() {
    if (here("//")) {
      blank_until(text_.find('\n', at_));
    } else if (here("/*")) {
      blank_past(text_.find("*/", at_ + 2), 2);
    } else if (here("#include")) {
      copy_until(std::min(text_.find('\n', at_), text_.find("//", at_)));
    } else if (here("R\"") && !after_word()) {
      const std::size_t open = text_.find('(', at_);
      const std::string close = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
      blank_past(text_.find(close, open), close.size());
    } else if (text_[at_] == '"' || (text_[at_] == '\'' && !after_word())) {
      literal(text_[at_]);
    } else {
      code_ += text_[at_++];
    }
  }

  bool after_word() const {
    return at_ > 0 &&
           (std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0 || text_[at_ - 1] == '_');
  }

  void literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    code_ += quote;
    ++at_;
    blank_until(end);
    if (at_ < text_.size()) code_ += text_[at_++];
  }

  void copy_until(std::size_t end) {
    end = std::min(end, text_.size());
    code_.append(text_, at_, end - at_);
    at_ = end;
  }
  void blank_until(std::size_t end) {
    for (end = std::min(end, text_.size()); at_ < end; ++at_)
      code_ += text_[at_] == '\n' ? '\n' : ' ';
  }
  void blank_past(std::size_t close, std::size_t length) {
    blank_until(close == std::string::npos ? close : close + length);
  }

  const std::string& text_;
  std::size_t at_ = 0;
  std::string code_;
};

bool is_text(const fs::path& path) {
  constexpr std::array kTextExtensions{".cpp",  ".hpp",  ".txt", ".md",    ".sh", ".py",
                                       ".yaml", ".json", ".csv", ".cmake", ""};
  const std::string extension = path.extension().string();
  return std::find(kTextExtensions.begin(), kTextExtensions.end(), extension) !=
         kTextExtensions.end();
}

}  // namespace

std::string code_of(const SourceFile& file) { return Stripper(file.text).run(); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool ignored_at_top(const std::string& name) {
  return name == ".git" || name == ".cache" || name == "out" || name == "compile_commands.json" ||
         name.starts_with("build");
}

std::vector<SourceFile> project_files(const fs::path& root) {
  std::vector<SourceFile> files;
  for (auto entry = fs::recursive_directory_iterator(root);
       entry != fs::recursive_directory_iterator(); ++entry) {
    const bool at_top = entry.depth() == 0;
    const std::string name = entry->path().filename().string();
    const bool hidden = name.starts_with('.') && !at_top;
    if (hidden || name == "__pycache__" || name == "node_modules" ||
        (at_top && ignored_at_top(name))) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && is_text(entry->path())) {
      files.push_back({entry->path().lexically_relative(root).string(), read_text(entry->path())});
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace sharesim
