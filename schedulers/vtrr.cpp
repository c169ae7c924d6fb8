// Virtual-time round-robin.

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Virtual-time round-robin (Nieh, Vaill, Zhong: "Virtual-time round-robin: an O(1) proportional share
scheduler", USENIX 2001).

  a list by share S_i, the largest first; a cycle of sum of S quanta; Q = one quantum
  run of l:  VFT_i += l / S_i,  QVT += l / sum of S,  C_i -= l
             C_i = S_i Q at the start of a cycle
  then, x being the next in the list:
    all C are 0:                               a new cycle, from the head of the list
    no x:                                      from the head
    C_x > C_i:                                 x       (time counters never grow along the list)
    VFT_x - (QVT + Q / sum of S) < Q / S_x:    x       (x has not had more than its share)
    else                                       from the head
  join:      VFT_i = max(VFT_i, QVT + Q / S_i),  C_i = S_i Q * (what is left of the cycle)

Good at: cost: the next one is the neighbour in the list, or its head.
Not good at: accuracy with many clients or unequal shares: no bound on the lag that does not grow
  with them. The ones at the head run in one go when the others have had their share.
Cost: O(1) between joins in the paper; here O(log n) to find the place in the list; 140 bytes per
  entity.
Differs: time counters hold CPU time where the paper's count quanta, so who gives up a part of its
  quantum keeps the rest for this cycle; with whole quanta it is the same. One that comes
  back in the same cycle gets no more than it had left. A new share scales the lead VFT - QVT, as in
  stride scheduling. From the head means the first whose counter is above 0. One CPU only: a queue
  on each.
)";

class Vtrr final : public Scheduler {
 public:
  explicit Vtrr(const SchedulerContext& context) : quantum_(context.parameters.duration("slice")) {}

  void add(EntityId e, Weight share, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.share = share};
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight share, Time) override {
    Client& client = clients_[e];
    const bool runnable = client.runnable;
    if (runnable) leave(e);
    const Tag lead = client.start.tag - qvt_.tag;
    client.start.tag += static_cast<Tag>(static_cast<__int128>(lead) * client.share / share) - lead;
    client.start.reweigh(client.share, share);
    client.left = client.left * share / client.share;
    client.share = share;
    if (runnable) join(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    clients_[e].start.raise_to(qvt_.tag);
    join(e);
  }
  void dequeue(EntityId e, Time) override { leave(e); }

  EntityId pick_next(CpuId, Time) override {
    if (list_.empty()) return kNoEntity;
    if (left_ <= 0) begin_cycle();
    return next();
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    client.start.charge(ran, client.share);
    qvt_.charge(ran, shares_);
    update(client);
    client.left -= to_ns(ran);
    left_ -= to_ns(ran);
    last_ = {client.share, e};
    last_left_ = client.left;
    if (!still_runnable(why)) leave(e);
  }

  Duration slice(EntityId, Time) override { return quantum_; }

  void describe(EntityId e, StateSink& sink) const override {
    const Client& client = clients_[e];
    sink.value("start_time", client.start.tag);
    sink.value("qvt", qvt_.tag);
    sink.value("time_counter", static_cast<std::int64_t>(left_of(client)));
  }

 private:
  using CpuTime = __int128;  ///< in ns; a share times a quantum may be long

  struct Client {
    VirtualTime start;  ///< VFT - Q / S
    Weight share = 1;
    CpuTime left = 0;         ///< C, as of `cycle`
    std::int64_t cycle = -1;  ///< -1: none yet
    bool runnable = false;
  };
  /// The place in the list.
  struct Place {
    Weight share = 0;
    EntityId e = kNoEntity;
    friend bool operator<(const Place& a, const Place& b) {
      return a.share != b.share ? a.share > b.share : a.e < b.e;
    }
  };

  CpuTime whole(Weight share) const { return CpuTime{share} * to_ns(quantum_); }
  /// C in the present cycle: each cycle gives a whole counter.
  CpuTime left_of(const Client& client) const {
    return client.left + (cycle_ - client.cycle) * whole(client.share);
  }
  void update(Client& client) const {
    client.left = left_of(client);
    client.cycle = cycle_;
  }
  /// Several cycles at once where runs have overrun (a timer tick longer than the quantum).
  void begin_cycle() {
    const CpuTime cycles = -left_ / whole(shares_) + 1;
    cycle_ += static_cast<std::int64_t>(cycles);
    left_ += cycles * whole(shares_);
    last_ = {};
  }

  void join(EntityId e) {
    Client& client = clients_[e];
    const CpuTime part = shares_ == 0 ? whole(client.share) : client.share * left_ / shares_;
    client.left = client.cycle == cycle_ ? std::min(client.left, part) : part;
    client.cycle = cycle_;
    left_ += client.left;
    change_shares(client.share);
    list_.insert({client.share, e});
    client.runnable = true;
  }
  void leave(EntityId e) {
    Client& client = clients_[e];
    update(client);
    left_ -= client.left;
    change_shares(-client.share);
    list_.erase({client.share, e});
    if (list_.empty()) left_ = 0;
    client.runnable = false;
  }
  void change_shares(Weight change) {
    const Weight before = shares_;
    shares_ += change;
    if (before > 0) qvt_.reweigh(before, shares_);
  }

  /// VFT_x - (QVT + Q / sum of S) < Q / S_x
  bool has_time_to_run(const Client& x) const {
    VirtualTime qvt = qvt_;
    qvt.charge(quantum_, shares_);
    if (x.start.tag != qvt.tag) return x.start.tag < qvt.tag;
    return CpuTime{x.start.remainder} * shares_ < CpuTime{qvt.remainder} * x.share;
  }

  EntityId next() const {
    if (last_.e != kNoEntity) {
      const auto x = list_.upper_bound(last_);
      if (x != list_.end()) {
        const Client& client = clients_[x->e];
        const CpuTime left = left_of(client);
        if (left > 0 && (left > last_left_ || has_time_to_run(client))) return x->e;
      }
    }
    const auto head = std::find_if(list_.begin(), list_.end(), [&](const Place& place) {
      return left_of(clients_[place.e]) > 0;
    });
    return head->e;  // there is one, because the sum is above 0
  }

  const Duration quantum_;
  std::vector<Client> clients_;
  std::set<Place> list_;  ///< of the runnable
  Weight shares_ = 0;     ///< of the runnable
  VirtualTime qvt_;       ///< QVT
  std::int64_t cycle_ = 0;
  CpuTime left_ = 0;       ///< of this cycle: the sum of C
  Place last_;             ///< who ran last in this cycle
  CpuTime last_left_ = 0;  ///< its C
};

SchedulerInfo info() {
  return {.name = "vtrr",
          .summary =
              "virtual-time round-robin: down the list of shares while virtual time allows, then "
              "from its head",
          .paper = "Nieh, Vaill, Zhong, USENIX 2001",
          .cost = "O(log n)",
          .scopes = {Scope::kPerCpu},
          .claims = Claim::kProportional | Claim::kWorkConserving,
          .parameters = {slice_parameter()},
          .explanation = std::string(kExplanation)};
}

const Registration<Vtrr> kRegistration{info()};

}  // namespace
}  // namespace sharesim
