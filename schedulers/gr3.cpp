// Group ratio round-robin.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/fifo.hpp"
#include "schedulers/common/ratio_groups.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Group ratio round-robin (Caprita, Chan, Nieh, Stein, Zheng: "Group ratio round-robin: O(1)
proportional share scheduling for uniprocessor and multiprocessor systems", USENIX 2005).

  group s:  the runnable clients with 2^s <= w < 2^(s+1);  Phi_s = the sum of their weights
            groups in a list, the largest Phi first (ties: larger s);  W_s = quanta that s has had
  between groups, after a quantum of group i, j being the next in the list:
            (W_i + 1) / (W_j + 1) > Phi_i / Phi_j:  j, else the head of the list
  inside a group, a line: a visit gives the client floor(w / 2^s + D) quanta, then it goes to the
            end of the line; D = the fraction that is left
  a group among g:  W_s - ideal < (g-1)(g-2)/2 + 1, ideal - W_s <= g - 1, in quanta

Good at: cost and accuracy at once: there are at most 63 groups, however many clients.
Not good at: several CPUs as it stands here. Inside a group a client waits for a quantum or two of
  each other one in it.
Cost: O(1) between joins, O(groups) for a join; 48 bytes per entity, and 8 in each group in use.
Differs: only the paper's uniprocessor algorithm: with one queue for several CPUs those that run are
  passed over, without its frontlog and its readjustment of weights, so a weight beyond a CPU's
  worth may starve others there. W is in CPU time, taken in whole quanta when a run begins and
  corrected when it ends early; W counts on from cycle to cycle, which picks the same. A client that
  joins or leaves takes its part of W with it, w (sum of W) / (sum of Phi), rounded down to 1 ns, so
  that the lag of the others stays; it joins at the end of the line, a debt (D < 0, from a timer
  tick's overrun) kept and a fraction that was left lost.
)";

class Gr3 final : public Scheduler {
 public:
  explicit Gr3(const SchedulerContext& context)
      : quantum_(context.parameters.duration("slice")), host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.weight = weight};
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override {
    Client& client = clients_[e];
    const bool runnable = client.runnable();
    const bool queued = client.queued;
    if (queued) line_of(client).erase(e);
    if (runnable) groups_.change_phi(client.order(), -client.weight);
    client.weight = weight;
    client.credit = 0;
    client.visited = false;
    if (runnable) groups_.change_phi(client.order(), weight);
    if (queued) line_of(client).push_back(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    Client& client = clients_[e];
    if (!client.runnable()) {
      client.credit = std::min<CpuTime>(client.credit, 0);
      client.visited = false;
      groups_.change_phi(client.order(), client.weight);
    }
    client.queued = true;
    line_of(client).push_back(e);
  }
  void dequeue(EntityId e, Time) override {
    Client& client = clients_[e];
    client.queued = false;
    line_of(client).erase(e);
    if (!client.runnable()) groups_.change_phi(client.order(), -client.weight);
  }

  EntityId pick_next(CpuId cpu, Time) override {
    const std::vector<std::size_t>& list = groups_.list();
    const std::size_t at = groups_.next_in_list(quantum_);
    EntityId e = at < list.size() ? take_from(list[at], cpu) : kNoEntity;
    for (std::size_t i = 0; e == kNoEntity && i < list.size(); ++i) e = take_from(list[i], cpu);
    if (e == kNoEntity) return e;
    Client& client = clients_[e];
    client.queued = false;
    ++client.runs;
    client.credit -= cost(quantum_, client);
    groups_.give(client.order(), quantum_);
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    --client.runs;
    client.credit += cost(quantum_ - ran, client);
    client.credit = std::max(client.credit, -kMostDebt * cost(quantum_, client));
    groups_.give_back(client.order(), quantum_ - ran);
    if (still_runnable(why) && !client.queued) {
      client.queued = true;
      client.visited = client.visited && client.credit >= cost(quantum_, client);
      if (client.visited) {
        line_of(client).push_front(e);
      } else {
        line_of(client).push_back(e);
      }
    }
    if (!client.runnable()) groups_.change_phi(client.order(), -client.weight);
  }

  Duration slice(EntityId, Time) override { return quantum_; }

  void describe(EntityId e, StateSink& sink) const override {
    const Client& client = clients_[e];
    sink.value("group", static_cast<std::int64_t>(client.order()));
    sink.value("group_work", groups_.work(client.order()));
    sink.value("credit", static_cast<std::int64_t>(client.credit / cost(ns(1), client)));
  }

 private:
  using CpuTime = __int128;  ///< in 2^-s ns
  /// Quanta of overrun that a client pays back; more, from ticks much longer than the slice, is
  /// forgiven.
  static constexpr CpuTime kMostDebt = 16;

  struct Client {
    Weight weight = 1;
    CpuTime credit = 0;    ///< of this visit; between visits D
    bool visited = false;  ///< its visit has begun, and is not over
    bool queued = false;
    std::uint32_t runs = 0;  ///< picks that have not come back

    bool runnable() const { return queued || runs > 0; }
    /// s: 2^s <= w < 2^(s+1)
    std::size_t order() const { return RatioGroups::order_of(weight); }
  };
  static CpuTime cost(Duration ran, const Client& client) {
    return CpuTime{to_ns(ran)} * (CpuTime{1} << client.order());
  }
  Fifo& line_of(const Client& client) { return groups_.line(client.order()); }

  /// Takes the next in line in group `order`, or kNoEntity.
  EntityId take_from(std::size_t order, CpuId cpu) {
    Fifo& line = groups_.line(order);
    for (;;) {
      const EntityId e = line.first(host_, cpu);
      if (e == kNoEntity) return e;
      Client& client = clients_[e];
      line.erase(e);
      if (!client.visited) client.credit += CpuTime{client.weight} * to_ns(quantum_);
      client.visited = client.credit >= cost(quantum_, client);
      if (client.visited) return e;
      line.push_back(e);
    }
  }

  const Duration quantum_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  RatioGroups groups_;
};

SchedulerInfo info() {
  return {.name = "gr3",
          .summary = "group ratio round-robin: groups of like weights by ratio, round-robin inside",
          .paper = "Caprita, Chan, Nieh, Stein, Zheng, USENIX 2005",
          .cost = "O(1), O(groups) when one joins or leaves; at most 63 groups",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter()},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t n) { return (n - 1) * (n - 2) / 2 + n + 4; }};
}

const Registration<Gr3> kRegistration{info()};

}  // namespace
}  // namespace sharesim
