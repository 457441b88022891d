#include "api/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/answers.h"
#include "api/descent.h"
#include "api/gone_runs.h"
#include "api/identity.h"
#include "api/notifications.h"
#include "api/pauses.h"
#include "api/request_body.h"
#include "api/sources.h"
#include "engine/open_run_text.h"
#include "model/port/reserve.h"

namespace aright::api {

namespace {

constexpr auto decision_within = std::chrono::seconds{10};
constexpr std::uint32_t run_entries_max = 1000;
constexpr std::uint32_t list_default = 100;

/// "until" a point in time (a day stands for its first moment, UTC), or "for" so long.
Result<std::variant<WallTime, Nanos>> end_of(const Json& body) {
  const std::string until = body.value("until", "");
  const std::string span = body.value("for", "");
  if (until.empty() == span.empty()) {
    return fail(Errc::invalid, "a waiver needs its end: either `until` a time or `for` so long");
  }
  if (!span.empty()) {
    auto parsed = parse_duration(span);
    if (!parsed) return std::unexpected(parsed.error());
    return *parsed;
  }
  const auto time = parse_day_or_time(until);
  if (!time) {
    return fail(Errc::invalid, fmt::format("until \"{}\" is no time; try 2026-12-01 or 2026-12-01T08:00:00Z", until));
  }
  return *time;
}

/// Of those that cannot be read as they should.
Json troubled(const Json& sources) {
  Json all = Json::array();
  for (const Json& one : sources) {
    if (const std::string why = one.value("trouble", "");
        !why.empty() && (one.value("configured", false) || one.contains("troubles"))) {
      all.push_back({{"source", one.value("source", "")}, {"trouble", why}});
    }
  }
  return all;
}

Json witnesses_json(const std::vector<WitnessView>& witnesses) {
  Json all = Json::array();
  for (const WitnessView& w : witnesses) {
    all.push_back({{"witness", w.name}, {"signed", w.size}, {"waiting", w.waiting}, {"trouble", w.trouble}});
  }
  return all;
}

/// Empty: it is.
std::string why_not_ready(const engine::Status& status, const WatchView& watch) {
  if (!status.store_trouble.empty()) return status.store_trouble;
  if (status.no_space) return lives_on_reserve;
  if (!status.ready) return "still starting";
  return watch.shown.empty() ? std::string() : watch.shown.front();
}

Json status_json(const engine::Status& s, const WatchView& watch, const Json& sources,
                 const std::vector<WitnessView>& witnesses) {
  Json runs = Json::object();
  for (const auto& [state, number] : s.runs_total) runs[state] = number;
  Json verdicts = Json::object();
  for (const auto& [key, number] : s.verdicts_total) verdicts[key] = number;
  Json unreadable = Json::array();
  const Json troubles = troubled(sources);
  for (const auto& [subject, error] : s.unreadable) unreadable.push_back({{"subject", subject}, {"error", error}});
  Json capped = Json::array();
  for (const auto& [workflow, why] : s.capped) capped.push_back({{"workflow", workflow}, {"why", why}});
  Json due = Json::array();
  for (const auto& [definition, why] : s.due) due.push_back({{"definition", definition}, {"why", why}});
  const std::string not_ready = why_not_ready(s, watch);
  return {{"ready", not_ready.empty()},
          {"not_ready", not_ready},
          {"version", ARIGHT_VERSION},
          {"paused", s.paused},
          {"pauses", pauses_json(s)},
          {"held_back", held_back_json(s)},
          {"no_space", s.no_space},
          {"crowding", s.crowding},
          {"store_trouble", s.store_trouble},
          {"troubled_sources", troubles.size()},
          {"source_troubles", troubles},
          {"notifiers", notifiers_json(s.notifiers)},
          {"failing_notifiers", failing_json(s.notifiers)},
          {"audit_entries", s.entries},
          {"audit_signed", s.checkpoint_size},
          {"witnesses", witnesses_json(witnesses)},
          {"inconclusive", s.inconclusive},
          {"unreadable", unreadable},
          {"unwatched", watch.shown},
          {"unwatched_files", watch.files},
          {"refused_ids", s.refused_ids_total},
          {"findings_open", s.findings_open},
          {"runs_open", s.runs_open},
          {"reviews_open", s.reviews_open},
          {"waivers", s.waivers},
          {"events", s.events_total},
          {"reads", s.reads_total},
          {"effects", s.effects_total},
          {"unverified", s.unverified_total},
          {"commits", s.commits_total},
          {"source_gaps", s.source_gaps_total},
          {"log_events", s.log_events_total},
          {"malformed", s.malformed_total},
          {"waived_events", s.waived_events_total},
          {"runs_delayed", s.delayed_total},
          {"snapshot_trouble", s.snapshot_trouble},
          {"reloads", s.reloads_total},
          {"reload_refusal", s.reload_refusal},
          {"capped", capped},
          {"due", due},
          {"runs", runs},
          {"verdicts", verdicts}};
}

/// Beside what was recorded: what it waits for changes without an entry.
void add_wait(Json& run, const engine::Waits& waits) {
  const auto state = parse_run_state(run.value("state", ""));
  const std::string recorded = run.value("reason", "");
  if (!state) return;
  std::string why = waits.reason(run.value("id", std::uint64_t{0}), run.value("workflow", ""), *state, recorded);
  if (why != recorded) run["reason"] = std::move(why);
  const auto cancel = run.find("cancel_asked");
  if (*state != RunState::running || cancel == run.end() || !cancel->is_string()) return;
  run["reason"] = engine::ending_text(cancel->get<std::string>());
}

/// Of an address that is asked from outside.
http::Response no_such_method(const http::Request& request) {
  return http::problem(405, fmt::format("{} is only read", request.path), {{"Allow", "GET, HEAD"}});
}

}  // namespace

http::Response Api::open(const http::Request& request) {
  const engine::Status status = operators_.status();
  const bool known = request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics";
  const bool read = request.method == "GET" || request.method == "HEAD";
  if (!known) return no_such_path(request);
  if (!read) return no_such_method(request);
  if (request.path == "/healthz") return {200, "text/plain", "ok\n"};
  if (request.path == "/readyz") {
    const std::string why = why_not_ready(status, watch_());
    return {why.empty() ? 200U : 503U, "text/plain", why.empty() ? "ready\n" : "not ready: " + why + "\n"};
  }
  return {
      200, "text/plain; version=0.0.4; charset=utf-8",
      metrics_text(status, servers_(), sources_json(operators_.intakes(), sources_(), false), watch_(), witnesses_())};
}

http::Response Api::local(const http::Request& request) {
  const bool posts = request.method == "POST";
  return posts ? post(request) : request.method == "GET" ? get(request) : no_such_path(request);
}

http::Response Api::list(const http::Request& request, PageRequest wanted) {
  const std::string& table = wanted.table;
  wanted.limit = list_default;
  if (const auto limit = request.query.find("limit"); limit != request.query.end()) {
    const auto number = as_number(limit->second);
    if (!number || *number == 0 || *number > page_rows_max)
      return problem({Errc::invalid, Retry::no, fmt::format("limit must be 1 to {}", page_rows_max)});
    wanted.limit = static_cast<std::uint32_t>(*number);
  }
  if (const auto before = request.query.find("before"); before != request.query.end()) {
    if (before->second.empty()) return problem({Errc::invalid, Retry::no, "before must be an id of the list"});
    wanted.before = row_id(table, before->second);
  }
  auto page = history_.page(wanted);
  if (!page) return problem(page.error());
  Json docs = Json::array();
  for (const Row& row : page->rows) docs.push_back(doc_of(row));
  if (table == "run") {
    const engine::Waits waits = operators_.status().waits;
    for (Json& run : docs) {
      add_wait(run, waits);
      if (auto ok = add_undone(run); !ok) return problem(ok.error());
      if (auto ok = hide_erased(run); !ok) return problem(ok.error());
    }
  }
  if (table == "finding") {
    for (Json& finding : docs) {
      if (auto ok = hide_erased_title(finding); !ok) return problem(ok.error());
    }
  }
  if (table == "review") {
    for (Json& review : docs) {
      if (auto ok = note_outdated(review); !ok) return problem(ok.error());
    }
  }
  if (table == "notification") {
    for (Json& notice : docs) {
      if (auto ok = hide_erased_notice(notice); !ok) return problem(ok.error());
    }
  }
  return json(list_json(std::move(docs), page->more));
}

http::Response Api::show_run(const std::string& id) {
  const auto number = as_number(id);
  if (!number) return problem({Errc::invalid, Retry::no, "a run is named by its number, not \"" + id + "\""});
  auto row = history_.row("run", row_id("run", id));
  if (!row) return problem(row.error());
  if (!*row) return problem(no_row_of_run(history_, *number).error());
  auto entries = history_.entries_of_run(*number, run_entries_max);
  auto checkpoint = history_.newest_checkpoint();
  if (!entries) return problem(entries.error());
  if (!checkpoint) return problem(checkpoint.error());
  Json doc = doc_of(**row);
  add_wait(doc, operators_.status().waits);
  if (auto ok = add_undone(doc); !ok) return problem(ok.error());
  add_differs(doc);
  if (auto ok = add_asked(doc); !ok) return problem(ok.error());
  if (auto ok = hide_erased(doc); !ok) return problem(ok.error());
  if (auto ok = add_states(doc); !ok) return problem(ok.error());
  doc["entries"] = Json::array();
  for (const Entry& entry : *entries) {
    auto parsed = parse_own_json(entry.bytes);
    if (!parsed) continue;
    if (auto ok = hide_erased_entry(doc, *parsed); !ok) return problem(ok.error());
    doc["entries"].push_back(std::move(*parsed));
  }
  doc["signed_entries"] = *checkpoint ? (*checkpoint)->size : 0;
  return json(doc);
}

http::Response Api::notifications(const http::Request& request) {
  if (const auto found = below(request.path, "/v1/notifications/")) {
    auto row = history_.row("notification", row_id("notification", found->id));
    if (!row) return problem(row.error());
    if (!*row) return problem({Errc::not_found, Retry::no, "no notification " + found->id});
    Json notice = doc_of(**row);
    if (auto ok = hide_erased_notice(notice); !ok) return problem(ok.error());
    return json(notice);
  }
  if (request.path != "/v1/notifications") return no_such_path(request);
  for (const char* state : {"dead", "queued"}) {
    if (!request.query.contains(state)) continue;
    return list(request, {.table = "notification", .only_open = true, .before = {}, .texts = {{"state", {state}}}});
  }
  return list(request, {.table = "notification", .only_open = !request.query.contains("all"), .before = {}});
}

http::Response Api::status() const {
  Json said =
      status_json(operators_.status(), watch_(), sources_json(operators_.intakes(), sources_(), false), witnesses_());
  said["started_at"] = rfc3339(started_);
  said["config"] = config_.folder;
  said["root"] = config_.root;
  return json(said);
}

http::Response Api::get(const http::Request& request) {
  const bool all = request.query.contains("all");
  if (request.path == "/v1/status") return status();
  if (request.path == "/v1/sources") return json(list_json(sources_json(operators_.intakes(), sources_(), false), 0));
  if (const auto found = below(request.path, "/v1/sources/")) return show_source(*found, request);
  if (request.path == "/v1/findings") return list(request, {.table = "finding", .only_open = !all, .before = {}});
  if (request.path == "/v1/runs") return list_runs(request);
  if (request.path == "/v1/reviews") return list(request, {.table = "review", .only_open = !all, .before = {}});
  if (request.path == "/v1/waivers") return list(request, {.table = "waiver", .only_open = !all, .before = {}});
  if (request.path.starts_with("/v1/notifications")) return notifications(request);
  if (request.path == "/v1/report") return report(request);
  if (request.path == "/v1/pauses") return json(list_json(pauses_json(operators_.status()), 0));
  for (const char* kind : {"workflow", "control", "team"}) {
    if (request.path == fmt::format("/v1/{}s", kind)) return list_definitions(kind);
  }
  if (const auto found = below(request.path, "/v1/workflows/")) return show_definition("workflow", found->id);
  if (const auto found = below(request.path, "/v1/controls/")) return show_definition("control", found->id);
  if (const auto found = below(request.path, "/v1/teams/")) return show_definition("team", found->id);
  if (const auto found = below(request.path, "/v1/findings/")) return show_finding(found->id);
  if (const auto found = below(request.path, "/v1/runs/")) return show_run(found->id);
  if (const auto found = below(request.path, "/v1/reviews/")) return show_review(found->id);
  if (const auto found = below(request.path, "/v1/audit/prove/")) {
    const auto seq = as_number(found->id);
    if (!seq) return problem({Errc::invalid, Retry::no, "an entry is named by its number, not \"" + found->id + "\""});
    auto proof = prove_(*seq);
    return proof ? json(*proof) : problem(proof.error());
  }
  return no_such_path(request);
}

/// What the engine says, when it is durable.
Result<Json> Api::ask(engine::Command command, const http::Request& request) {
  if (!request.peer) return fail(Errc::denied, "no identity");
  engine::Identity who = identity_of(*request.peer);
  who.break_glass = request.query.contains("break_glass");
  auto future = operators_.submit(std::move(command), std::move(who));
  if (future.wait_for(decision_within) != std::future_status::ready) {
    return fail(Errc::timeout, "the decision could not be stored within 10 s; it may still be", Retry::yes);
  }
  return future.get();
}

http::Response Api::command(engine::Command command, const http::Request& request) {
  auto answer = ask(std::move(command), request);
  return answer ? json(*answer) : problem(answer.error());
}

http::Response Api::reload(const http::Request& request) {
  if (!request.peer) return problem({Errc::denied, Retry::no, "no identity"});
  auto answer = reload_(identity_of(*request.peer));
  return answer ? json(*answer) : problem(answer.error());
}

http::Response Api::add_waiver(const http::Request& request) {
  auto body = body_of(request, {"control", "subject", "reason", "owner", "until", "for"});
  if (!body) return problem(body.error());
  auto reason = reason_of(*body);
  if (!reason) return problem(reason.error());
  auto end = end_of(*body);
  if (!end) return problem(end.error());
  return command(
      engine::Waive{body->value("control", ""), body->value("subject", ""), *reason, body->value("owner", ""), *end},
      request);
}

/// Reading and stopping is open to everybody who can ask; whatever else a post does is a decision.
http::Response Api::post(const http::Request& request) {
  const bool decides = request.path != "/v1/explain" && request.path != "/v1/pause";
  if (decides && request.peer) {
    if (std::string why = why_not_to_decide(*request.peer); !why.empty()) {
      return problem({Errc::denied, Retry::no, std::move(why)});
    }
  }
  if (request.path == "/v1/explain") {
    const auto asked = body_of(request, {"about"});
    return asked ? explain(asked->value("about", ""), request) : problem(asked.error());
  }
  if (request.path == "/v1/waivers") return add_waiver(request);
  if (request.path == "/v1/contents/erase") return erase(request);
  if (request.path == "/v1/pause") return pause(request);
  if (request.path == "/v1/resume") return resume(request);
  if (request.path.starts_with("/v1/notifications/")) {
    auto asked = notification_command(request);
    if (!asked) return problem(asked.error());
    return *asked ? command(std::move(**asked), request) : no_such_path(request);
  }
  if (const auto named = below(request.path, "/v1/runs/")) return change_run(*named, request);
  if (const auto named = below(request.path, "/v1/reviews/")) return answer_review(*named, request);
  if (const auto named = below(request.path, "/v1/findings/")) return mark_finding(*named, request);
  auto body = body_of(request, {"reason", "mode", "untested"});
  if (!body) return problem(body.error());
  if (request.path == "/v1/rescan") return command(engine::Rescan{}, request);
  if (request.path == "/v1/reload") return reload(request);
  auto reason = reason_of(*body);
  if (!reason) return problem(reason.error());
  for (const char* kind : {"workflow", "control", "team"}) {
    const auto found = below(request.path, fmt::format("/v1/{}s/", kind));
    if (found && found->verb == "reviewed") return command(engine::Reviewed{kind, found->id, *reason}, request);
  }
  if (const auto found = below(request.path, "/v1/waivers/"); found && found->verb == "remove") {
    if (const auto waiver = as_number(found->id)) return command(engine::Unwaive{*waiver, *reason}, request);
  }
  if (const auto found = below(request.path, "/v1/pauses/"); found && found->verb == "resume") {
    if (const auto pause = as_number(found->id)) return command(engine::Resume{*reason, *pause}, request);
  }
  if (const auto found = below(request.path, "/v1/workflows/"); found && found->verb == "mode") {
    const auto mode = parse_mode(body->value("mode", ""));
    if (!mode) return problem({Errc::invalid, Retry::no, "mode must be off, observe, plan, propose or auto"});
    const std::string untested = body->value("untested", "");
    if (!untested.empty() && untested != "yes") return problem({Errc::invalid, Retry::no, "untested is yes or absent"});
    return command(engine::SetMode{found->id, *mode, *reason, !untested.empty()}, request);
  }
  return no_such_path(request);
}

}  // namespace aright::api
