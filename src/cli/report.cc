#include "cli/report.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/time.h"
#include "cli/html_text.h"
#include "cli/show.h"
#include "cli/words.h"

namespace aright::cli {

namespace {

using Cells = std::vector<std::string>;
using Facts = std::vector<std::pair<std::string, std::string>>;

std::string number(const Json& doc, const char* key) { return cell(doc.value(key, Json())); }

/// Milliseconds in the unit a person would use.
std::string span_text(const Json& ms) {
  if (!ms.is_number()) return "-";
  const auto value = ms.get<double>();
  if (value < 1000) return fmt::format("{:.4g} ms", value);
  if (value < 60'000) return fmt::format("{:.3g} s", value / 1e3);
  if (value < 3'600'000) return fmt::format("{:.3g} min", value / 6e4);
  return fmt::format("{:.4g} h", value / 3.6e6);
}

std::string times_text(const Json& times) {
  if (number(times, "count") == "0") return "-";
  return fmt::format("{} / {}", span_text(times.value("p50_ms", Json())), span_text(times.value("p95_ms", Json())));
}

/// "2 succeeded, 1 held"
std::string counts_text(const Json& counts) {
  std::string text;
  for (const auto& [what, count] : counts.items()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", cell(count), cell(Json(what)));
  }
  return text.empty() ? "none" : text;
}

/// "2 of sshd, 1 of motd"
std::string of_text(const Json& counts) {
  std::string text;
  for (const auto& [what, count] : counts.items()) {
    text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", cell(count), cell(Json(what)));
  }
  return text.empty() ? "none" : text;
}

std::string seconds_text(const Json& report, const char* key) {
  const auto time = parse_rfc3339(number(report, key));
  return time ? rfc3339(std::chrono::floor<std::chrono::seconds>(*time)).substr(0, 19) + "Z" : number(report, key);
}

const Cells& headings() {
  static const Cells all{"WORKFLOW", "RUNS",      "FIXED ALONE",     "UNVERIFIED",
                         "HELD",     "CAME BACK", "ALONE P50 / P95", "WITH PEOPLE P50 / P95",
                         "OUTCOMES"};
  return all;
}

Cells row_of(const std::string& workflow, const Json& of) {
  return {workflow,
          number(of, "runs"),
          number(of, "fixed_alone"),
          number(of, "unverified"),
          number(of, "held"),
          number(of, "recurred"),
          times_text(of.at("alone")),
          times_text(of.at("with_people")),
          counts_text(of.at("outcomes"))};
}

std::vector<Cells> rows_of(const Json& report) {
  std::vector<Cells> rows;
  for (const Json& of : report.at("workflows")) rows.push_back(row_of(number(of, "workflow"), of));
  if (rows.size() > 1) rows.push_back(row_of("all of them", report.at("all")));
  return rows;
}

/// "3: 2 of sshd, 1 of motd; 2 answered by runs": as the column counts them.
std::string came_back(const Json& report) {
  const Json& findings = report.at("findings");
  const std::string all = number(findings, "recurrences");
  std::string text = fmt::format("{}: {}", all, of_text(findings.at("recurrences_of")));
  if (all != "0") text += fmt::format("; {} answered by runs", number(report.at("all"), "recurred"));
  return text;
}

Facts facts_of(const Json& report) {
  const Json& findings = report.at("findings");
  Facts facts{
      {"findings", fmt::format("{} opened: {}", number(findings, "opened"), counts_text(findings.at("states")))},
      {"came back", came_back(report)},
      {"reviews", counts_text(report.at("reviews"))},
      {"people", fmt::format("{}: {}", number(report.at("interventions"), "all"),
                             counts_text(report.at("interventions").at("kinds")))},
      {"hours saved", fmt::format("{}, where a fix by hand takes {}", number(report.at("all"), "hours_saved"),
                                  number(report, "by_hand"))}};
  if (const Json rate = findings.value("false_positive_rate", Json()); rate.is_number()) {
    facts.emplace_back("false positives",
                       fmt::format("{:.3g} %: {} of {} marked", rate.get<double>() * 100,
                                   number(findings, "marked_false_positive"), number(findings, "marked")));
  }
  if (const std::string unverified = number(report.at("all"), "unverified"); unverified != "0") {
    facts.emplace_back("unverified", unverified +
                                         " succeeded, and nothing confirms what a program or call did: with "
                                         "`confirm:` they are fixes, timed and counted as such");
  }
  if (const auto nothing = report.at("all").value("changed_nothing", 0U); nothing != 0) {  // none: an older daemon's
    facts.emplace_back("changed nothing",
                       fmt::format("{} succeeded and only told, asked or waited, which is no fix", nothing));
  }
  if (const std::string undone = number(report.at("all"), "undone"); undone != "0")
    facts.emplace_back("undone", undone);
  if (const auto gone = report.value("runs_gone", 0U); gone != 0) {  // none: an older daemon's
    facts.emplace_back("not kept",
                       fmt::format("{} more: retention has taken their rows, so that no figure here has them, nor what "
                                   "else went with them; `aright audit evidence --run N` still tells of each",
                                   counted(gone, "run")));
  }
  if (report.value("unreadable", 0) != 0) facts.emplace_back("not readable", number(report, "unreadable") + " rows");
  return facts;
}

constexpr std::string_view report_note =
    "Times are from a finding's opening to the verified end of its run; a run belongs to the moment it began. What is "
    "unverified, and what only told, asked or waited, is not among fixes, times and hours. Of what came back, a "
    "workflow's line has the findings that it "
    "answered.";

constexpr std::string_view page_head = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Aright: report</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1a1a1a; background: #fff }
h1 { font-size: 1.6rem; margin-bottom: 0 } .when { color: #555; margin-top: .2rem }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0 } td, th { text-align: left; vertical-align: top; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid #ddd }
th { font-weight: 600; font-size: .85rem } .facts th { width: 9rem } .number { text-align: right; padding-right: 1.5rem; font-variant-numeric: tabular-nums }
</style></head><body>
)html";

/// Of the columns of figures.
constexpr std::string_view number_class(std::size_t column) {
  return column >= 1 && column <= 5 ? " class=\"number\"" : "";
}

std::string page_row(const Cells& cells, std::string_view tag) {
  std::string text = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    text += fmt::format("<{0}{1}>{2}</{0}>", tag, number_class(i), escaped(cells[i]));
  }
  return text + "</tr>\n";
}

}  // namespace

std::string report_text(const Json& report) {
  std::string text = fmt::format("{} to {}\n\n", seconds_text(report, "since"), seconds_text(report, "until"));
  std::vector<Cells> rows = rows_of(report);
  if (rows.empty()) text += "no runs\n";
  if (!rows.empty()) {
    Json docs = Json::array();
    Columns columns;
    for (const std::string& heading : headings()) columns.emplace_back(heading, heading);
    for (const Cells& cells : rows) {
      Json doc;
      for (std::size_t i = 0; i < cells.size(); ++i) doc[headings()[i]] = cells[i];
      docs.push_back(std::move(doc));
    }
    text += show_list(docs, columns, Format::table, "");
  }
  text += '\n';
  for (const auto& [label, fact] : facts_of(report)) text += fmt::format("{:16} {}\n", label, fact);
  return text + fmt::format("\n{}\n", report_note);
}

std::string report_page(const Json& report) {
  std::string text(page_head);
  text += fmt::format("<h1>What Aright did</h1>\n<p class=\"when\">{} to {}</p>\n",
                      escaped(seconds_text(report, "since")), escaped(seconds_text(report, "until")));
  text += "<table class=\"facts\">\n";
  for (const auto& [label, fact] : facts_of(report)) {
    text += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", label, escaped(fact));
  }
  text += "</table>\n<table>\n" + page_row(headings(), "th");
  for (const Cells& cells : rows_of(report)) text += page_row(cells, "td");
  return text + fmt::format("</table>\n<p class=\"when\">{}</p>\n</body></html>\n", report_note);
}

void ReportCommand::add_to(CLI::App& app, const std::function<void(int)>& end) {
  CLI::App* command = app.add_subcommand("report", "What became of everything, in figures");
  command->add_option("--since", since_, "How far back, such as 30d, or a day or time in UTC")
      ->check(a_past_time())
      ->capture_default_str();
  command->add_option("--until", until_, "Only what began before, said in the same way; 2026-12-01 ends with November")
      ->check(a_duration_or_time());
  command->add_option("--by-hand", by_hand_, "What a person would have needed for one fix: what hours saved rest on")
      ->check(a_duration())
      ->capture_default_str();
  command->add_option("-o,--output", output_, "How to print; html: a page")
      ->check(CLI::IsMember({"table", "json", "yaml", "html"}))
      ->default_str("table");
  command->callback([this, end] { end(print()); });
}

int ReportCommand::print() const {
  const auto report = session_.get(
      fmt::format("/v1/report?since={}&by_hand={}{}", since_, by_hand_, until_.empty() ? "" : "&until=" + until_));
  if (!report) return complain(report.error());
  const std::string output = output_.empty() ? format_word(session_.format) : output_;
  if (output == "html") {
    fmt::print("{}", report_page(*report));
  } else if (output == "table") {
    fmt::print("{}", report_text(*report));
  } else {
    fmt::print("{}", show_one(*report, format_of(output)));
  }
  return 0;
}

}  // namespace aright::cli
