// GET /v1/report?since=2026-11-01&until=2026-12-01&by_hand=15m
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "api/each_row.h"
#include "api/gone_runs.h"
#include "api/report.h"

namespace aright::api {

namespace {

constexpr std::string_view since_default = "30d";
constexpr std::string_view by_hand_default = "15m";

std::string asked_or(const http::Request& request, const std::string& key, std::string_view otherwise) {
  const auto found = request.query.find(key);
  return found == request.query.end() ? std::string(otherwise) : found->second;
}

/// What people said of findings lies beside them.
void add_mark(History& history, Json& finding) {
  const auto mark = history.row("mark", finding.value("id", ""));
  if (mark && *mark) finding["mark"] = doc_of(**mark);
}

Result<Json> made(History& history, Report report, GoneRuns gone) {
  const auto all = {std::pair("finding", &Report::add_finding), std::pair("run", &Report::add_run),
                    std::pair("review", &Report::add_review), std::pair("waiver", &Report::add_waiver)};
  for (const auto& [table, add] : all) {
    auto ok = each_row(history, table, [&history, &report, &gone, table, add](Json row) {
      if (std::string_view(table) == "finding") add_mark(history, row);
      if (std::string_view(table) != "run") return (report.*add)(row);
      gone.there(row);
      return (report.*add)(row) || gone.is_in_or_later(row);
    });
    if (!ok) return std::unexpected(ok.error());
  }
  Json doc = report.to_json();
  doc["runs_gone"] = gone.count();
  return doc;
}

/// Of what is still to come nothing is known: `now`, when none is given, or a later one.
Result<WallTime> until_of(const http::Request& request, WallTime since, WallTime now) {
  const auto found = request.query.find("until");
  if (found == request.query.end()) return now;
  const auto until = parse_past(found->second, now);
  if (!until) return fail(Errc::invalid, "until " + until.error().message);
  if (*until <= since) {
    return fail(Errc::invalid, fmt::format("until {} is not after since, {}", found->second, rfc3339(since)));
  }
  return std::min(*until, now);
}

}  // namespace

http::Response Api::report(const http::Request& request) {
  const WallTime now = std::chrono::system_clock::now();
  const auto since = since_of(asked_or(request, "since", since_default), now);
  if (!since) return problem(since.error());
  const auto until = until_of(request, *since, now);
  if (!until) return problem(until.error());
  const auto by_hand = parse_duration(asked_or(request, "by_hand", by_hand_default));
  if (!by_hand) return problem(by_hand.error());
  auto gone = GoneRuns::of(history_, *since, *until);
  if (!gone) return problem(gone.error());
  auto doc = made(history_, Report(*since, *until, *by_hand), *gone);
  return doc ? json(*doc) : problem(doc.error());
}

}  // namespace aright::api
