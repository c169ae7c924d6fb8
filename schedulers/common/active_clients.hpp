#pragma once
// The virtual time of eevdf, and the requests of those that compete by it.

#include <cstdint>
#include <vector>

#include "schedulers/common/virtual_time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// V W = sum of w_j (ve_j as of all used) over the active ones, kept exactly; a join, a leave and a
/// change of weight round to 1/kTagsPerNs ns of CPU time. All O(1).
class ActiveClients {
 public:
  /// Virtual time with a fraction, rounded down. Weights are at most 10000 * 256 * 1024 < 2^31.5, so
  /// two times that differ do so by more than a unit, and keep their order.
  using Key = __int128;

  void add(EntityId e, Weight weight, Duration request) {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.weight = weight, .request = request};
  }
  /// `service` of `e` counts; it may be negative, to take back.
  void charge(EntityId e, Duration service) {
    Client& client = clients_[e];
    if (service == client.request && same(client.served, client.eligible))  // no need to divide
      client.served = client.deadline;
    else
      charge(client.served, service, client.weight);
    charge(v_, service, weights_);
  }

  bool active(EntityId e) const { return clients_[e].active; }
  /// ve_i = V - lag_i / w_i, and then V -= lag_i / sum of w_j
  void join(EntityId e) {
    Client& client = clients_[e];
    const Work work = ideal(client) - client.lag;
    const Work others = weights_ > 0 ? work_of(v_, weights_) : 0;
    client.served = per_weight(work, client.weight);
    client.stride = {};
    client.stride.charge(client.request, client.weight);
    client.active = true;
    weights_ += client.weight;
    v_weights_ = weights_;
    v_ = per_weight(others + work, weights_);
    begin_request(e);
  }
  /// V += lag_i / sum of w_j over those that stay
  void leave(EntityId e) {
    Client& client = clients_[e];
    client.lag = lag_of(client);
    client.active = false;
    const Work others = work_of(v_, weights_) - work_of(client.served, client.weight);
    weights_ -= client.weight;
    if (weights_ == 0) return;  // V stays where it is
    v_weights_ = weights_;
    v_ = per_weight(others, weights_);
  }
  void set_weight(EntityId e, Weight weight) {
    const bool was_active = active(e);
    if (was_active) leave(e);
    clients_[e].weight = weight;
    if (was_active) join(e);
  }

  /// vd_i = ve_i + r_i / w_i
  void begin_request(EntityId e) {
    Client& client = clients_[e];
    client.used = {};
    client.eligible = client.served;
    client.deadline.tag = client.served.tag + client.stride.tag;
    client.deadline.remainder = client.served.remainder + client.stride.remainder;
    if (client.deadline.remainder >= client.weight)
      ++client.deadline.tag, client.deadline.remainder -= client.weight;
    client.deadline_key = key(client.deadline, client.weight);
  }
  /// A run of `e` counts in its request. Whether that is done.
  bool use(EntityId e, Duration ran) { return (clients_[e].used += ran) >= clients_[e].request; }
  Duration left_of_request(EntityId e) const { return clients_[e].request - clients_[e].used; }

  /// ve <= V, where both round down to the same
  bool has_begun(EntityId e) const {
    const Client& client = clients_[e];
    return Work{client.eligible.remainder} * v_weights_ <= Work{v_.remainder} * client.weight;
  }

  /// V, ve and vd, rounded down
  Tag v() const { return v_.tag; }
  Tag eligible(EntityId e) const { return clients_[e].eligible.tag; }
  Tag deadline(EntityId e) const { return clients_[e].deadline.tag; }
  /// Orders by vd, exactly.
  Key deadline_key(EntityId e) const { return clients_[e].deadline_key; }
  /// In ns, rounded towards 0; of one that is away, what it left with.
  std::int64_t lag(EntityId e) const {
    const Client& client = clients_[e];
    return static_cast<std::int64_t>((client.active ? lag_of(client) : client.lag) / kTagsPerNs);
  }

 private:
  using Work = __int128;  ///< virtual time times weight: CPU time, in 1/kTagsPerNs ns
  static constexpr unsigned kFractionBits = 63;

  struct Client {
    Weight weight = 1;
    Duration request{};    ///< r
    Duration used{};       ///< u, of the present request
    VirtualTime served;    ///< while active: V(join) + s / w
    VirtualTime eligible;  ///< ve of the present request
    VirtualTime deadline;  ///< vd
    VirtualTime stride;    ///< r / w
    Key deadline_key = 0;
    Work lag = 0;         ///< while away
    bool active = false;  ///< has joined: queued or running
  };

  static Work work_of(const VirtualTime& time, Weight weight) {
    return Work{time.tag} * weight + time.remainder;
  }
  static bool same(const VirtualTime& a, const VirtualTime& b) {  // for one weight
    return a.tag == b.tag && a.remainder == b.remainder;
  }
  static Key key(const VirtualTime& time, Weight weight) {
    const Key whole = Key{time.tag} << kFractionBits;
    if (time.remainder == 0) return whole;
    const auto rest = static_cast<unsigned __int128>(time.remainder) << kFractionBits;
    return whole + static_cast<Key>(rest / static_cast<std::uint64_t>(weight));
  }
  static VirtualTime per_weight(Work work, Weight weight) {
    VirtualTime time{static_cast<Tag>(work / weight), static_cast<std::int64_t>(work % weight)};
    if (time.remainder < 0) --time.tag, time.remainder += weight;
    return time;
  }
  static void charge(VirtualTime& time, Duration service, Weight weight) {
    time.charge(service, weight);
    if (time.remainder < 0) --time.tag, time.remainder += weight;  // service was
  }

  /// The CPU time that `client` would have had by V, rounded down.
  Work ideal(const Client& client) const {
    return Work{v_.tag} * client.weight + Work{v_.remainder} * client.weight / v_weights_;
  }
  Work lag_of(const Client& client) const {
    return ideal(client) - work_of(client.served, client.weight);
  }

  std::vector<Client> clients_;
  Weight weights_ = 0;    ///< of the active ones
  VirtualTime v_;         ///< V: sum of work over sum of weights, of the active ones
  Weight v_weights_ = 1;  ///< that sum of weights, also after the last one has left
};

}  // namespace sharesim
