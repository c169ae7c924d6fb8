#include <algorithm>
#include <utility>

#include "sim/registry.hpp"

namespace sharesim {

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const auto lower = [](std::string_view text) {
    std::string small(text);
    for (char& c : small) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return small;
  };
  constexpr std::size_t kLongest = 64;  // longer words are not slips of the finger
  if (word.size() > kLongest) return "";
  const std::string a = lower(word);
  std::string best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::string b = lower(candidate);
    // Damerau-Levenshtein (insert, delete, replace, swap two neighbours), three rows of the table.
    std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      row[0] = i;
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
        row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
      before_last = std::exchange(last, row);
    }
    if (last[b.size()] < least) {
      least = last[b.size()];
      best = candidate;
    }
  }
  return best;
}

}  // namespace sharesim
