#pragma once
// What `starve` prints: the worst attack that was found under each scheduler.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/output/grid.hpp"
#include "sim/output/sink.hpp"
#include "sim/search/attack.hpp"
#include "sim/search/bounds.hpp"
#include "sim/search/evolution.hpp"
#include "sim/search/objective.hpp"

namespace sharesim {

/// What was asked.
struct AttackQuestion {
  std::string workload;
  Objective objective = Objective::kGap;
  std::string attacker;  ///< path
  std::string victim;    ///< path
  Duration duration{};   ///< of a run
  Duration capacity{};   ///< the CPU time that there is in it
};

/// The answer for one scheduler.
struct AttackRow {
  std::string scheduler;
  std::optional<Found> found;  ///< empty: it did not run
  Verdict verdict;
  Duration attackers_service{};
  Starvation starvation;  ///< of the victim, under the attack
  std::string starved;    ///< the victim's task; empty: it never waited
  std::string runner;     ///< who ran meanwhile; may be empty
};

/// Whether the attack does no more than a hog does (to a hundredth; of theft, to a thousandth of the
/// machine).
bool no_worse_than_a_hog(const AttackQuestion& question, const AttackRow& row);

/// Whether the victim waits to the end of the run, and for half of it or more: not a long wait, but
/// perhaps one without end.
bool starved_to_the_end(const AttackQuestion& question, const AttackRow& row);

/// "2.5s" or "45.1%": the harm as a person reads it.
std::string harm_text(const AttackQuestion& question, std::int64_t harm);

std::string attack_table(const AttackQuestion& question, const std::vector<AttackRow>& rows,
                         const TableStyle& style);
void write_attack_csv(Sink& sink, const AttackQuestion& question,
                      const std::vector<AttackRow>& rows);
void write_attack_json(Sink& sink, const AttackQuestion& question,
                       const std::vector<AttackRow>& rows);

}  // namespace sharesim
