// POST /v1/contents/erase: the contents of one subject, for good.
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "api/answers.h"
#include "api/api.h"
#include "api/each_row.h"
#include "api/request_body.h"
#include "model/finding.h"
#include "model/kept_contents.h"

namespace aright::api {

namespace {

constexpr std::size_t erased_max = 100'000;  ///< at once: they go in one commit
constexpr std::uint32_t entries_of_run_max = 10'000;

/// What is stored about one subject.
struct About {
  std::set<std::string> contents, workflows, controls;
  std::vector<Run> runs;
};

/// Of steps on it, and of every step of a run about it.
void add_run(const Json& doc, const std::string& subject, About& about) {
  auto run = Run::from_json(doc);
  if (!run) return;  // `audit verify` tells of it
  bool concerns = run->subject == subject;
  for (const RunStep& step : run->steps) {
    if (run->subject != subject && step.resource.text() != subject) continue;
    add_contents(step, about.contents);
    concerns = true;
  }
  if (!concerns) return;
  about.workflows.insert(run->workflow);
  about.controls.insert(run->control);
  about.runs.push_back(std::move(*run));
}

/// Values in public: a difference, what was asked for, and a message with one.
bool tells(const Json& entry, const std::string& subject, bool about_it) {
  const std::string kind = entry.value("kind", "");
  if (kind == "notification.queued") return about_it && entry.value("text", "").contains(subject);
  if (kind == "step.intended" || kind == "step.confirming") {
    return about_it && (entry.contains("arguments") || entry.contains("url"));
  }
  if (kind != "step.planned") return false;
  const Json plan = entry.value("plan", Json::object());
  return (about_it || plan.value("resource", "") == subject) && !plan.value("difference", Json::array()).empty();
}

Result<std::uint64_t> entries_that_tell(History& history, const Run& run, const std::string& subject) {
  const auto entries = history.entries_of_run(run.id, entries_of_run_max);
  if (!entries) return std::unexpected(entries.error());
  std::uint64_t count = 0;
  for (const Entry& entry : *entries) {
    const auto doc = parse_json(entry.bytes);
    if (doc && tells(*doc, subject, run.subject == subject)) ++count;
  }
  return count;
}

void add_finding(const Json& doc, const std::string& subject, About& about) {
  const auto finding = Finding::from_json(doc);
  if (!finding || finding->subject != subject) return;
  if (finding->evidence) about.contents.insert(finding->evidence->id);
  about.controls.insert(finding->control);
}

Result<engine::Erase> contents_of(History& history, const std::string& subject) {
  About about;
  auto ok = each_row(history, "run", [&](const Json& run) {
    add_run(run, subject, about);
    return true;
  });
  if (!ok) return std::unexpected(ok.error());
  ok = each_row(history, "finding", [&](const Json& finding) {
    add_finding(finding, subject, about);
    return true;
  });
  if (!ok) return std::unexpected(ok.error());
  engine::Erase erase{.subject = subject, .reason = {}, .contents = {}};
  erase.workflows.assign(about.workflows.begin(), about.workflows.end());
  erase.controls.assign(about.controls.begin(), about.controls.end());
  for (const Run& run : about.runs) {
    const auto told = entries_that_tell(history, run, subject);
    if (!told) return std::unexpected(told.error());
    erase.told += *told;
  }
  for (const std::string& id : about.contents) {
    auto blob = history.blob(id);
    if (!blob) return std::unexpected(blob.error());
    if (!*blob) continue;
    erase.more = erase.contents.size() == erased_max;
    if (erase.more) break;
    erase.contents.push_back(id);
  }
  return erase;
}

}  // namespace

http::Response Api::erase(const http::Request& request) {
  const auto body = body_of(request, {"subject", "reason"});
  if (!body) return problem(body.error());
  auto reason = reason_of(*body);
  if (!reason) return problem(reason.error());
  const std::string asked = body->value("subject", "");
  if (asked.empty()) return problem({Errc::invalid, Retry::no, "whose contents? `subject` is missing"});
  const std::string subject = asked.starts_with('/') ? "file:" + asked : asked;
  auto erase = contents_of(history_, subject);
  if (!erase) return problem(erase.error());
  erase->reason = std::move(*reason);
  return command(std::move(*erase), request);
}

}  // namespace aright::api
