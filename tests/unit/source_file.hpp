#pragma once
// The project's own files as text, for the tests about them.

#include <filesystem>
#include <string>
#include <vector>

namespace sharesim {

/// A text file of the repository.
struct SourceFile {
  std::string path;  ///< from the repository root, such as "sim/core/time.hpp"
  std::string text;

  bool is_header() const { return path.ends_with(".hpp"); }
  bool is_cpp() const { return is_header() || path.ends_with(".cpp"); }
  /// Whether the file is `folder` or lies under it.
  bool in(const std::string& folder) const {
    return path == folder || path.starts_with(folder + "/");
  }
};

/// The file's C++ with comments blanked out, and the insides of string and character literals
/// except after #include. Line breaks stay.
std::string code_of(const SourceFile& file);

/// The lines of a text, without their line ends.
std::vector<std::string> lines_of(const std::string& text);

/// Throws std::runtime_error if the file cannot be read.
std::string read_text(const std::filesystem::path& path);

/// All text files under `root` that belong to the project, sorted by path: no build folders, no
/// outputs, nothing hidden but .ci and dotfiles at the top.
std::vector<SourceFile> project_files(const std::filesystem::path& root);

/// Whether .gitignore keeps the top-level `name` out of the repository.
bool ignored_at_top(const std::string& name);

}  // namespace sharesim
