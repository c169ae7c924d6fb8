#include "sim/output/attack_table.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/core/units.hpp"
#include "sim/output/csv.hpp"
#include "sim/output/scenario_json.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::size_t kNameColumns = 40;
constexpr std::size_t kColumns = 10;

std::int64_t of_capacity(const AttackQuestion& question, Duration part) {
  return static_cast<std::int64_t>(static_cast<__int128>(to_ns(part)) * kMillion /
                                   to_ns(question.capacity));
}

std::string title(const AttackQuestion& question) {
  const std::string attacker = printable(question.attacker);
  const std::string victim = printable(question.victim);
  switch (question.objective) {
    case Objective::kGap:
      return fmt::format("how long can {} keep {} off the CPU?", attacker, victim);
    case Objective::kTheft:
      return fmt::format("how much more than its share can {} take?", attacker);
    case Objective::kP99:
      break;
  }
  return fmt::format("how late can {} make the wakeups of {}? (99th percentile)", attacker, victim);
}

std::string ratio_text(std::int64_t found, const Bound& bound) {
  if (bound.value <= Duration::zero()) return "";
  return fmt::format("{:.2f}",
                     static_cast<double>(found) / static_cast<double>(to_ns(bound.value)));
}

std::string bound_text(const AttackRow& row) {
  const std::string scheduler = printable(row.scheduler);
  const auto& bound = row.verdict.bound;
  return bound ? fmt::format("bound of {}: {}\n", scheduler, bound->rule)
               : fmt::format("no bound of {}: {}\n", scheduler, row.verdict.reason);
}

std::string since_text(const AttackQuestion& question, const AttackRow& row) {
  if (row.starved.empty()) return "";
  return human(row.starvation.start - kStart, "") +
         (starved_to_the_end(question, row) ? ", to the end" : "");
}

bool is_safe(const AttackQuestion& question, const AttackRow& row) {
  return no_worse_than_a_hog(question, row) && !starved_to_the_end(question, row);
}

std::vector<GridCell> cells_of(const AttackQuestion& question, const AttackRow& row) {
  const bool theft = question.objective == Objective::kTheft;
  std::vector<GridCell> cells{{shorten(printable(row.scheduler), kNameColumns)}};
  if (!row.found) {
    cells.push_back({"did not run", Ink::kBad});
    cells.insert(cells.end(), kColumns - cells.size(), GridCell{});
    return cells;
  }
  const bool safe = is_safe(question, row);
  cells.push_back({harm_text(question, row.found->harm), safe ? Ink::kGood : Ink::kBad});
  cells.push_back({harm_text(question, row.found->hog)});
  cells.push_back({theft ? human_percent(of_capacity(question, row.attackers_service)) : ""});
  const auto& bound = row.verdict.bound;
  cells.push_back({bound ? harm_text(question, to_ns(bound->value)) : "none"});
  cells.push_back({bound ? ratio_text(row.found->harm, *bound) : "-"});
  cells.push_back({theft ? "" : printable(row.starved)});
  cells.push_back({theft ? "" : since_text(question, row)});
  cells.push_back({theft ? "" : printable(row.runner)});
  cells.push_back({human_count(static_cast<std::uint64_t>(row.found->trials))});
  return cells;
}

/// "A, B and C", or "" for none.
std::string names_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

Json attack_json(const Attack& attack) {
  Json legs = Json::array();
  for (const Leg& leg : attack.legs) {
    legs.push_back({{leg.kind == Step::Kind::kRun ? "run_ns" : "sleep_ns", to_ns(leg.length)}});
  }
  return {{"words", in_words(attack)},
          {"attackers", attack.attackers},
          {"phase_ns", to_ns(attack.phase)},
          {"legs", std::move(legs)},
          {"rounds", attack.rounds}};
}

Json row_json(const AttackQuestion& question, const AttackRow& row) {
  Json json{{"workload", question.workload},
            {"scheduler", row.scheduler},
            {"objective", name_of(question.objective)},
            {"attacker", question.attacker},
            {"victim", question.victim},
            {"duration_ns", to_ns(question.duration)}};
  if (!row.found) return json;
  const bool starved = !row.starved.empty();
  json["complete"] = row.found->complete;
  json["found_ns"] = row.found->harm;
  json["hog_ns"] = row.found->hog;
  const auto& bound = row.verdict.bound;
  json["bound_ns"] = bound ? Json(to_ns(bound->value)) : Json(nullptr);
  json["bound_rule"] = bound ? Json(bound->rule) : Json(nullptr);
  json["no_bound_because"] = bound ? Json(nullptr) : Json(row.verdict.reason);
  json["attackers_service_ns"] = to_ns(row.attackers_service);
  json["starvation"] = {{"length_ns", to_ns(row.starvation.length)},
                        {"start_ns", starved ? Json(to_ns(row.starvation.start)) : Json(nullptr)},
                        {"victim", starved ? Json(row.starved) : Json(nullptr)},
                        {"runner", row.runner.empty() ? Json(nullptr) : Json(row.runner)}};
  json["simulations"] = row.found->trials;
  json["attack"] = attack_json(row.found->attack);
  return json;
}

}  // namespace

