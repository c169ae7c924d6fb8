#include "sim/core/cpu_set.hpp"

#include <charconv>

namespace sharesim {
namespace {

/// Takes a decimal number off the front of `text`.
std::optional<CpuId> take_number(std::string_view& text) {
  CpuId value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

CpuSet CpuSet::first(CpuId count) {
  CpuSet set;
  for (CpuId cpu = 0; cpu < count; ++cpu) set.insert(cpu);
  return set;
}

std::optional<CpuSet> CpuSet::parse(std::string_view list) {
  CpuSet set;
  if (list.empty()) return set;
  for (;;) {
    const auto low = take_number(list);
    if (!low) return std::nullopt;
    auto high = low;
    if (list.starts_with('-')) {
      list.remove_prefix(1);
      high = take_number(list);
    }
    if (!high || *high < *low || *high >= kMaxCpus) return std::nullopt;
    for (CpuId cpu = *low; cpu <= *high; ++cpu) set.insert(cpu);
    if (list.empty()) return set;
    if (!list.starts_with(',')) return std::nullopt;
    list.remove_prefix(1);
  }
}

CpuId CpuSet::count() const {
  int count = 0;
  for (const std::uint64_t word : words_) count += std::popcount(word);
  return static_cast<CpuId>(count);
}

CpuSet CpuSet::operator&(const CpuSet& other) const {
  CpuSet both;
  for (std::size_t i = 0; i < words_.size(); ++i) both.words_[i] = words_[i] & other.words_[i];
  return both;
}

CpuSet CpuSet::operator|(const CpuSet& other) const {
  CpuSet either;
  for (std::size_t i = 0; i < words_.size(); ++i) either.words_[i] = words_[i] | other.words_[i];
  return either;
}

std::string CpuSet::to_string() const {
  std::string text;
  for (CpuId low = next(0); low != kNoCpu;) {
    CpuId high = low;
    while (contains(high + 1)) ++high;
    if (!text.empty()) text += ',';
    text += std::to_string(low);
    if (high > low) text += '-' + std::to_string(high);
    low = next(high + 1);
  }
  return text;
}

}  // namespace sharesim
