// What a person asks of one run. Ended ones the engine has forgotten: the history tells of them.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "api/request_body.h"
#include "base/diagnostic.h"
#include "engine/record.h"
#include "engine/unknown_name.h"
#include "model/run.h"

namespace aright::api {

namespace {

Result<Done> not_ended(const Json& run, const std::string& verb) {
  const auto state = parse_run_state(run.value("state", ""));
  if (!state || !is_final(*state)) return Done{};
  return fail(Errc::conflict, fmt::format("run {} has ended: {}; nothing is left to {}",
                                          run.value("id", std::uint64_t{0}), name(*state), verb));
}

Result<engine::Command> undo_of(std::uint64_t id, const Json& body) {
  engine::UndoRun undo;
  undo.run = id;
  for (const auto& [field, into] : {std::pair("partial", &undo.partial), std::pair("plan", &undo.plan_only)}) {
    if (!body.contains(field)) continue;
    if (body.value(field, "") != "yes") return fail(Errc::invalid, fmt::format("{} must be yes, or absent", field));
    *into = true;
  }
  const auto waive = span_of(body, "waive");
  if (!waive) return std::unexpected(waive.error());
  undo.waive = *waive;
  if (undo.plan_only) return undo;  // nothing is decided
  auto reason = reason_of(body);
  if (!reason) return std::unexpected(reason.error());
  undo.reason = std::move(*reason);
  return undo;
}

Result<engine::Command> command_of(const Json& run, const std::string& verb, const Json& body) {
  const auto id = run.value("id", std::uint64_t{0});
  if (verb == "undo") return undo_of(id, body);
  for (const char* field : {"waive", "partial", "plan"}) {
    if (body.contains(field)) return fail(Errc::invalid, fmt::format("field \"{}\" is for undo", field));
  }
  auto reason = reason_of(body);
  if (!reason) return std::unexpected(reason.error());
  if (body.contains("as") && verb != "resolve") return fail(Errc::invalid, "field \"as\" is for resolve");
  if (verb == "retry" && run.contains("undoes")) {
    return fail(Errc::conflict, fmt::format("run {} undoes run {}: `runs undo {}` tries that again", id,
                                            run.at("undoes").dump(), run.at("undoes").dump()));
  }
  if (verb == "retry") {
    return engine::RetryRun{id, run.value("finding", ""), run.value("workflow", ""), std::move(*reason)};
  }
  if (auto open = not_ended(run, verb); !open) return std::unexpected(open.error());
  if (verb == "cancel") return engine::CancelRun{id, std::move(*reason)};
  const std::string as = body.value("as", "");
  if (as != "done" && as != "not-done") return fail(Errc::invalid, "as must be done or not-done");
  return engine::ResolveRun{id, as == "done", std::move(*reason)};
}

/// "failed,held"
Result<std::vector<std::string>> run_states_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    if (!parse_run_state(words.back())) {
      const std::string word = engine::line(words.back());
      return fail(Errc::invalid,
                  fmt::format("no run is ever `{}`; {}", word, suggest(word, run_state_names(), "states")));
    }
    begin = end + 1;
  }
  return words;
}

}  // namespace

/// One that is in force, or has runs from before.
Result<std::string> Api::known_workflow(const std::string& name) {
  std::vector<std::string> known;
  for (const Json& doc : operators_.definitions().value("workflows", Json::array())) {
    known.push_back(doc.value("workflow", ""));
    if (known.back() == name) return name;
  }
  const auto ran = history_.page({.table = "run", .limit = 1, .before = {}, .texts = {{"workflow", {name}}}});
  if (!ran) return std::unexpected(ran.error());
  if (!ran->rows.empty()) return name;
  return engine::no_such("workflow", name, known);
}

/// ?open, ?workflow=NAME, ?state=failed,held, ?since=2h: what is left of them is what is paged through.
http::Response Api::list_runs(const http::Request& request) {
  PageRequest wanted{.table = "run", .only_open = request.query.contains("open"), .before = {}};
  if (const auto workflow = request.query.find("workflow"); workflow != request.query.end()) {
    const auto name = known_workflow(workflow->second);
    if (!name) return problem(name.error());
    wanted.texts["workflow"] = {*name};
  }
  if (const auto states = request.query.find("state"); states != request.query.end()) {
    auto words = run_states_of(states->second);
    if (!words) return problem(words.error());
    wanted.texts["state"] = std::move(*words);
  }
  if (const auto since = request.query.find("since"); since != request.query.end()) {
    const auto time = since_of(since->second, std::chrono::system_clock::now());
    if (!time) return problem(time.error());
    wanted.since = rfc3339(*time);
  }
  return list(request, std::move(wanted));
}

/// The run that has undone it, if one has.
Result<Done> Api::add_undone(Json& run) {
  auto row = history_.row("undone", row_id("run", run.value("id", Json()).dump()));
  if (!row) return std::unexpected(row.error());
  if (!*row) return Done{};
  const Json doc = doc_of(**row);
  if (doc.contains("by")) run["undone_by"] = doc.at("by");  // else by none; one has taken back a part
  return Done{};
}

/// By what its finding named: of a file whose content is kept back that is all that says which key it is.
void Api::add_differs(Json& run) {
  if (run.contains("undoes")) return;
  const auto finding = found("finding", run.value("finding", ""));
  if (!finding || finding->contains("evidence")) return;
  const Json differs = finding->value("differs", Json::array());
  if (!differs.empty()) run["differs"] = differs;
}

http::Response Api::change_run(const Below& named, const http::Request& request) {
  if (named.verb != "cancel" && named.verb != "retry" && named.verb != "resolve" && named.verb != "undo") {
    return no_such_path(request);
  }
  if (!as_number(named.id)) {
    return problem({Errc::invalid, Retry::no, "a run is named by its number, not \"" + named.id + "\""});
  }
  const auto body = body_of(request, {"reason", "as", "waive", "partial", "plan"});
  if (!body) return problem(body.error());
  const auto run = found("run", named.id);
  if (!run) return problem(run.error());
  auto asked = command_of(*run, named.verb, *body);
  return asked ? command(std::move(*asked), request) : problem(asked.error());
}

}  // namespace aright::api
