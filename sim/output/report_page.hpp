#pragma once
// report.html: one page about one or more workloads, that needs nothing but a browser.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/output/ranking.hpp"
#include "sim/output/report_words.hpp"
#include "sim/output/sink.hpp"

namespace sharesim {

/// Written from the top to the bottom: the data of the runs first, so that they need not be kept, then
/// what is shown.
class ReportPage {
 public:
  /// Writes the head of the page. `sink` must outlive this object.
  explicit ReportPage(Sink& sink);

  /// The data of one run, as ReportRun::json gives them: of the present workload's row `row`.
  void add_run(std::size_t row, const std::string& json);
  /// The present workload is complete; what follows is of the next one.
  void end_workload(const Scenario& scenario, const std::vector<ReportRow>& rows);
  /// Once, at the end. The ranking is shown if there are several workloads.
  void finish(const Ranking* ranking);

 private:
  void copy_until(std::string_view mark);
  std::string lead() const;
  std::string section_of(std::size_t number) const;

  struct Workload {
    std::string name;
    std::string question;
    std::vector<std::string> findings;
    std::string table;  ///< HTML
    std::string named;  ///< paths as a JSON array: see named_entities()
    Duration starved{};
    std::size_t schedulers = 0;
  };

  Sink& sink_;
  std::string_view rest_;  ///< of the page's frame
  std::vector<Workload> workloads_;
};

}  // namespace sharesim
