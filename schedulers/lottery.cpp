// Lottery scheduling.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/parameters.hpp"
#include "schedulers/common/partial_sums.hpp"
#include "schedulers/common/random_bits.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Lottery scheduling (Waldspurger, Weihl: "Lottery scheduling: flexible proportional-share resource
management", OSDI 1994).

  pick:      a number from 0 .. T - 1, all equally likely; its holder wins a quantum
             T = tickets of all that are queued; tickets = weight
  used f < 1 of the quantum:   its tickets count 1 / f times until it wins again

With p = t / T, of n lotteries one wins n p in the mean, with variance n p (1 - p): the share is off
by sqrt((1 - p) / (n p)) of itself. The wait for the first win is geometric: 1 / p lotteries in the
mean, variance (1 - p) / p^2, and no longest wait.

Good at: simplicity; no state to carry when tickets change hands, join or leave; no pattern that
  anybody could play against.
Not good at: short times: the error grows with the square root of the number of quanta, where
  stride's is bounded, and the wait for a win has no bound.
Cost: O(log n) per decision (partial sums); 50 bytes per entity. O(n) with affinity on several CPUs.
Differs: currencies are groups; there are no transfers. A run of 0 ns earns no compensation ticket.
  The generator is SplitMix64, not the paper's.
)";

class Lottery final : public Scheduler {
 public:
  explicit Lottery(const SchedulerContext& context)
      : quantum_(context.parameters.duration("slice")),
        compensates_(context.parameters.flag("compensation")),
        host_(context.host),
        random_(context.seed) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.weight = weight, .used = quantum_};
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override {
    clients_[e].weight = weight;
    if (queued(e)) enter(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason) override { enter(e); }
  void dequeue(EntityId e, Time) override { tickets_.set(e, 0); }

  EntityId pick_next(CpuId cpu, Time) override {
    const EntityId winner = host_.has_affinity() ? draw_among_allowed(cpu) : draw();
    if (winner == kNoEntity) return winner;
    tickets_.take(winner);
    clients_[winner].used = quantum_;
    return winner;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    if (compensates_ && ran > Duration::zero()) clients_[e].used = std::min(ran, quantum_);
    if (still_runnable(why) || queued(e)) enter(e);  // a group may be queued while it runs
  }

  Duration slice(EntityId, Time) override { return quantum_; }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("tickets", static_cast<std::int64_t>(tickets(e) / kPerTicket));
  }

 private:
  using Amount = PartialSums::Amount;
  /// Parts of a ticket, so that 1 / f tickets are a whole number of parts, nearly.
  static constexpr Amount kPerTicket = 1U << 20U;

  struct Client {
    Weight weight = 1;
    Duration used{};  ///< f times the quantum
  };

  Amount tickets(EntityId e) const {
    const Client& client = clients_[e];
    const Amount whole = kPerTicket * static_cast<std::uint64_t>(client.weight);
    if (client.used == quantum_) return whole;
    return whole * static_cast<std::uint64_t>(to_ns(quantum_)) /
           static_cast<std::uint64_t>(to_ns(client.used));
  }
  void enter(EntityId e) { tickets_.set(e, tickets(e)); }
  bool queued(EntityId e) const { return tickets_.of(e) > 0; }

  EntityId draw() {
    if (tickets_.total() == 0) return kNoEntity;
    return tickets_.holder_of(random_.below(tickets_.total()));
  }
  EntityId draw_among_allowed(CpuId cpu) {
    Amount total = 0;
    for (EntityId e = 0; e < clients_.size(); ++e) total += allowed_tickets(e, cpu);
    if (total == 0) return kNoEntity;
    Amount winning = random_.below(total);
    EntityId e = 0;
    while (winning >= allowed_tickets(e, cpu)) winning -= allowed_tickets(e++, cpu);
    return e;
  }
  Amount allowed_tickets(EntityId e, CpuId cpu) const {
    const Amount held = tickets_.of(e);
    return held > 0 && host_.allowed(e, cpu) ? held : 0;
  }

  const Duration quantum_;
  const bool compensates_;
  const QueueHost& host_;
  RandomBits random_;
  std::vector<Client> clients_;
  PartialSums tickets_;  ///< of those queued, in parts
};

SchedulerInfo info() {
  return {
      .name = "lottery",
      .summary = "lottery scheduling: the holder of a randomly drawn ticket runs next",
      .paper = "Waldspurger, Weihl, OSDI 1994",
      .cost = "O(log n)",
      .claims = Claim::kWorkConserving | Claim::kRandomized,
      .parameters = {slice_parameter(),
                     flag_parameter("compensation", true,
                                    "whether one that used the fraction f of its quantum holds 1/f "
                                    "times its tickets until it wins again")},
      .explanation = std::string(kExplanation)};
}

const Registration<Lottery> kRegistration{info()};

}  // namespace
}  // namespace sharesim
