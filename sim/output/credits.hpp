#pragma once
// credits.csv: the accounts of burstable machines over time, written while the run goes on.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/metrics/measures.hpp"
#include "sim/output/out_file.hpp"

namespace sharesim {

/// Everything that has credits, at any time of the run.
std::vector<EntityRef> machines_with_credits(const Scenario& scenario);

/// A row per tick and machine: time_ns,scheduler,entity,balance,surplus,earned,spent,lost,charged. All as
/// they stand at the end of the tick, in credits.
class CreditsWriter final : public TickListener {
 public:
  /// Tells how an entity's account stands, within tick(); usually Measures::credits.
  using Source = std::function<std::optional<CreditResult>(EntityRef)>;

  /// `scheduler` is the spelling. Writes the heading.
  CreditsWriter(OutFile& file, const Scenario& scenario, const std::string& scheduler,
                Source source);
  void tick(Time begin, Time end) override;

 private:
  struct Machine {
    EntityRef entity;
    std::string names;  ///< ",sfq,/vm," as every row has it
  };

  OutFile& file_;
  Source source_;
  std::vector<Machine> machines_;
};

}  // namespace sharesim
