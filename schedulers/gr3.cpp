// Group ratio round-robin.

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/fifo.hpp"
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
    if (queued) group_of(client).line.erase(e);
    if (runnable) change_phi(client.order(), -client.weight);
    client.weight = weight;
    client.credit = 0;
    client.visited = false;
    if (runnable) change_phi(client.order(), weight);
    if (queued) group_of(client).line.push_back(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    Client& client = clients_[e];
    if (!client.runnable()) {
      client.credit = std::min<CpuTime>(client.credit, 0);
      client.visited = false;
      change_phi(client.order(), client.weight);
    }
    client.queued = true;
    group_of(client).line.push_back(e);
  }
  void dequeue(EntityId e, Time) override {
    Client& client = clients_[e];
    client.queued = false;
    group_of(client).line.erase(e);
    if (!client.runnable()) change_phi(client.order(), -client.weight);
  }

  EntityId pick_next(CpuId cpu, Time) override {
    const std::size_t at = next_in_list();
    EntityId e = at < list_.size() ? take_from(list_[at], cpu) : kNoEntity;
    for (std::size_t i = 0; e == kNoEntity && i < list_.size(); ++i) e = take_from(list_[i], cpu);
    if (e == kNoEntity) return e;
    Client& client = clients_[e];
    client.queued = false;
    ++client.runs;
    client.credit -= cost(quantum_, client);
    group_of(client).work += to_ns(quantum_);
    last_ = client.order();
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    Group& group = group_of(client);
    --client.runs;
    client.credit += cost(quantum_ - ran, client);
    client.credit = std::max(client.credit, -kMostDebt * cost(quantum_, client));
    group.work += to_ns(ran - quantum_);
    if (still_runnable(why) && !client.queued) {
      client.queued = true;
      client.visited = client.visited && client.credit >= cost(quantum_, client);
      if (client.visited) {
        group.line.push_front(e);
      } else {
        group.line.push_back(e);
      }
    }
    if (!client.runnable()) change_phi(client.order(), -client.weight);
  }

  Duration slice(EntityId, Time) override { return quantum_; }

  void describe(EntityId e, StateSink& sink) const override {
    const Client& client = clients_[e];
    sink.value("group", static_cast<std::int64_t>(client.order()));
    sink.value("group_work", groups_[client.order()].work);
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
    std::size_t order() const {
      const auto width = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(weight)));
      return static_cast<std::size_t>(std::max(width - 1, 0));
    }
  };
  struct Group {
    Fifo line;              ///< of those queued
    Weight phi = 0;         ///< of those runnable
    std::int64_t work = 0;  ///< W, in ns
  };

  static CpuTime cost(Duration ran, const Client& client) {
    return CpuTime{to_ns(ran)} * (CpuTime{1} << client.order());
  }
  Group& group_of(const Client& client) { return groups_[client.order()]; }

  /// `change` joins (or, if negative, leaves) group `order` with its part of all work.
  void change_phi(std::size_t order, Weight change) {
    std::int64_t all = 0;
    for (const std::size_t other : list_) all += groups_[other].work;
    Group& group = groups_[order];
    if (total_phi_ > 0) group.work += static_cast<std::int64_t>(CpuTime{change} * all / total_phi_);
    total_phi_ += change;
    if (group.phi == 0) list_.push_back(order);
    group.phi += change;
    if (group.phi == 0) {
      group.work = 0;
      std::erase(list_, order);
      if (last_ == order) last_ = kNone;
    }
    std::sort(list_.begin(), list_.end(), [&](std::size_t a, std::size_t b) {
      const Weight phi_a = groups_[a].phi;
      const Weight phi_b = groups_[b].phi;
      return phi_a != phi_b ? phi_a > phi_b : a > b;
    });
  }

  /// Where in the list the next quantum belongs.
  std::size_t next_in_list() const {
    const auto current = std::find(list_.begin(), list_.end(), last_);
    if (current == list_.end() || current + 1 == list_.end()) return 0;
    const Group& i = groups_[*current];
    const Group& j = groups_[*(current + 1)];
    const CpuTime one = to_ns(quantum_);
    const bool ahead = (i.work + one) * j.phi > (j.work + one) * i.phi;
    return ahead ? static_cast<std::size_t>(current - list_.begin()) + 1 : 0;
  }

  /// Takes the next in line in group `order`, or kNoEntity.
  EntityId take_from(std::size_t order, CpuId cpu) {
    Fifo& line = groups_[order].line;
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

  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  const Duration quantum_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  std::array<Group, 63> groups_;   ///< by s
  std::vector<std::size_t> list_;  ///< those with runnable clients, the largest Phi first
  Weight total_phi_ = 0;
  std::size_t last_ = kNone;  ///< the group that has had the latest quantum
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
