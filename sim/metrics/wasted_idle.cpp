#include "sim/metrics/wasted_idle.hpp"

namespace sharesim {

WastedIdle::WastedIdle(CpuId cpus, TaskId tasks, std::int64_t longest_overhead_ns, bool affinity)
    : plain_(longest_overhead_ns == 0 && !affinity),
      affinity_(affinity),
      longest_overhead_(longest_overhead_ns),
      idle_(cpus),
      idle_cpus_(CpuSet::first(cpus)),
      set_of_task_(affinity ? tasks : 0) {}

void WastedIdle::bind(TaskId task, SetId set, const CpuSet& cpus, bool waits, std::int64_t now) {
  if (set >= sets_.size()) sets_.resize(set + 1);
  sets_[set].cpus = cpus;
  if (waits) wait_ends(task, now);
  set_of_task_[task] = set;
  if (waits) wait_begins(task, now);
}

void WastedIdle::overhead(CpuId cpu, TaskId task, bool waits, std::int64_t begin,
                          std::int64_t now) {
  if (plain_) return;
  const SetId set = set_of(task);
  const std::int64_t from = std::max(begin, now_);
  const auto place =
      std::upper_bound(later_.begin(), later_.end(), from,
                       [](std::int64_t time, const Change& c) { return time < c.at; });
  later_.insert(place, {from, cpu, -1, set, waits ? -1 : 0});
  change_later({now, cpu, 1, set, waits ? 1 : 0});
}

std::int64_t WastedIdle::finish(std::int64_t now) {
  apply_until(now);
  apply({.at = now});
  return wasted_;
}

void WastedIdle::change_later(const Change& c) {
  if (longest_overhead_ == 0) {
    apply(c);
    return;
  }
  later_.push_back(c);
  apply_until(c.at - longest_overhead_);
}

void WastedIdle::apply_until(std::int64_t time) {
  while (!later_.empty() && later_.front().at <= time) {
    apply(later_.front());
    later_.pop_front();
  }
}

void WastedIdle::apply(const Change& c) {
  if (c.at != now_) {
    if (idle_ > 0 && waiting_ > 0) wasted_ += idle_and_wanted() * (c.at - now_);
    now_ = c.at;
  }
  idle_ += c.idle;
  waiting_ += c.waiting;
  if (!affinity_) return;
  if (c.waiting != 0) sets_[c.set].waiting += c.waiting;
  if (c.idle > 0) idle_cpus_.insert(c.cpu);
  if (c.idle < 0) idle_cpus_.erase(c.cpu);
}

std::int64_t WastedIdle::idle_and_wanted() const {
  if (!affinity_) return std::min(idle_, waiting_);
  CpuSet wanted;
  for (const Set& set : sets_) {
    if (set.waiting > 0) wanted = wanted | set.cpus;
  }
  return std::min<std::int64_t>((wanted & idle_cpus_).count(), waiting_);
}

}  // namespace sharesim
