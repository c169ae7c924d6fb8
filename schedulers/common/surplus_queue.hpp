#pragma once
// Start tags, readjusted weights and surpluses of those that compete under surplus fair scheduling.

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "schedulers/common/deferred_tree.hpp"
#include "schedulers/common/readjust.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Those that compete (queued or running) have a phi, the weight cut to what a CPU can give, and a
/// surplus phi (S - v), v being the smallest S of them. A change of who competes costs O(log n + p).
class SurplusQueue {
 public:
  SurplusQueue(CpuId cpus, const QueueHost& host) : host_(host), weights_(cpus) {}

  void add(EntityId e, Weight weight) {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.as = {e, weight, 1}, .phi = {weight, 1}};
  }
  void set_weight(EntityId e, Weight weight) {
    change(e, {e, weight, clients_[e].as.ceiling});
    if (!competes(e)) adopt(e, {weight, 1});
  }

  bool competes(EntityId e) const { return runnable_.contains(e); }
  /// S = max(F, v); on one CPU at a time, for now.
  void join(EntityId e) {
    Client& client = clients_[e];
    client.start.raise_to(v());
    client.as.ceiling = 1;
    runnable_.set(e, client.start.tag);
    reweigh([&] { weights_.insert(client.as); });
    adopt(e, weights_.phi(client.as));
  }
  /// `e`, which competes, may use so many CPUs at once, if it was not more before.
  void widen(EntityId e, CpuId cpus) {
    const Competitor& as = clients_[e].as;
    if (cpus > as.ceiling) change(e, {e, as.weight, cpus});
  }
  /// S = S + ran / phi
  void charge(EntityId e, Duration ran) {
    Client& client = clients_[e];
    client.start.charge(ran * client.phi.denominator, client.phi.numerator);
    runnable_.set(e, client.start.tag);
  }
  void leave(EntityId e) {
    Client& client = clients_[e];
    runnable_.clear(e);
    last_finish_ = client.start.tag;
    reweigh([&] { weights_.erase(client.as); });
  }

  bool queued(EntityId e) const { return ready_.contains(e); }
  void queue(EntityId e) { ready_.set(e, clients_[e].start.tag); }
  void take(EntityId e) { ready_.clear(e); }

  /// The smallest S of those that compete; if there is none, the F of the last one.
  Tag v() const {
    const EntityId first = runnable_.first();
    return first == kNoEntity ? last_finish_ : runnable_.key(first);
  }
  /// S; F of one that is away.
  Tag start(EntityId e) const { return clients_[e].start.tag; }
  bool weight_is_cut(EntityId e) const { return weights_.is_cut(clients_[e].as); }

  /// Of those queued, the smallest S, or kNoEntity.
  EntityId smallest_start() { return ready_.first(); }
  /// Of those queued that may run on `cpu`, the smallest surplus, or kNoEntity. O(n) at worst: it looks
  /// at all that are early enough.
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

 private:
  struct Client {
    VirtualTime start;  ///< S; F while it is away
    Competitor as;
    Phi phi;  ///< what `start` was last charged at
  };

  /// phi times the denominator of lambda, which those that are not cut do not have.
  Weight scaled_phi(const Client& client) const {
    return client.phi.numerator * (weights_.is_cut(client.as) ? 1 : scale());
  }
  /// Nobody who competes has less, rounded down.
  Weight least_scaled_phi() const {
    const Competitor& lightest = weights_.lightest();
    return lightest.weight * scale() / lightest.ceiling;
  }
  Weight scale() const { return std::max<Weight>(weights_.lambda().denominator, 1); }

  /// `e` competes as `as` from now on.
  void change(EntityId e, const Competitor& as) {
    const Competitor before = std::exchange(clients_[e].as, as);
    if (!competes(e)) return;
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
    if (competes(e)) runnable_.set(e, client.start.tag);
    if (queued(e)) queue(e);
  }

  const QueueHost& host_;
  std::vector<Client> clients_;
  ReadyTree ready_;        ///< of those queued, by S
  DeferredTree runnable_;  ///< of those that compete, by S
  Readjustment weights_;   ///< of those that compete
  Tag last_finish_ = 0;
};

}  // namespace sharesim
