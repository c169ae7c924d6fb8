#pragma once
// The searches of `sharesim starve`: one attacker, one victim, one scheduler after the other.

#include <optional>
#include <vector>

#include "sim/cli/progress.hpp"
#include "sim/cli/starve_file.hpp"
#include "sim/cli/starve_request.hpp"
#include "sim/output/attack_table.hpp"
#include "sim/search/attack_sides.hpp"
#include "sim/search/attack_workload.hpp"

namespace sharesim::cli {

class StarveSearch {
 public:
  /// Reads the workload, and opens the files of -o. Throws InputError and MachineError.
  explicit StarveSearch(const StarveRequest& request);

  const AttackQuestion& question() const { return question_; }
  /// The answer under the scheduler of that number; writes its file. Without an attack if it was
  /// interrupted before the first simulation. Throws what simulations throw.
  AttackRow search(std::size_t number);
  /// Takes the progress line away.
  void clear_progress() { progress_->clear(); }

 private:
  void check_wakeups() const;
  Duration total_time() const;
  Sides sides_in(const Scenario& scenario) const;
  Result simulate_one(const std::shared_ptr<const Scenario>& scenario,
                      const SchedulerChoice& scheduler);
  Duration fair_service();
  std::vector<std::optional<std::int64_t>> try_attacks(const std::vector<Attack>& attacks,
                                                       const SchedulerChoice& scheduler);
  std::int64_t harm_in(const Result& result) const;
  std::optional<Found> find(const SchedulerChoice& scheduler);
  std::string text_of(const SchedulerChoice& scheduler, std::size_t number, const Found& found,
                      Duration attackers_service) const;

  const StarveRequest& request_;
  AttackWorkload workload_;
  const Roles roles_;
  std::vector<std::uint32_t> splits_;
  AttackQuestion question_;
  std::optional<Progress> progress_;
  Duration entitled_{};
  std::optional<AttackFiles> files_;
};

}  // namespace sharesim::cli
