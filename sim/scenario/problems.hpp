#pragma once
// Collects everything that is wrong with a workload, so that it can be said at once.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/error.hpp"
#include "sim/scenario/document.hpp"

namespace sharesim {

/// `text` in quotes, short and printable whatever it holds.
std::string in_quotes(std::string_view text);

/// "; did you mean 'weight'?", or "" if no known word is near.
std::string spelling_hint(std::string_view word, const std::vector<std::string>& known);

/// "a, b, c"; shortened if there are very many.
std::string word_list(const std::vector<std::string>& words);

class Problems {
 public:
  /// `file` names the workload; `overrides` the texts of the options that changed it.
  Problems(std::string file, const std::vector<std::string>& overrides);

  /// The value at `at` is wrong.
  void add(const At& at, std::string what, std::string allowed = "");
  /// The key of the value at `at` is wrong.
  void add_key(const At& at, std::string what, std::string allowed = "");
  void add(const Place& place, std::string path, std::string what, std::string allowed = "");
  void add(Diagnostic diagnostic);

  std::size_t count() const { return count_; }
  /// Further problems are only counted.
  bool full() const { return kept_.size() >= kMost; }
  /// Throws InputError with all problems in the order of the file, if there are any.
  void throw_if_any();

 private:
  static constexpr std::size_t kMost = 100;  ///< more than anybody reads

  std::vector<std::string> sources_;
  std::vector<Diagnostic> kept_;
  std::size_t count_ = 0;
};

}  // namespace sharesim
