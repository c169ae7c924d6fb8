#pragma once
// What `compare` says at its end: who won how often, over many workloads.

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "sim/output/compare_table.hpp"
#include "sim/output/sink.hpp"

namespace sharesim {

/// How one scheduler did. A win is a mark in the table of a workload (best_rows).
struct Score {
  std::string scheduler;
  std::size_t place = 0;                            ///< from 1; those that are alike share one
  std::array<std::size_t, kComparedValues> wins{};  ///< by column
  std::size_t wins_in_all = 0;
  std::size_t doubled_ranks = 0;  ///< the sum over all that was contested (doubled_ranks)
  std::size_t runs = 0;           ///< those that came to their end
  ExpectationCount expectations;
};

/// Counts wins, table by table. References are left out. The order: who has more runs that came to
/// their end, then who met the larger part of its expectations, then who has the better mean rank
/// over all columns that were contested, then who was named first.
class Ranking {
 public:
  /// The rows of one workload: the same schedulers in the same order each time.
  void add(const std::vector<CompareRow>& rows);

  std::size_t workloads() const { return workloads_; }
  std::size_t competitors() const { return scores_.size(); }
  /// In how many workloads the column had a winner.
  std::size_t contested(std::size_t column) const { return contested_.at(column); }
  /// The sum over all columns.
  std::size_t contested_in_all() const;
  /// The best first.
  std::vector<Score> scores() const;

 private:
  std::size_t workloads_ = 0;
  std::array<std::size_t, kComparedValues> contested_{};
  std::vector<Score> scores_;  ///< in the order of the rows, without places
};

/// Wins by column, in all, mean rank and expectations met; a row per scheduler, and one of what was
/// contested.
std::string ranking_table(const Ranking& ranking, const TableStyle& style);
/// In the columns of write_metrics_csv(): kind `ranking`, no workload and no entity.
void write_ranking_csv(Sink& sink, const Ranking& ranking, bool with_differences);
/// One object.
void write_ranking_json(Sink& sink, const Ranking& ranking);

}  // namespace sharesim
