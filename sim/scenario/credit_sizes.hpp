#pragma once
// Burstable cloud machines by the names that their providers sell them under.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sharesim {

/// One size. It earns baseline x 60 credits an hour, and its balance is limited to 24 hours of that.
struct CreditSize {
  std::string name;
  std::int64_t baseline = 0;  ///< of the whole machine, in millionths of a CPU
  std::uint32_t vcpus = 1;
  std::int64_t launch = 0;   ///< credits at the start that the limit does not count (standard mode)
  std::int64_t initial = 0;  ///< credits at the start that it counts
  bool may_be_unlimited = false;
};

const std::vector<CreditSize>& credit_sizes();
/// nullptr if there is none of that name.
const CreditSize* find_credit_size(std::string_view name);

}  // namespace sharesim
