#include "sim/output/ranking.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/core/check.hpp"
#include "sim/output/csv.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNameColumns = 40;

/// The part of the expectations that was met; all of them if none were asked.
std::pair<std::size_t, std::size_t> part_met(const Score& score) {
  const auto [asked, met] = score.expectations;
  return asked == 0 ? std::pair<std::size_t, std::size_t>{1, 1} : std::pair{met, asked};
}

/// Whether `a` did better than `b`.
bool better(const Score& a, const Score& b) {
  if (a.runs != b.runs) return a.runs > b.runs;
  const auto [a_met, a_asked] = part_met(a);
  const auto [b_met, b_asked] = part_met(b);
  if (a_met * b_asked != b_met * a_asked) return a_met * b_asked > b_met * a_asked;
  return a.doubled_ranks < b.doubled_ranks;
}

std::string counted(std::size_t count) { return fmt::format("{}", count); }

/// 0 if nothing was contested.
double mean_rank(const Score& score, const Ranking& ranking) {
  const std::size_t contested = ranking.contested_in_all();
  if (contested == 0) return 0;
  return static_cast<double>(score.doubled_ranks) / static_cast<double>(2 * contested);
}

GridCell expectation_cell(const Score& score) {
  const auto [asked, met] = score.expectations;
  if (asked == 0) return {};
  return {fmt::format("{}/{}", met, asked), met < asked ? Ink::kBad : Ink::kPlain};
}

}  // namespace

void Ranking::add(const std::vector<CompareRow>& rows) {
  std::vector<const CompareRow*> competitors;
  for (const CompareRow& row : rows) {
    if (!row.is_reference) competitors.push_back(&row);
  }
  if (workloads_ == 0) scores_.resize(competitors.size());
  check(scores_.size() == competitors.size(), "every workload is compared under all schedulers");
  ++workloads_;
  for (std::size_t i = 0; i < competitors.size(); ++i) {
    const CompareRow& row = *competitors[i];
    Score& score = scores_[i];
    score.scheduler = row.scheduler;
    if (row.complete) ++score.runs;
    score.expectations.asked += row.expectations.asked;
    score.expectations.met += row.expectations.met;
  }
  for (std::size_t column = 0; column < kComparedValues; ++column) {
    const std::vector<bool> best = best_rows(rows, column);
    if (std::find(best.begin(), best.end(), true) == best.end()) continue;
    ++contested_[column];
    const std::vector<std::size_t> ranks = doubled_ranks(rows, column);
    std::size_t competitor = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].is_reference) continue;
      Score& score = scores_[competitor++];
      score.doubled_ranks += ranks[i];
      if (!best[i]) continue;
      ++score.wins[column];
      ++score.wins_in_all;
    }
  }
}

std::size_t Ranking::contested_in_all() const {
  return std::accumulate(contested_.begin(), contested_.end(), std::size_t{0});
}

std::vector<Score> Ranking::scores() const {
  std::vector<Score> sorted = scores_;
  std::stable_sort(sorted.begin(), sorted.end(), better);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const bool alike = i > 0 && !better(sorted[i - 1], sorted[i]);
    sorted[i].place = alike ? sorted[i - 1].place : i + 1;
  }
  return sorted;
}

std::string ranking_table(const Ranking& ranking, const TableStyle& style) {
  std::vector<GridColumn> columns{{"place"}, {"scheduler", false}};
  for (std::size_t i = 0; i < kComparedValues; ++i) {
    const ComparedValue& info = compared_value(i);
    columns.push_back({std::string(info.heading), true, info.expendable});
  }
  columns.insert(columns.end(),
                 {{"wins\nin all"}, {"mean\nrank"}, {"expected", false}, {"runs", false}});
  Grid grid(std::move(columns));
  const auto numbers = [&](std::vector<GridCell>& cells, const auto& value) {
    for (std::size_t i = 0; i < kComparedValues; ++i) {
      cells.push_back({ranking.contested(i) == 0 ? "" : counted(value(i))});
    }
  };
  const std::vector<Score> scores = ranking.scores();
  const bool all_ended = std::all_of(scores.begin(), scores.end(), [&](const Score& score) {
    return score.runs == ranking.workloads();
  });
  const auto runs_cell = [&](std::size_t runs) { return all_ended ? "" : counted(runs); };
  for (const Score& score : scores) {
    std::vector<GridCell> cells{{counted(score.place)}, {shorten(score.scheduler, kNameColumns)}};
    numbers(cells, [&](std::size_t i) { return score.wins[i]; });
    cells.push_back({counted(score.wins_in_all)});
    const double rank = mean_rank(score, ranking);
    cells.push_back({rank > 0 ? fmt::format("{:.2f}", rank) : ""});
    cells.push_back(expectation_cell(score));
    cells.push_back({runs_cell(score.runs)});
    grid.add_row(std::move(cells));
  }
  std::vector<GridCell> last{{"of"}, {"(contested)"}};
  numbers(last, [&](std::size_t i) { return ranking.contested(i); });
  last.insert(last.end(),
              {{counted(ranking.contested_in_all())}, {}, {}, {runs_cell(ranking.workloads())}});
  grid.add_row(std::move(last));
  return inked("ranking", Ink::kHeading, style) +
         fmt::format(": how often each was marked '*' in the tables of the {} workloads\n",
                     ranking.workloads()) +
         grid.render(style);
}

void write_ranking_csv(Sink& sink, const Ranking& ranking, bool with_differences) {
  std::string rows;
  for (const Score& score : ranking.scores()) {
    const auto row = [&](std::string_view name, std::string_view unit, auto value) {
      rows += fmt::format(",{},,ranking,{},{},{}{}\n", csv_field(score.scheduler), name, unit,
                          value, with_differences ? ",," : "");
    };
    row("place", "rank", score.place);
    row("wins", "count", score.wins_in_all);
    for (std::size_t i = 0; i < kComparedValues; ++i) {
      row(fmt::format("wins_{}", compared_value(i).name), "count", score.wins[i]);
    }
    row("mean_rank", "rank", mean_rank(score, ranking));
    row("expectations_met", "count", score.expectations.met);
    row("expectations_asked", "count", score.expectations.asked);
    row("runs", "count", score.runs);
  }
  sink.write(rows);
}

void write_ranking_json(Sink& sink, const Ranking& ranking) {
  Json contested = Json::object();
  for (std::size_t i = 0; i < kComparedValues; ++i) {
    contested[std::string(compared_value(i).name)] = ranking.contested(i);
  }
  Json schedulers = Json::array();
  for (const Score& score : ranking.scores()) {
    Json wins = Json::object();
    for (std::size_t i = 0; i < kComparedValues; ++i) {
      wins[std::string(compared_value(i).name)] = score.wins[i];
    }
    schedulers.push_back({{"place", score.place},
                          {"scheduler", score.scheduler},
                          {"wins_in_all", score.wins_in_all},
                          {"wins", std::move(wins)},
                          {"mean_rank", mean_rank(score, ranking)},
                          {"expectations_met", score.expectations.met},
                          {"expectations_asked", score.expectations.asked},
                          {"runs", score.runs}});
  }
  sink.write("{\n  \"workloads\": " + std::to_string(ranking.workloads()) +
             ",\n  \"contested\": " + contested.dump() + ",\n  \"schedulers\": [");
  for (std::size_t i = 0; i < schedulers.size(); ++i) {
    sink.write((i == 0 ? "\n    " : ",\n    ") +
               schedulers[i].dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  sink.write("\n  ]\n}");
}

}  // namespace sharesim
