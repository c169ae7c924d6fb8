#pragma once
// A scheduler that can be robbed: it charges a whole tick to whoever runs at the tick, and lets who
// wakes up with credit go first (as Xen's credit scheduler did until 2009; Zhou, Goel, Desnoyers,
// Sundaram: "Scheduler vulnerabilities and coordinated attacks in cloud computing", NCA 2011).

#include <algorithm>
#include <memory>
#include <vector>

#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim::test {

class TickSampled final : public Scheduler {
 public:
  explicit TickSampled(const SchedulerContext& context)
      : tick_(context.parameters.duration("tick")) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.weight = weight};
    total_ += weight;
  }
  void remove(EntityId e, Time) override { total_ -= clients_[e].weight; }
  void set_weight(EntityId e, Weight weight, Time) override {
    total_ += weight - clients_[e].weight;
    clients_[e].weight = weight;
  }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    clients_[e].boosted = clients_[e].credit >= 0;
    line_.push_back(e);
  }
  void dequeue(EntityId e, Time) override { std::erase(line_, e); }

  EntityId pick_next(CpuId, Time) override {
    const auto first = std::min_element(
        line_.begin(), line_.end(), [this](EntityId a, EntityId b) { return rank(a) < rank(b); });
    if (first == line_.end()) return kNoEntity;
    running_ = *first;
    line_.erase(first);
    return running_;
  }
  void put_prev(EntityId e, Time, Duration, StopReason why) override {
    running_ = kNoEntity;
    if (still_runnable(why)) line_.push_back(e);
  }
  Duration slice(EntityId, Time) override { return kTicksPerGrant * tick_; }
  bool preempts(EntityId woken, EntityId running, Time) override {
    return rank(woken) < rank(running);
  }

  Time next_timer() const override { return kStart + (ticks_ + 1) * tick_; }
  bool on_timer(Time) override {
    ++ticks_;
    if (running_ != kNoEntity) {
      clients_[running_].credit -= to_ns(tick_);
      clients_[running_].boosted = false;
    }
    if (ticks_ % kTicksPerGrant != 0) return false;
    const std::int64_t granted = kTicksPerGrant * to_ns(tick_);
    for (Client& client : clients_) {
      client.credit = std::min(client.credit + granted * client.weight / total_, granted);
    }
    return false;
  }

 private:
  static constexpr std::int64_t kTicksPerGrant = 3;

  struct Client {
    Weight weight = 1;
    std::int64_t credit = 0;  ///< in ns of CPU time
    bool boosted = false;
  };
  int rank(EntityId e) const { return clients_[e].boosted ? 0 : clients_[e].credit >= 0 ? 1 : 2; }

  const Duration tick_;
  std::vector<Client> clients_;
  std::vector<EntityId> line_;
  EntityId running_ = kNoEntity;
  std::int64_t ticks_ = 0;
  Weight total_ = 0;
};

/// On one CPU, without groups. Not in the registry.
inline SchedulerChoice tick_sampled() {
  static const SchedulerInfo kInfo{
      .name = "tick_sampled",
      .summary = "charges by samples",
      .paper = "none",
      .cost = "O(n)",
      .scopes = {Scope::kGlobal},
      .claims = Claim::kWorkConserving | Claim::kPreemptive | Claim::kUsesTimers,
      .parameters = {{.name = "tick",
                      .type = ParameterType::kDuration,
                      .default_value = "10ms",
                      .minimum = "1us",
                      .maximum = "1s",
                      .choices = {},
                      .summary = "when it is seen who runs"}}};
  return {kInfo, [](const SchedulerContext& context) -> std::unique_ptr<Scheduler> {
            return std::make_unique<TickSampled>(context);
          }};
}

}  // namespace sharesim::test
