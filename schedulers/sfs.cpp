// Surplus fair scheduling.

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "schedulers/common/deferred_tree.hpp"
#include "schedulers/common/readjust.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Surplus fair scheduling (Chandra, Adler, Goyal, Shenoy: "Surplus fair scheduling: a
proportional-share CPU scheduling algorithm for symmetric multiprocessors", OSDI 2000).

  phi_i = w_i, cut to a CPU's worth where it asks for more (weight readjustment, at each change of
          the runnable set: nobody can use more than one CPU, so a larger weight only falls behind)
  wakeup:    S_i = max(F_i, v)       v = the smallest S of the runnable; idle: F of the last one
  pick:      the smallest surplus a_i = phi_i (S_i - v)     (ties: smaller S_i, then lower id)
  run of l:  S_i = S_i + l / phi_i

Good at: several CPUs with one queue: heavy weights starve nobody, and no CPU idles. On one CPU it
  is start-time fair queuing.
Not good at: those who leave and come back as somebody else: each newcomer has surplus 0 and goes
  first, so a stream of short tasks gets more than its weight. No bound is proven on several CPUs.
Cost: O(log n + p) for a change of the runnable set; O(log n) for a pick while none runs, as on one
  CPU. While others run it looks at all start tags that are early enough for a smaller surplus: a
  few if weights are alike, O(n) if not; 190 bytes per entity.
Differs: the pick is exact; the paper's heuristic looks only at the first few of three sorted
  queues. When phi changes, S_i - v is scaled so that the surplus stays the same: else a lead from
  the time of a small phi would be counted at the new one, and the entity could starve (rounded down
  to a tag unit). A group may run on several CPUs at once: its ceiling is the most CPUs that it has
  been seen to want since it was last idle (those that it runs on, and one if more of it is queued);
  so a group that has become narrower counts as wide until it idles, and others may wait for it when
  it widens again.
)";

