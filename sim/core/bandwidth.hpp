#pragma once
// A cap on CPU time: with the words of Linux's cpu.max and cpu.max.burst, or as the clouds sell it.

#include <cstdint>
#include <optional>

#include "sim/core/time.hpp"

namespace sharesim {

/// The unit of the clouds: one vCPU at 100 % for one minute.
inline constexpr Duration kCredit = std::chrono::minutes(1);

/// What turns a cap into the credits of a burstable cloud machine.
struct CreditTerms {
  Duration balance{};      ///< at the start, of the kind that the limit counts
  Duration launch{};       ///< given on top at the start: spent first, and not counted by the limit
  bool unlimited = false;  ///< not held to its baseline: what it has not saved it owes or pays
  std::uint32_t vcpus = 1;

  friend constexpr bool operator==(const CreditTerms&, const CreditTerms&) = default;
};

/// At most `quota` of CPU time in each `period`; up to `burst` of unused quota is kept for later.
/// quota > 0, period > 0, burst >= 0. `quota` may exceed `period` on several CPUs. With credits,
/// quota / period is the rate of earning (the baseline), and quota + burst the limit of the balance.
struct Bandwidth {
  Duration quota{};
  Duration period{};
  Duration burst{};
  std::optional<CreditTerms> credits;

  /// Whether it ever holds anybody back.
  constexpr bool holds() const { return !credits || !credits->unlimited; }

  friend constexpr bool operator==(const Bandwidth&, const Bandwidth&) = default;
};

}  // namespace sharesim
