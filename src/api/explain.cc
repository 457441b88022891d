// What the history adds to the engine's explanation: runs by their number, findings by their id.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "api/event_place_words.h"
#include "api/explain_parts.h"
#include "api/gone_runs.h"

namespace aright::api {

namespace {

/// SOURCE:OFFSET; a path or a file's subject is none, whatever stands at its end.
std::optional<EventPlace> event_place(const std::string& about) {
  const auto colon = about.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  if (about.starts_with('/') || about.starts_with("file:") || about.contains('=')) return std::nullopt;
  const auto offset = as_number(std::string_view(about).substr(colon + 1));
  if (!offset) return std::nullopt;
  return EventPlace{about.substr(0, colon), *offset};
}

bool waits(const std::string& state) { return state == "held" || state == "unknown"; }

std::string run_sentence(const Json& run) {
  const std::string reason = text_of(run, "reason");
  const std::string at = text_of(run, "finished_at");
  return fmt::format("run {} of workflow {} on {}: {}{}{}", run.value("id", std::uint64_t{0}), text_of(run, "workflow"),
                     text_of(run, "subject"), text_of(run, "state"), at.empty() ? "" : " at " + at,
                     reason.empty() ? "" : ": " + reason);
}

std::string finding_sentence(const Json& finding) {
  const std::string state = text_of(finding, "state");
  return fmt::format("finding {} of control {} is {}{}", text_of(finding, "id"), text_of(finding, "control"), state,
                     state == "open" ? "" : ": " + text_of(finding, "resolved_by"));
}

/// Of the finding that a run has answered: which, what differed, and whether it is over.
std::string answered_sentence(const Json& finding) {
  const auto differs = finding.value("differs", std::vector<std::string>());
  const std::string by = text_of(finding, "resolved_by");
  return fmt::format("; it answered finding {} of control {}{}, which is {}{}", text_of(finding, "id"),
                     text_of(finding, "control"),
                     differs.empty() ? std::string() : fmt::format(" ({})", fmt::join(differs, ", ")),
                     text_of(finding, "state"), by.empty() ? "" : ": " + by);
}

}  // namespace

std::string text_of(const Json& doc, const char* key) {
  const auto found = doc.find(key);
  return found != doc.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void add_runs(std::vector<std::string>& sentences, const std::vector<Json>& runs) {
  for (const Json& run : runs) {
    if (!waits(text_of(run, "state"))) sentences.push_back(run_sentence(run));
  }
}

Json with_first(Json answer, std::vector<std::string> sentences) {
  Json& all = answer["sentences"];
  if (!all.is_array()) all = Json::array();
  for (const Json& one : all) sentences.push_back(one.get<std::string>());
  all = std::move(sentences);
  return answer;
}

Result<Json> Api::found(const std::string& table, const std::string& id) {
  auto row = history_.row(table, row_id(table, id));
  if (!row) return std::unexpected(row.error());
  if (!*row && table == "run") return std::unexpected(no_row_of_run(history_, as_number(id).value_or(0)).error());
  if (!*row) return fail(Errc::not_found, fmt::format("no {} {}", table, id));
  return doc_of(**row);
}

/// Of each workflow the newest, among the newest runs of all.
Result<std::vector<Json>> Api::newest_runs(const std::string& field, const std::string& value) {
  auto page = history_.page({.table = "run", .only_open = false, .limit = page_rows_max, .before = {}});
  if (!page) return std::unexpected(page.error());
  std::vector<Json> runs;
  std::set<std::string> workflows;
  for (const Row& row : page->rows) {
    Json doc = doc_of(row);
    if (text_of(doc, field.c_str()) == value && workflows.insert(text_of(doc, "workflow")).second) {
      runs.push_back(std::move(doc));
    }
  }
  return runs;
}

http::Response Api::explain(const std::string& about, const http::Request& request) {
  const auto explained = [&] {
    if (as_number(about)) return explain_run(about, request);
    if (about.starts_with("f-")) return explain_finding(about, request);
    if (const auto place = event_place(about)) {
      return with_words_of_place(explain_event(*place, request), *place, operators_.intakes());
    }
    return explain_subject(about, request);
  };
  const auto answer = explained();
  return answer ? json(*answer) : problem(answer.error());
}

Result<Json> Api::explain_run(const std::string& id, const http::Request& request) {
  const auto run = found("run", id);
  if (!run) return run;
  auto answer = ask(engine::Explain{text_of(*run, "subject")}, request);
  if (!answer || waits(text_of(*run, "state"))) return answer;
  return with_first(std::move(*answer), {run_sentence(*run)});
}

Result<Json> Api::explain_finding(const std::string& id, const http::Request& request) {
  const auto finding = found("finding", id);
  if (!finding) return finding;
  const auto runs = newest_runs("finding", id);
  if (!runs) return std::unexpected(runs.error());
  auto answer = ask(engine::Explain{text_of(*finding, "subject")}, request);
  if (!answer) return answer;
  std::vector<std::string> first;
  if (text_of(*finding, "state") != "open") first.push_back(finding_sentence(*finding));
  add_runs(first, *runs);
  return with_first(std::move(*answer), std::move(first));
}

/// A run that failed is why nothing has changed, and one that succeeded why it is as it is: not where it is wrong
/// again.
Result<Json> Api::explain_subject(const std::string& subject, const http::Request& request) {
  const auto runs = newest_runs("subject", subject.starts_with('/') ? "file:" + subject : subject);
  if (!runs) return std::unexpected(runs.error());
  auto answer = ask(engine::Explain{subject}, request);
  if (!answer) return answer;
  std::vector<std::string> first;
  if (answer->value("controls", Json()) == Json::array()) {  // what is in force knows nothing of it
    auto was = what_was(text_of(*answer, "subject"));
    if (!was) return std::unexpected(was.error());
    first = std::move(*was);
    add_runs(first, *runs);
    return with_first(std::move(*answer), std::move(first));
  }
  const bool wrong = std::ranges::any_of(answer->value("controls", Json::array()), [](const Json& control) {
    return !control.value("finding", Json()).is_null();
  });
  for (const Json& run : *runs) {
    const std::string state = text_of(run, "state");
    if (state == "failed" || state == "rolled_back" || state == "rollback_failed") first.push_back(run_sentence(run));
    if (state != "succeeded" || wrong) continue;
    auto row = history_.row("finding", row_id("finding", text_of(run, "finding")));
    if (!row) return std::unexpected(row.error());
    first.push_back(run_sentence(run) + (*row ? answered_sentence(doc_of(**row)) : std::string()));
  }
  return with_first(std::move(*answer), std::move(first));
}

/// Of each control the newest finding on the subject, among the newest of all.
Result<std::vector<std::string>> Api::what_was(const std::string& subject) {
  auto page = history_.page({.table = "finding", .only_open = false, .limit = page_rows_max, .before = {}});
  if (!page) return std::unexpected(page.error());
  std::vector<std::string> sentences;
  std::set<std::string> controls;
  for (const Row& row : page->rows) {
    const Json doc = doc_of(row);
    if (text_of(doc, "subject") != subject || !controls.insert(text_of(doc, "control")).second) continue;
    sentences.push_back(finding_sentence(doc));
  }
  return sentences;
}

}  // namespace aright::api
