#include "sim/scenario/problems.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sim/registry.hpp"

namespace sharesim {

std::string At::path() const {
  if (up_ == nullptr) return "";
  const std::string above = up_->path();
  if (up_->kind() == Node::Kind::kList) return above + '[' + std::to_string(index_) + ']';
  const std::string name = in_quotes(node_->key);
  const std::string_view bare(name.data() + 1, name.size() - 2);
  return above.empty() ? std::string(bare) : above + '.' + std::string(bare);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 48;
  constexpr unsigned char kFirstPrintable = 0x20;
  constexpr unsigned char kDelete = 0x7f;
  constexpr unsigned char kContinuationMask = 0xc0;  // of UTF-8
  constexpr unsigned char kContinuation = 0x80;
  std::string_view shown = text.substr(0, kLongest);
  if (shown.size() < text.size()) {
    const auto in_character = [&] {
      return (static_cast<unsigned char>(text[shown.size()]) & kContinuationMask) == kContinuation;
    };
    while (!shown.empty() && in_character()) shown.remove_suffix(1);
  }
  std::string result = "'";
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    result += byte < kFirstPrintable || byte == kDelete ? ' ' : c;
  }
  if (shown.size() < text.size()) result += "...";
  return result + "'";
}

std::string spelling_hint(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = did_you_mean(word, known);
  return near.empty() ? "" : "; did you mean " + in_quotes(near) + "?";
}

std::string word_list(const std::vector<std::string>& words) {
  constexpr std::size_t kMost = 40;
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < kMost; ++i) {
    if (i > 0) text += ", ";
    text += words[i];
  }
  return words.size() > kMost ? text + ", ..." : text;
}

Problems::Problems(std::string file, const std::vector<std::string>& overrides) {
  sources_.push_back(std::move(file));
  sources_.insert(sources_.end(), overrides.begin(), overrides.end());
}

void Problems::add(const At& at, std::string what, std::string allowed) {
  const std::string path = full() ? "" : at.path();
  add(at.node().place, path, std::move(what), std::move(allowed));
}

void Problems::add_key(const At& at, std::string what, std::string allowed) {
  const std::string path = full() ? "" : at.path();
  add(at.node().key_place, path, std::move(what), std::move(allowed));
}

void Problems::add(const Place& place, std::string path, std::string what, std::string allowed) {
  const bool in_file = place.source == 0;
  add(Diagnostic{.file = sources_.at(place.source),
                 .line = in_file ? place.line : 0,
                 .column = in_file ? place.column : 0,
                 .path = std::move(path),
                 .what = std::move(what),
                 .allowed = std::move(allowed)});
}

void Problems::add(Diagnostic diagnostic) {
  ++count_;
  if (!full()) kept_.push_back(std::move(diagnostic));
}

void Problems::throw_if_any() {
  if (kept_.empty()) return;
  const std::string& workload = sources_.front();
  std::stable_sort(kept_.begin(), kept_.end(),
                   [&workload](const Diagnostic& a, const Diagnostic& b) {
                     const bool a_elsewhere = a.file != workload;
                     const bool b_elsewhere = b.file != workload;
                     if (a_elsewhere || b_elsewhere) return a_elsewhere < b_elsewhere;
                     return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                   });
  if (count_ > kept_.size()) {
    kept_.push_back({.file = workload,
                     .path = "",
                     .what = std::to_string(count_ - kept_.size()) + " more mistakes",
                     .allowed = ""});
  }
  throw InputError(std::move(kept_));
}

}  // namespace sharesim
