// Hierarchical stride scheduling.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Hierarchical stride scheduling (Waldspurger, Weihl: "Stride scheduling: deterministic
proportional-share resource management", MIT/LCS/TM-528, 1995, section on hierarchical stride
scheduling). The clients are the leaves of a balanced binary tree; every inner node shares out what
it gets between its two children, by stride scheduling:

  tickets of a node = sum over the leaves below it that are active (queued or running)
  pick:      from the top down, the child with the smaller pass (tie: the left one, the lower ids)
  run of l:  on the way from the leaf to the top, pass_child += l / tickets_child
  join, leave, w -> w':   a child's remain, pass - global_pass, is scaled by old / new tickets

With two children only the difference of passes counts. Kept as d = s_left t_right - s_right t_left
(s = service, t = tickets) it is an integer, and d / (t_left + t_right) is how much CPU time the
left child is ahead. Scaling the remains keeps that lead.

Good at: one heavy among many light ones: its slices come spread out, where stride gives them in
  one go. Nobody is more than lg n slices away from its share (stride: up to n / 2).
Not good at: fairness between two given clients, which may sit far apart in the tree: lg n slices,
  where stride guarantees one.
Cost: O(log n) per decision, one walk up the tree; 112 bytes per entity.
Differs: passes begin level, not a stride ahead (that is up to half a slice worse). All leaves stand
  at one depth, in the order of their ids, so the bound is that of the next power of two. As in
  stride, shares are of what this queue gives, not of the clock. On several CPUs with one global
  queue runs are charged when they end, by the tickets of then.
)";

class StrideTree final : public Scheduler {
 public:
  explicit StrideTree(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        one_cpu_(context.cpus == 1),
        host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    while (clients_.size() > size_) grow();
    clients_[e] = {.weight = weight};
    if (size_ > 1) nodes_[(size_ + e) / 2].ahead = 0;  // of whoever had the id before
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time now) override {
    Client& client = clients_[e];
    settle(now);
    if (client.active) change_tickets(e, weight - client.weight);
    client.weight = weight;
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    Client& client = clients_[e];
    settle(now);
    if (!client.active) change_tickets(e, client.weight);
    client.active = true;
    client.queued = true;
    charge(e, {});
  }
  void dequeue(EntityId e, Time now) override {
    settle(now);
    clients_[e].queued = false;
    charge(e, {});
    if (clients_[e].runs == 0) leave(e);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    if (taken_ != kNoEntity) charge(taken_, {});
    const EntityId e = host_.has_affinity() ? find(kTop, cpu) : nodes_[kTop].next;
    if (e == kNoEntity) return kNoEntity;
    clients_[e].queued = false;
    taken_ = e;
    ++clients_[e].runs;
    if (one_cpu_) {
      running_ = e;
      settled_until_ = now;
    }
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    --client.runs;
    client.queued |= still_runnable(why);  // a group may be queued while it runs
    charge(e, ran - settled_);  // below zero if some of that was no service (a context switch)
    running_ = kNoEntity;
    settled_ = {};
    if (!client.queued && client.runs == 0) leave(e);
  }

  Duration slice(EntityId, Time) override { return slice_; }

  void describe(EntityId e, StateSink& sink) const override {
    const std::size_t leaf = size_ + e;
    if (leaf == kTop) return;
    const Node& parent = nodes_[leaf / 2];
    const auto lead = static_cast<std::int64_t>(parent.ahead / std::max<Weight>(parent.split, 1));
    sink.value("lead_over_neighbour", leaf % 2 == 0 ? lead : -lead);
  }

 private:
  static constexpr std::size_t kTop = 1;

  struct Client {
    Weight weight = 1;
    std::uint32_t runs = 0;  ///< picks that have not come back
    bool active = false;     ///< has joined: queued or running
    bool queued = false;
  };
  struct Node {
    __int128 ahead = 0;         ///< d, in ns times tickets
    Weight tickets = 0;         ///< t: of the active leaves below
    Weight split = 0;           ///< the latest positive `tickets`: `ahead` / `split` is the lead
    EntityId next = kNoEntity;  ///< of the leaves below that are queued, the next one
  };

