// Deficit round robin.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/fifo.hpp"
#include "schedulers/common/requests.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Deficit round robin (Shreedhar, Varghese: "Efficient fair queueing using deficit round robin",
SIGCOMM 1995).

  turn of i: D_i = D_i + Q_i;  while l <= D_i: serve the request, D_i = D_i - used
             then to the back of the line; one that blocks forgets what is left of D_i
  quantum:   Q_i = Q w_i / (mean of all w_j, runnable or not), Q = one slice
  request:   l = one slice, or the whole burst (request=burst), but at most Q_i, so that every turn
             serves at least one

Good at: O(1) at any number of tasks.  |W_i / Q_i - W_j / Q_j| <= 1 + l_i / Q_i + l_j / Q_j.
Not good at: latency: one that wakes up waits for everybody's turn, and a turn of a heavy one is
  several slices in a row. A light one gets its part in pieces shorter than a slice while others
  wait.
Cost: O(1) per decision; O(n) where runs overshoot their slice (machine.tick) and everybody in line
  is in debt. 32 bytes per entity.
Differs: the paper takes any quanta, each at least the longest packet; here quanta go by weight, a
  turn being worth one slice on average, and a request that is longer than its quantum is cut. What
  a run overshoots is a debt (D_i < 0), which blocking does not cancel. One that finds nobody
  waiting runs for a whole request, which is a debt only if somebody has come by its end. Q_i is
  rounded down to whole ns, at least 1 ns.
)";

class Drr final : public Scheduler {
 public:
  explicit Drr(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")), requests_(context), host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= flows_.size()) flows_.resize(e + 1);
    flows_[e] = {.weight = weight};
    ++count_;
    total_ += weight;
  }
  void remove(EntityId e, Time) override {
    --count_;
    total_ -= flows_[e].weight;
  }
  void set_weight(EntityId e, Weight weight, Time) override {
    total_ += weight - flows_[e].weight;
    flows_[e].weight = weight;
  }

  void enqueue(EntityId e, Time, EnqueueReason) override { line_.push_back(e); }
  void dequeue(EntityId e, Time) override {
    line_.erase(e);
    forget(flows_[e]);
  }

  EntityId pick_next(CpuId cpu, Time) override {
    EntityId first_refused = kNoEntity;
    std::int64_t least_rounds = std::numeric_limits<std::int64_t>::max();
    for (;;) {
      const EntityId e = line_.first(host_, cpu);
      if (e == kNoEntity) return kNoEntity;
      if (e == first_refused) {  // a whole round, and all are in debt
        skip_rounds(cpu, least_rounds - 1);
        first_refused = kNoEntity;
        least_rounds = std::numeric_limits<std::int64_t>::max();
      }
      Flow& flow = flows_[e];
      line_.erase(e);
      if (flow.deficit < request(e)) flow.deficit += quantum(e);  // else its turn goes on
      if (flow.deficit >= request(e)) {
        ++flow.runs;
        return e;
      }
      line_.push_back(e);
      if (first_refused == kNoEntity) first_refused = e;
      const Duration missing = request(e) - flow.deficit;
      least_rounds = std::min(least_rounds, (missing - Duration(1)) / quantum(e) + 1);
    }
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Flow& flow = flows_[e];
    --flow.runs;
    flow.deficit -= ran;
    if (line_.empty()) flow.deficit = std::max(flow.deficit, Duration::zero());
    if (line_.contains(e)) return;  // a group may be queued while it runs
    if (!still_runnable(why))
      forget(flow);
    else if (flow.deficit >= request(e))
      line_.push_front(e);
    else
      line_.push_back(e);
  }

  Duration slice(EntityId e, Time) override {
    return std::max(line_.empty() ? requests_.length(e) : request(e), Duration(1));
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("deficit", to_ns(flows_[e].deficit));
    sink.value("quantum", to_ns(quantum(e)));
  }

 private:
  struct Flow {
    Weight weight = 1;
    Duration deficit{};      ///< D: CPU time that is left of its turn, or a debt
    std::uint32_t runs = 0;  ///< picks that have not come back
  };

  Duration quantum(EntityId e) const {
    const __int128 share = static_cast<__int128>(to_ns(slice_)) * count_ * flows_[e].weight;
    return Duration(std::max<std::int64_t>(1, static_cast<std::int64_t>(share / total_)));
  }
  Duration request(EntityId e) const { return std::min(requests_.length(e), quantum(e)); }

  static void forget(Flow& flow) {
    if (flow.runs == 0) flow.deficit = std::min(flow.deficit, Duration::zero());
  }

  /// Gives all who may run on `cpu` the quanta of so many rounds at once.
  void skip_rounds(CpuId cpu, std::int64_t rounds) {
    for (EntityId e = line_.front(); e != kNoEntity; e = line_.after(e)) {
      if (!host_.has_affinity() || host_.allowed(e, cpu)) flows_[e].deficit += quantum(e) * rounds;
    }
  }

  const Duration slice_;
  const Requests requests_;
  const QueueHost& host_;
  std::vector<Flow> flows_;
  Fifo line_;  ///< of those queued; one whose turn goes on is at its front
  std::int64_t count_ = 0;
  Weight total_ = 0;  ///< of all, runnable or not
};

SchedulerInfo info() {
  return {.name = "drr",
          .summary = "deficit round robin: turns in a line, each worth a quantum by weight",
          .paper = "Shreedhar, Varghese, SIGCOMM 1995",
          .cost = "O(1)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter(), request_parameter()},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Drr> kRegistration{info()};

}  // namespace
}  // namespace sharesim
