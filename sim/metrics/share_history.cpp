#include "sim/metrics/share_history.hpp"

#include <algorithm>

namespace sharesim {
namespace {

constexpr std::size_t kMostInstants = 512;  // even: one more is odd

}  // namespace

ShareHistory::ShareHistory(const Scenario& scenario, TaskId most)
    : service_(std::min(scenario.task_count(), most), std::vector<std::int64_t>{0}) {}

void ShareHistory::tick(Time, Time end) {
  if (last_is_extra_) {
    times_ns_.pop_back();
    for (auto& values : service_) values.pop_back();
  }
  times_ns_.push_back(to_ns(end));
  for (TaskId task = 0; task < tasks(); ++task) {
    service_[task].push_back(source_(EntityRef::task(task)).service_ns);
  }
  ++ticks_;
  last_is_extra_ = ticks_ % stride_ != 0;
  if (!last_is_extra_ && times_ns_.size() > kMostInstants) thin_out();
}

/// Keeps every second instant; their number is odd, so that the last one stays.
void ShareHistory::thin_out() {
  const auto keep_even = [](std::vector<std::int64_t>& values) {
    for (std::size_t i = 2; i < values.size(); i += 2) values[i / 2] = values[i];
    values.resize((values.size() + 1) / 2);
  };
  keep_even(times_ns_);
  for (auto& values : service_) keep_even(values);
  stride_ *= 2;
}

std::int64_t ShareHistory::service_at(TaskId task, std::int64_t at_ns) const {
  const auto above = std::lower_bound(times_ns_.begin(), times_ns_.end(), at_ns);
  const auto i = static_cast<std::size_t>(above - times_ns_.begin());
  const std::vector<std::int64_t>& service = service_[task];
  if (i == 0 || times_ns_[i] == at_ns) return service[i];
  const __int128 part = at_ns - times_ns_[i - 1];
  return service[i - 1] + static_cast<std::int64_t>((service[i] - service[i - 1]) * part /
                                                    (times_ns_[i] - times_ns_[i - 1]));
}

std::vector<std::int64_t> ShareHistory::rates(TaskId task, std::size_t columns) const {
  const std::int64_t end = times_ns_.back();
  const auto count = static_cast<std::int64_t>(std::min(columns, times_ns_.size() - 1));
  std::vector<std::int64_t> rates;
  std::int64_t begin_ns = 0;
  std::int64_t begin_service = 0;
  for (std::int64_t i = 1; i <= count; ++i) {
    constexpr std::int64_t kMillion = 1'000'000;
    const auto at = static_cast<std::int64_t>(__int128{end} * i / count);
    const std::int64_t service = service_at(task, at);
    rates.push_back(
        static_cast<std::int64_t>(__int128{service - begin_service} * kMillion / (at - begin_ns)));
    begin_ns = at;
    begin_service = service;
  }
  return rates;
}

}  // namespace sharesim
