#include "sim/core/quota.hpp"

#include <algorithm>

namespace sharesim {

void Quota::fill(const Bandwidth& bandwidth) {
  bandwidth_ = bandwidth;
  left_ = bandwidth.credits ? bandwidth.credits->balance : bandwidth.quota;
  launch_ = bandwidth.credits ? bandwidth.credits->launch : Duration::zero();
  lost_ = charged_ = Duration::zero();
}

void Quota::reset(const Bandwidth& bandwidth, Time now) {
  fill(bandwidth);
  refills_ = first_ = to_ns(now) / to_ns(bandwidth.period);
}

void Quota::refill_until(Time now) {
  const std::int64_t due = to_ns(now) / to_ns(bandwidth_.period) - refills_;
  if (due <= 0) return;
  refills_ += due;
  // All CPUs' time in the longest run is far from overflow.
  left_ += bandwidth_.quota * due;
  if (left_ <= full()) return;
  lost_ += left_ - full();
  left_ = full();
}

void Quota::use_credits(Duration used) {
  const Duration given = std::min(used, launch_);
  launch_ -= given;
  left_ -= used - given;
  if (!bandwidth_.credits->unlimited || left_ >= -full()) return;
  charged_ += -full() - left_;
  left_ = -full();
}

void Quota::run_until(Time since, Time now, std::int64_t runners) {
  if (runners == 0) return refill_until(now);
  const Time first = next_refill();
  if (now < first) return use((now - since) * runners);
  use((first - since) * runners);
  refill_until(first);
  repeat((now - first) / bandwidth_.period, bandwidth_.period * runners);
  use((now - first) % bandwidth_.period * runners);
}

/// So many times: `used` in a period, then its refill.
void Quota::repeat(std::int64_t periods, Duration used) {
  while (periods > 0 && launch_ > Duration::zero()) {
    const std::int64_t of_launch = std::clamp<std::int64_t>(launch_ / used, 1, periods);
    use(used * of_launch);
    refill_until(next_refill() + bandwidth_.period * (of_launch - 1));
    periods -= of_launch;
  }
  if (periods == 0) return;
  // Each period adds the same, so only one of the two ends can be met, and what goes over it is the
  // same as if it had been cut off period by period.
  left_ += (bandwidth_.quota - used) * periods;
  refills_ += periods;
  if (bandwidth_.credits && bandwidth_.credits->unlimited) {
    const Duration least = bandwidth_.quota - full();  // after a refill
    if (left_ < least) {
      charged_ += least - left_;
      left_ = least;
    }
  }
  if (left_ > full()) {
    lost_ += left_ - full();
    left_ = full();
  }
}

Time Quota::dry_at(Time now, std::int64_t runners) const {
  if (runners == 0) return kNever;
  if (to_ns(launch_) >= runners) {
    Quota later = *this;
    const Time gone = now + launch_ / runners;
    later.run_until(now, gone, runners);
    return later.dry_at(gone, runners);
  }
  const Duration& quota = bandwidth_.quota;
  const Duration rest = (next_refill() - now) * runners;
  Duration left = std::max(this->left(), Duration::zero());
  if (left < rest) return now + left / runners;
  // From the next refill on.
  left = std::min(left - rest + quota, full());
  const Duration used = bandwidth_.period * runners;
  std::int64_t periods = 0;  // before the first in which not all is there that is used
  if (left >= used) {
    if (used <= quota) return kNever;
    periods = (left - used) / (used - quota) + 1;
    left -= (used - quota) * periods;
  }
  return next_refill() + bandwidth_.period * periods + left / runners;
}

CreditAccount Quota::account() const {
  const CreditTerms terms = bandwidth_.credits.value_or(CreditTerms{});
  CreditAccount account;
  account.balance = launch_ + std::max(left_, Duration::zero());
  account.surplus = std::max(-left_, Duration::zero());
  account.earned = bandwidth_.quota * (refills_ - first_);
  account.lost = lost_;
  account.charged = charged_;
  account.spent =
      terms.balance + terms.launch + account.earned - lost_ + charged_ - launch_ - left_;
  return account;
}

}  // namespace sharesim
