#include "sim/output/report_page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/core/check.hpp"
#include "sim/output/report_assets.hpp"
#include "sim/output/report_text.hpp"
#include "sim/output/text.hpp"
#include "sim/output/version.hpp"

namespace sharesim {
namespace {

/// "500us", as the terminal has it, with a narrow space before its unit.
std::string spaced(std::string text) {
  const std::size_t last = text.find_last_of("0123456789");
  if (last == std::string::npos || last + 1 >= text.size()) return text;
  if (text.ends_with("us")) text.replace(text.size() - 2, 1, "µ");
  return text.insert(last + 1, "\u202f");
}

std::string heading_cell(std::string_view name, std::string heading, std::string_view meaning) {
  std::replace(heading.begin(), heading.end(), '\n', ' ');
  return fmt::format(
      R"(<th scope="col" data-key="{}" title="{}"><button type="button">{}</button></th>)", name,
      html_text(meaning), html_text(heading));
}

std::string value_cell(const GridCell& cell, const std::optional<std::int64_t>& value) {
  if (!value || cell.text.empty()) return R"(<td class="none">–</td>)";
  return fmt::format(R"(<td data-value="{}"{}>{}</td>)", *value,
                     cell.marked ? R"( class="best")" : "", html_text(spaced(cell.text)));
}

std::string expected_cell(const ReportRow& row) {
  const GridCell cell = expectation_cell(row.values);
  if (cell.text.empty()) return R"(<td class="none">–</td>)";
  const auto [asked, met] = row.values.expectations;
  std::string title;
  for (const std::string& failure : row.failures) title += failure + "; ";
  return fmt::format(R"(<td data-value="{}"{}{}>{}</td>)", asked - met,
                     cell.ink == Ink::kBad ? R"( class="bad")" : "",
                     title.empty() ? "" : fmt::format(R"( title="{}")", html_text(title)),
                     html_text(cell.text));
}

std::string summary_table(const std::vector<ReportRow>& rows) {
  std::vector<CompareRow> values;
  values.reserve(rows.size());
  for (const ReportRow& row : rows) values.push_back(row.values);
  std::vector<std::vector<GridCell>> columns;
  std::vector<std::size_t> shown;
  std::string html = R"(<table class="summary"><thead><tr><th scope="col" data-key="scheduler">)"
                     R"(<button type="button">scheduler</button></th>)";
  for (std::size_t column = 0; column < kComparedValues; ++column) {
    columns.push_back(column_cells(values, column, Shown::kValues));
    const auto empty = [](const GridCell& cell) { return cell.text.empty(); };
    if (std::all_of(columns.back().begin(), columns.back().end(), empty)) continue;
    shown.push_back(column);
    const ComparedValue& info = compared_value(column);
    const MetricInfo* metric = find_metric(info.name);
    html += heading_cell(info.name, std::string(info.heading),
                         metric == nullptr ? "" : metric->meaning);
  }
  html += heading_cell("expected", "expected", "expectations of the workload met, of those asked");
  html += "</tr></thead><tbody>\n";
  for (std::size_t y = 0; y < rows.size(); ++y) {
    html += fmt::format(R"(<tr data-row="{}"{}{}><th scope="row">{}</th>)", y,
                        rows[y].has_charts ? R"( data-charts="")" : "",
                        rows[y].values.is_reference ? R"( class="reference")" : "",
                        html_text(rows[y].values.scheduler));
    for (const std::size_t column : shown) {
      html += value_cell(columns[column][y], rows[y].values.values[column]);
    }
    html += expected_cell(rows[y]) + "</tr>\n";
  }
  return html + "</tbody></table>";
}

/// All of a workload's section but its heading and sentences.
std::string table_of(const std::vector<ReportRow>& rows) {
  std::string html = R"(<div class="scroll" tabindex="0" role="region" aria-label="Summary">)";
  const std::string table = summary_table(rows);
  html += table + "</div>\n";
  if (table.find("≤") != std::string::npos || table.find("≥") != std::string::npos) {
    html +=
        "<p class=\"bounds\">≤, ≥: only a bound is known. Relative fairness is worked out exactly "
        "up to 16 "
        "siblings; a wakeup latency is larger than what is shown where a task woke up and never "
        "ran.</p>\n";
  }
  for (const ReportRow& row : rows) {
    for (const std::string& failure : row.failures) {
      html += fmt::format("<p class=\"failure\">{}: {}</p>\n", html_text(row.values.scheduler),
                          html_text(failure));
    }
  }
  return html;
}

/// Whom the charts show before all others.
std::string named_paths(const Scenario& scenario, const std::vector<ReportRow>& rows) {
  Json paths = Json::array();
  for (const EntityRef entity : named_entities(rows)) {
    paths.push_back(printable(scenario.path_of(entity)));
  }
  return paths.dump();
}

std::string ranking_html(const Ranking& ranking) {
  std::string html =
      "<section class=\"ranking\" id=\"ranking\"><h2>Over all workloads</h2>\n"
      "<p>How often each scheduler has the best value of a column, and its mean rank over all "
      "columns that have one.</p>\n<div class=\"scroll\"><table class=\"summary\"><thead><tr>";
  html += heading_cell("place", "place", "who met more of what was expected, then the mean rank");
  html += heading_cell("scheduler", "scheduler", "") + heading_cell("wins", "best values", "");
  html += heading_cell("rank", "mean rank", "1 is the best in every column");
  html += heading_cell("expected", "expected", "expectations met, of those asked");
  html += "</tr></thead><tbody>\n";
  const auto contested = static_cast<double>(std::max<std::size_t>(ranking.contested_in_all(), 1));
  for (const Score& score : ranking.scores()) {
    const double rank = static_cast<double>(score.doubled_ranks) / 2 / contested;
    const auto [asked, met] = score.expectations;
    html += fmt::format(
        "<tr><td data-value=\"{0}\">{0}</td><th scope=\"row\">{1}</th><td data-value=\"{2}\">{2}"
        "</td><td data-value=\"{3}\">{3:.2f}</td><td data-value=\"{4}\"{5}>{6}/{7}</td></tr>\n",
        score.place, html_text(score.scheduler), score.wins_in_all, rank, asked - met,
        met < asked ? R"( class="bad")" : "", met, asked);
  }
  return html + "</tbody></table></div></section>\n";
}

}  // namespace

ReportPage::ReportPage(Sink& sink) : sink_(sink), rest_(report_assets::kFrame) {
  copy_until("/*style*/");
  sink_.write(report_assets::kStyle);
  copy_until("<!--data-->");
}

void ReportPage::copy_until(std::string_view mark) {
  const std::size_t at = rest_.find(mark);
  check(at != std::string_view::npos, "the frame of the report has all its marks, in their order");
  sink_.write(rest_.substr(0, at));
  rest_.remove_prefix(at + mark.size());
}

void ReportPage::add_run(std::size_t row, const std::string& json) {
  sink_.write(fmt::format(
      "<script type=\"application/json\" class=\"run\" data-workload=\"{}\" data-row=\"{}\">\n",
      workloads_.size(), row));
  sink_.write(json);
  sink_.write("\n</script>\n");
}

void ReportPage::end_workload(const Scenario& scenario, const std::vector<ReportRow>& rows) {
  Workload workload{.name = scenario.name,
                    .question = scenario.question,
                    .findings = findings(rows),
                    .table = table_of(rows),
                    .named = named_paths(scenario, rows)};
  for (const ReportRow& row : rows) {
    if (!row.values.is_reference) ++workload.schedulers;
    if (row.values.complete) workload.starved = std::max(workload.starved, row.starved);
  }
  workloads_.push_back(std::move(workload));
}

/// Of a page about one workload the name and the first sentence stand above already.
std::string ReportPage::section_of(std::size_t number) const {
  const Workload& workload = workloads_[number];
  const bool alone = workloads_.size() == 1;
  const std::string name = html_text(workload.name);
  std::string html = fmt::format(
      "<section class=\"workload\" id=\"workload-{}\" data-name=\"{}\" data-named=\"{}\">\n",
      number, name, html_text(workload.named));
  if (!alone) html += fmt::format("<h2>{}</h2>\n", name);
  if (!workload.question.empty()) {
    html += fmt::format("<p class=\"question\">{}</p>\n", html_text(workload.question));
  }
  html += "<ul class=\"findings\">\n";
  for (std::size_t i = alone ? 1 : 0; i < workload.findings.size(); ++i) {
    html += fmt::format("<li>{}</li>\n", html_text(workload.findings[i]));
  }
  return html + "</ul>\n" + workload.table + "</section>\n";
}

/// The answer in words: about the workload with the longest starvation, which is the one that is shown
/// first.
std::string ReportPage::lead() const {
  const auto worst =
      std::max_element(workloads_.begin(), workloads_.end(),
                       [](const auto& a, const auto& b) { return a.starved < b.starved; });
  if (worst == workloads_.end() || worst->findings.empty())
    return "<p class=\"lead\">Nothing ran.</p>\n";
  std::string sentence = worst->findings.front();
  if (workloads_.size() > 1 && sentence.starts_with("The ")) {
    sentence = fmt::format("In {} the {}", worst->name, sentence.substr(4));
  }
  return fmt::format("<p class=\"lead\" data-workload=\"{}\">{}</p>\n", worst - workloads_.begin(),
                     html_text(sentence));
}

void ReportPage::finish(const Ranking* ranking) {
  copy_until("<!--content-->");
  const std::size_t count = workloads_.size();
  const std::size_t schedulers = workloads_.empty() ? 0 : workloads_.front().schedulers;
  const std::string title = count == 1
                                ? workloads_.front().name
                                : fmt::format("{} workloads, {} schedulers", count, schedulers);
  sink_.write(fmt::format("<h1>{}</h1>\n", html_text(title)) + lead());
  if (count > 1 && ranking != nullptr && ranking->competitors() > 1) {
    sink_.write(ranking_html(*ranking));
  }
  for (std::size_t i = 0; i < count; ++i) sink_.write(section_of(i));
  copy_until("<!--version-->");
  sink_.write(html_text(kVersion));
  copy_until("/*charts*/");
  sink_.write(report_assets::kCharts);
  copy_until("/*script*/");
  sink_.write(report_assets::kScript);
  sink_.write(rest_);
}

}  // namespace sharesim