bool no_worse_than_a_hog(const AttackQuestion& question, const AttackRow& row) {
  constexpr std::int64_t kHundredth = 100;
  constexpr std::int64_t kThousandth = 1000;
  const std::int64_t more = row.found->harm - row.found->hog;
  return more <= (question.objective == Objective::kTheft ? to_ns(question.capacity) / kThousandth
                                                          : row.found->hog / kHundredth);
}

bool starved_to_the_end(const AttackQuestion& question, const AttackRow& row) {
  return !row.starved.empty() && row.starvation.length >= question.duration / 2 &&
         row.starvation.start + row.starvation.length == kStart + question.duration;
}

std::string harm_text(const AttackQuestion& question, std::int64_t harm) {
  const bool minus = harm < 0;
  const Duration size = ns(minus ? -harm : harm);
  const std::string text = question.objective == Objective::kTheft
                               ? human_percent(of_capacity(question, size))
                               : human(size, "");
  return (minus ? "-" : "") + text;
}

std::string attack_table(const AttackQuestion& question, const std::vector<AttackRow>& rows,
                         const TableStyle& style) {
  const bool theft = question.objective == Objective::kTheft;
  Grid grid({{"scheduler", false},
             {theft ? "stolen\nat worst" : "worst\nfound"},
             {"by\na hog"},
             {"attackers'\nCPU time"},
             {"\nbound"},
             {"found /\nbound"},
             {"who\nstarved", false, 2},
             {"\nsince", false},
             {"who\nran", false, 3},
             {"simu-\nlations", true, 1}});
  Grid attacks({{"\nthe attack", false}, {"", false}});
  std::vector<std::string> safe;
  std::vector<std::string> endless;
  std::string rules;
  for (const AttackRow& row : rows) {
    grid.add_row(cells_of(question, row));
    if (!row.found) continue;
    attacks.add_row({{shorten(printable(row.scheduler), kNameColumns)},
                     {in_words(row.found->attack) +
                      (row.found->complete ? "" : " (the search was interrupted)")}});
    if (is_safe(question, row)) safe.push_back(printable(row.scheduler));
    if (!theft && starved_to_the_end(question, row)) endless.push_back(printable(row.scheduler));
    rules += bound_text(row);
  }
  std::string text = inked(printable(question.workload), Ink::kHeading, style) + ": " +
                     title(question) + "\n" + grid.render(style) + attacks.render(style) + "\n" +
                     rules;
  if (!endless.empty()) text += "starved to the end of the run: under " + names_of(endless) + "\n";
  if (!safe.empty()) {
    text += "nothing was found that does more than a hog does under " + names_of(safe) + "\n";
  }
  return text;
}

void write_attack_csv(Sink& sink, const AttackQuestion& question,
                      const std::vector<AttackRow>& rows) {
  sink.write(
      "workload,scheduler,objective,attacker,victim,found_ns,hog_ns,bound_ns,attackers_service_ns,"
      "starved_ns,starved_from_ns,starved,runner,simulations,complete,attack\n");
  for (const AttackRow& row : rows) {
    if (!row.found) continue;
    sink.write(fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                           csv_field(question.workload), csv_field(row.scheduler),
                           name_of(question.objective), csv_field(question.attacker),
                           csv_field(question.victim), row.found->harm, row.found->hog,
                           row.verdict.bound ? std::to_string(to_ns(row.verdict.bound->value)) : "",
                           to_ns(row.attackers_service), to_ns(row.starvation.length),
                           row.starved.empty() ? "" : std::to_string(to_ns(row.starvation.start)),
                           csv_field(row.starved), csv_field(row.runner), row.found->trials,
                           row.found->complete, csv_field(in_words(row.found->attack))));
  }
}

void write_attack_json(Sink& sink, const AttackQuestion& question,
                       const std::vector<AttackRow>& rows) {
  Json all = Json::array();
  for (const AttackRow& row : rows) all.push_back(row_json(question, row));
  // Names come from files: what is not UTF-8 in them is replaced, because JSON cannot hold it.
  sink.write(all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace sharesim
