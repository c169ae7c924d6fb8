#include "sim/search/evolution.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace sharesim {
namespace {

constexpr std::size_t kParents = 6;    // mu
constexpr std::size_t kChildren = 16;  // lambda
constexpr int kPatience = 8;           // generations without a step forward, then a restart
constexpr int kPolishDigits = 5;

struct Candidate {
  Attack attack;
  std::int64_t harm = 0;
};

/// The plainer of two that do the same harm comes first.
auto plainness(const Attack& a) {
  return std::tuple(a.legs.size(), a.attackers, a.phase > Duration::zero(), a.rounds > 1);
}
bool worse_attack(const Candidate& a, const Candidate& b) {
  if (a.harm != b.harm) return a.harm > b.harm;
  return plainness(a.attack) < plainness(b.attack);
}

class Evolution {
 public:
  Evolution(const AttackSpace& space, const SearchOptions& options, const Trial& trial)
      : space_(space),
        source_(space, make_stream(options.seed, 0)),
        trial_(trial),
        left_(options.budget) {}

  std::optional<Found> run(const std::vector<Attack>& known) {
    std::vector<Candidate> first = try_out({Attack{}});
    if (first.empty()) return std::nullopt;
    Found found;
    found.hog = first.front().harm;
    best_ = first.front();
    std::vector<Candidate> start = try_out(known);
    start.insert(start.begin(), best_);
    explore(std::move(start));
    // Those that the restarts ended with, together: what one has may be what another lacks.
    std::vector<Candidate> last;
    merge(last, std::move(champions_));
    evolve(std::move(last), left_ - polish_budget(), std::numeric_limits<int>::max());
    polish();
    found.attack = best_.attack;
    found.harm = best_.harm;
    found.trials = trials_;
    found.complete = !stopped_;
    return found;
  }

 private:
  /// What is kept back for polish().
  static constexpr std::int64_t polish_budget() {
    return static_cast<std::int64_t>(kMostLegs + (kMostLegs + 1) * (kPolishDigits + 1));
  }

  /// Tries what the budget allows. A trial without a value ends the search.
  std::vector<Candidate> try_out(std::vector<Attack> attacks) {
    const auto most = static_cast<std::size_t>(std::max<std::int64_t>(left_, 0));
    if (stopped_ || attacks.empty() || most == 0) return {};
    if (attacks.size() > most) attacks.resize(most);
    const std::vector<std::optional<std::int64_t>> harms = trial_(attacks);
    std::vector<Candidate> tried;
    for (std::size_t i = 0; i < attacks.size(); ++i) {
      if (!harms[i]) {
        stopped_ = true;
        break;
      }
      ++trials_;
      --left_;
      tried.push_back({std::move(attacks[i]), *harms[i]});
      if (worse_attack(tried.back(), best_)) best_ = tried.back();
    }
    return tried;
  }

  /// One evolution after the other from random starts, up to three quarters of the budget.
  void explore(std::vector<Candidate> population) {
    const std::int64_t kept_back = left_ / 4;
    while (!stopped_ && left_ > kept_back) {
      std::vector<Attack> fresh;
      for (std::size_t i = 0; i < 2 * kChildren; ++i) fresh.push_back(source_.draw());
      merge(population, try_out(std::move(fresh)));
      champions_.push_back(evolve(std::exchange(population, {}), left_ - kept_back, kPatience));
    }
  }

  /// Goes on until nothing has become better for `patience` generations, or `budget` is spent.
  /// Returns the best.
  Candidate evolve(std::vector<Candidate> population, std::int64_t budget, int patience) {
    const std::int64_t reserve = left_ - budget;
    std::sort(population.begin(), population.end(), worse_attack);
    for (int dull = 0; dull < patience && left_ > reserve && !stopped_ && !population.empty();
         ++dull) {
      const std::int64_t before = population.front().harm;
      std::vector<Attack> children;
      for (std::size_t i = 0; i < kChildren; ++i) children.push_back(child_of(population));
      merge(population, try_out(std::move(children)));
      if (population.front().harm > before) dull = -1;
    }
    return population.empty() ? best_ : population.front();
  }

  Attack child_of(const std::vector<Candidate>& population) {
    constexpr std::size_t kImmigrants = 8;  // one in so many
    if (source_.below(kImmigrants) == 0) return source_.draw();
    return source_.mutate(population[source_.below(population.size())].attack);
  }

  /// The best kParents of both, each attack once.
  static void merge(std::vector<Candidate>& population, std::vector<Candidate> others) {
    for (Candidate& other : others) {
      const bool known = std::any_of(population.begin(), population.end(),
                                     [&](const Candidate& c) { return c.attack == other.attack; });
      if (!known) population.push_back(std::move(other));
    }
    std::stable_sort(population.begin(), population.end(), worse_attack);
    if (population.size() > kParents) population.resize(kParents);
  }

  /// Fewer legs, and round numbers instead of odd ones, where they do as much harm.
  void polish() {
    for (std::size_t place = 0; place + 1 < best_.attack.legs.size(); ++place) {
      Attack shorter = best_.attack;
      const auto first = shorter.legs.begin() + static_cast<std::ptrdiff_t>(place);
      shorter.legs.erase(first, first + 2);
      if (shorter.rounds != 1 && shorter.legs.empty()) continue;
      if (shorter.rounds == 0 && round_length(shorter) < space_.shortest_round) continue;
      try_out({std::move(shorter)});  // is the best if it does as much, because it is plainer
    }
    for (std::size_t place = 0; place <= best_.attack.legs.size(); ++place) {
      std::vector<Attack> rounder;
      const bool leg = place < best_.attack.legs.size();
      for (int digits = leg ? 1 : 0; digits <= kPolishDigits; ++digits) {
        Attack attack = best_.attack;
        Duration& length = leg ? attack.legs[place].length : attack.phase;
        const Duration round = digits == 0 ? Duration::zero() : rounded(length, digits);
        if (round == length) break;
        length = round;
        if (attack.phase <= space_.latest_phase) rounder.push_back(std::move(attack));
      }
      for (Candidate& candidate : try_out(std::move(rounder))) {
        if (candidate.harm < best_.harm) continue;
        best_ = std::move(candidate);
        break;
      }
    }
  }

  const AttackSpace& space_;
  AttackSource source_;
  const Trial& trial_;
  std::int64_t left_;  ///< of the budget
  std::int64_t trials_ = 0;
  bool stopped_ = false;
  Candidate best_{{}, std::numeric_limits<std::int64_t>::min()};
  std::vector<Candidate> champions_;  ///< of each restart
};

}  // namespace

std::optional<Found> find_worst(const AttackSpace& space, const std::vector<Attack>& known,
                                const SearchOptions& options, const Trial& trial) {
  return Evolution(space, options, trial).run(known);
}

}  // namespace sharesim
