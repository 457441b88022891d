#include "api/pauses.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/answers.h"
#include "api/api.h"
#include "api/identity.h"
#include "api/request_body.h"

namespace aright::api {

namespace {

constexpr auto pause_within = std::chrono::seconds{1};

/// Nothing: neither a workflow nor a driver is named.
Result<std::optional<engine::PauseScope>> scope_of(const Json& body) {
  const std::string workflow = body.value("workflow", "");
  const std::string driver = body.value("driver", "");
  if (!workflow.empty() && !driver.empty()) {
    return fail(Errc::invalid, "a pause is of one workflow or of one driver: two pauses stop both");
  }
  if (!workflow.empty()) return engine::PauseScope::workflow(workflow);
  if (!driver.empty()) return engine::PauseScope::driver(driver);
  return std::nullopt;
}

struct Wanted {
  std::string reason;
  std::optional<engine::PauseScope> scope;
};

Result<Wanted> wanted_by(const http::Request& request) {
  const auto body = body_of(request, {"reason", "workflow", "driver"});
  if (!body) return std::unexpected(body.error());
  auto reason = reason_of(*body);
  if (!reason) return std::unexpected(reason.error());
  auto scope = scope_of(*body);
  if (!scope) return std::unexpected(scope.error());
  return Wanted{std::move(*reason), std::move(*scope)};
}

}  // namespace

Json pauses_json(const engine::Status& status) {
  Json list = Json::array();
  for (const engine::Paused& p : status.pauses) {
    list.push_back({{"pause", p.id},
                    {"scope", p.scope.text()},
                    {"origin", p.origin},
                    {"reason", p.reason},
                    {"by", p.by},
                    {"since", rfc3339(p.since)}});
  }
  return list;
}

Json held_back_json(const engine::Status& status) {
  Json list = Json::array();
  for (const engine::PauseScope& scope : status.held_back) list.push_back(scope.text());
  return list;
}

/// It works before it is recorded, and whether there is such a workflow is known only then.
http::Response Api::pause(const http::Request& request) {
  auto wanted = wanted_by(request);
  if (!wanted) return problem(wanted.error());
  if (!request.peer) return problem({Errc::denied, Retry::no, "no identity"});
  const engine::PauseScope scope = wanted->scope.value_or(engine::PauseScope::everything());
  auto future = operators_.submit(engine::Pause{std::move(wanted->reason), scope}, identity_of(*request.peer));
  if (future.wait_for(pause_within) != std::future_status::ready) {
    const bool all = scope == engine::PauseScope::everything();
    return json({{"paused", true},
                 {"scope", scope.text()},
                 {"recorded", false},
                 {"detail", fmt::format("effects {}are stopped now; it will be recorded when the database can be "
                                        "written again{}",
                                        all ? std::string() : "of " + scope.text() + " ",
                                        all ? "" : ", if there is one of that name")}},
                202);
  }
  auto answer = future.get();
  return answer ? json(*answer) : problem(answer.error());
}

http::Response Api::resume(const http::Request& request) {
  auto wanted = wanted_by(request);
  if (!wanted) return problem(wanted.error());
  engine::Resume resume{std::move(wanted->reason)};
  if (wanted->scope) resume.which = *wanted->scope;
  return command(std::move(resume), request);
}

}  // namespace aright::api