  void leave(EntityId e) {
    Client& client = clients_[e];
    change_tickets(e, -client.weight);
    client.active = false;
  }

  void change_tickets(EntityId e, Weight change) {
    nodes_[size_ + e].tickets += change;
    for (std::size_t at = (size_ + e) / 2; at >= kTop; at /= 2) {
      Node& node = nodes_[at];
      node.tickets += change;
      if (node.tickets == 0) continue;
      if (node.split > 0) node.ahead = node.ahead * node.tickets / node.split;
      node.split = node.tickets;
      choose(at);
    }
  }

  /// Charges `e` with a run, and on the way to the top finds who is next at each node. No branch
  /// depends on who that is, because it cannot be predicted.
  void charge(EntityId e, Duration ran) {
    if (taken_ == e) taken_ = kNoEntity;
    std::size_t at = size_ + e;
    nodes_[at].next = clients_[e].queued ? e : kNoEntity;
    for (; at > kTop; at /= 2) {
      const std::int64_t is_right = at % 2;
      const std::int64_t signed_ran = (to_ns(ran) ^ -is_right) + is_right;
      nodes_[at / 2].ahead += __int128{signed_ran} * nodes_[at ^ 1U].tickets;
      choose(at / 2);
    }
  }

  /// Who is next below `at`: of the child with the smaller pass, or else of the other.
  void choose(std::size_t at) {
    const EntityId left = nodes_[2 * at].next;
    const EntityId right = nodes_[2 * at + 1].next;
    const EntityId to_right = -static_cast<EntityId>(nodes_[at].ahead > 0);
    const EntityId swap = (left ^ right) & to_right;
    const EntityId preferred = left ^ swap;
    nodes_[at].next = preferred != kNoEntity ? preferred : right ^ swap;
  }

  /// Charges the present run as far as it has come: tickets are about to change.
  void settle(Time now) {
    if (running_ == kNoEntity) return;
    charge(running_, now - settled_until_);
    settled_ += now - settled_until_;
    settled_until_ = now;
  }

  /// The leaf below `at` that is next among those allowed on `cpu`, or kNoEntity.
  EntityId find(std::size_t at, CpuId cpu) const {
    const EntityId next = nodes_[at].next;
    if (next == kNoEntity || host_.allowed(next, cpu)) return next;
    if (at >= size_) return kNoEntity;
    const std::size_t child = 2 * at + (nodes_[at].ahead > 0 ? 1 : 0);
    const EntityId e = find(child, cpu);
    return e != kNoEntity ? e : find(child ^ 1U, cpu);
  }

  /// Doubles the leaves: the tree becomes the left half of a new one.
  void grow() {
    std::vector<Node> nodes(4 * size_);
    for (std::size_t at = kTop; at < nodes_.size(); ++at)
      nodes[at + std::bit_floor(at)] = nodes_[at];
    const Node& old_top = nodes[2 * kTop];
    nodes[kTop] = {.tickets = old_top.tickets, .split = old_top.tickets, .next = old_top.next};
    nodes_ = std::move(nodes);
    size_ *= 2;
  }

  const Duration slice_;
  const bool one_cpu_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  std::size_t size_ = 1;             ///< leaves; a power of two
  std::vector<Node> nodes_{{}, {}};  ///< the top is 1, below `at` are 2 at and 2 at + 1
  EntityId taken_ = kNoEntity;       ///< picked, but still `next` of the nodes above its leaf
  EntityId running_ = kNoEntity;     ///< on one CPU: whose run lasts
  Time settled_until_ = kStart;      ///< how far it has been charged
  Duration settled_{};               ///< what that came to
};

SchedulerInfo info() {
  return {
      .name = "stride_tree",
      .summary = "hierarchical stride: stride scheduling at every node of a binary tree",
      .paper = "Waldspurger, Weihl, MIT/LCS/TM-528, 1995",
      .cost = "O(log n)",
      .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
      .parameters = {slice_parameter()},
      .explanation = std::string(kExplanation),
      .lag_bound_slices = [](std::int64_t siblings) -> std::int64_t {
        return static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(siblings - 1)));
      }};
}

const Registration<StrideTree> kRegistration{info()};

}  // namespace
}  // namespace sharesim