class Sfs final : public Scheduler {
 public:
  explicit Sfs(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        host_(context.host),
        cpus_(context.cpus),
        weights_(context.cpus) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.as = {e, weight, 1}, .phi = {weight, 1}};
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override {
    Client& client = clients_[e];
    change(e, {e, weight, client.as.ceiling});
    if (!runnable(e)) adopt(e, {weight, 1});
  }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    Client& client = clients_[e];
    if (!runnable(e)) {
      client.start.raise_to(v());  // S = max(F, v)
      client.as.ceiling = 1;
      runnable_.set(e, client.start.tag);
      ready_.set(e, client.start.tag);
      reweigh([&] { weights_.insert(client.as); });
      adopt(e, weights_.phi(client.as));
      return;
    }
    ready_.set(e, client.start.tag);  // a group with more work than its runs
    const CpuId wants = std::min(client.runs + 1, cpus_);
    if (wants > client.as.ceiling) change(e, {e, client.as.weight, wants});
  }
  void dequeue(EntityId e, Time) override {
    ready_.clear(e);
    if (!runnable(e)) leave(e);
  }

  EntityId pick_next(CpuId cpu, Time) override {
    // While none runs, v is the smallest S of those queued: a surplus of 0.
    const bool first_has_none = running_ == 0 && !host_.has_affinity();
    const EntityId e = first_has_none ? ready_.first() : smallest_surplus(cpu);
    if (e == kNoEntity) return e;
    ready_.clear(e);
    ++clients_[e].runs;
    ++running_;
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    --client.runs;
    --running_;
    client.start.charge(ran * client.phi.denominator, client.phi.numerator);
    runnable_.set(e, client.start.tag);
    if (still_runnable(why) || ready_.contains(e)) ready_.set(e, client.start.tag);
    if (!runnable(e)) leave(e);
  }

  Duration slice(EntityId, Time) override { return slice_; }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("start_tag", clients_[e].start.tag);
    sink.value("v", v());
    sink.value("weight_cut", weights_.is_cut(clients_[e].as) ? 1 : 0);
  }

 private:
  struct Client {
    VirtualTime start;  ///< S; F while it is away
    Competitor as;
    Phi phi;                 ///< what `start` was last charged at
    std::uint32_t runs = 0;  ///< picks that have not come back
  };

  bool runnable(EntityId e) const { return clients_[e].runs > 0 || ready_.contains(e); }

  Tag v() const {
    const EntityId first = runnable_.first();
    return first == kNoEntity ? last_finish_ : runnable_.key(first);
  }

  /// Of those queued that may run on `cpu`, or kNoEntity.
  EntityId smallest_surplus(CpuId cpu) {
    const Tag v_now = v();
    const Weight least_phi = weights_.empty() ? 0 : least_scaled_phi();
    using Candidate = std::tuple<__int128, Tag, EntityId>;  // a, S, id
    Candidate best{__int128{1} << 126U, 0, kNoEntity};
    // With this S or a later one none has a smaller surplus.
    __int128 too_late = std::numeric_limits<Tag>::max();
    ready_.search(
        [&](Tag start, EntityId e) {
          return start < too_late || (start == std::get<Tag>(best) && e < std::get<EntityId>(best));
        },
        [&](EntityId e) {
          if (host_.has_affinity() && !host_.allowed(e, cpu)) return;
          const Tag start = clients_[e].start.tag;
          const __int128 a = __int128{scaled_phi(clients_[e])} * (start - v_now);
          if (best <= Candidate{a, start, e}) return;
          best = {a, start, e};
          if (least_phi > 0) too_late = v_now + (a + least_phi - 1) / least_phi;
        });
    return std::get<EntityId>(best);
  }
  /// phi times the denominator of lambda, which those that are not cut do not have.
  Weight scaled_phi(const Client& client) const {
    return client.phi.numerator * (weights_.is_cut(client.as) ? 1 : scale());
  }
  /// No runnable one has less, rounded down.
  Weight least_scaled_phi() const {
    const Competitor& lightest = weights_.lightest();
    return lightest.weight * scale() / lightest.ceiling;
  }
  Weight scale() const { return std::max<Weight>(weights_.lambda().denominator, 1); }

  void leave(EntityId e) {
    Client& client = clients_[e];
    runnable_.clear(e);
    last_finish_ = client.start.tag;
    reweigh([&] { weights_.erase(client.as); });
  }

  /// `e` competes as `as` from now on.
  void change(EntityId e, const Competitor& as) {
    const Competitor before = std::exchange(clients_[e].as, as);
    if (!runnable(e)) return;
    reweigh([&] {
      weights_.erase(before);
      weights_.insert(as);
    });
    adopt(e, weights_.phi(as));
  }

  /// Makes a change of the weights, and readjusts.
  template <typename Change>
  void reweigh(Change change_weights) {
    const Phi before = weights_.lambda();
    change_weights();
    weights_.for_each_beyond(
        before, [&](const Competitor& heavy) { adopt(heavy.id, weights_.phi(heavy)); });
  }

  /// phi changes, the surplus phi (S - v) does not.
  void adopt(EntityId e, Phi phi) {
    Client& client = clients_[e];
    const Phi old = std::exchange(client.phi, phi);
    const auto from = static_cast<__int128>(old.numerator) * phi.denominator;
    const auto to = static_cast<__int128>(phi.numerator) * old.denominator;
    if (from == to && old.numerator == phi.numerator) return;
    const Tag lead = client.start.tag - v();
    if (lead > 0) client.start.tag += static_cast<Tag>(lead * from / to) - lead;
    client.start.reweigh(old.numerator, phi.numerator);
    if (runnable(e)) runnable_.set(e, client.start.tag);
    if (ready_.contains(e)) ready_.set(e, client.start.tag);
  }

  const Duration slice_;
  const QueueHost& host_;
  const CpuId cpus_;
  std::vector<Client> clients_;
  ReadyTree ready_;           ///< of those queued, by S
  DeferredTree runnable_;     ///< of those queued or running, by S
  Readjustment weights_;      ///< of the runnable
  std::int64_t running_ = 0;  ///< picks that have not come back
  Tag last_finish_ = 0;
};

SchedulerInfo info() {
  return {.name = "sfs",
          .summary =
              "surplus fair scheduling: weights cut to what a CPU can give, smallest surplus first",
          .paper = "Chandra, Adler, Goyal, Shenoy, OSDI 2000",
          .cost = "O(log n + CPUs), O(n) if weights differ much",
          .scopes = {Scope::kGlobal},
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter()},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Sfs> kRegistration{info()};

}  // namespace
}  // namespace sharesim
