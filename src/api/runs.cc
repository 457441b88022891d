// What a person asks of one run. Ended ones the engine has forgotten: the history tells of them.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "api/request_body.h"
#include "model/run.h"

namespace aright::api {

namespace {

Result<Done> not_ended(const Json& run, const std::string& verb) {
  const auto state = parse_run_state(run.value("state", ""));
  if (!state || !is_final(*state)) return Done{};
  return fail(Errc::conflict, fmt::format("run {} has ended: {}; nothing is left to {}",
                                          run.value("id", std::uint64_t{0}), name(*state), verb));
}

Result<engine::Command> command_of(const Json& run, const std::string& verb, const Json& body) {
  const auto id = run.value("id", std::uint64_t{0});
  auto reason = reason_of(body);
  if (!reason) return std::unexpected(reason.error());
  if (body.contains("as") && verb != "resolve") return fail(Errc::invalid, "field \"as\" is for resolve");
  if (verb == "retry") {
    return engine::RetryRun{id, run.value("finding", ""), run.value("workflow", ""), std::move(*reason)};
  }
  if (auto open = not_ended(run, verb); !open) return std::unexpected(open.error());
  if (verb == "cancel") return engine::CancelRun{id, std::move(*reason)};
  const std::string as = body.value("as", "");
  if (as != "done" && as != "not-done") return fail(Errc::invalid, "as must be done or not-done");
  return engine::ResolveRun{id, as == "done", std::move(*reason)};
}

}  // namespace

http::Response Api::change_run(const Below& named, const http::Request& request) {
  if (named.verb != "cancel" && named.verb != "retry" && named.verb != "resolve") return no_such_path(request);
  if (!as_number(named.id)) {
    return problem({Errc::invalid, Retry::no, "a run is named by its number, not \"" + named.id + "\""});
  }
  const auto body = body_of(request, {"reason", "as"});
  if (!body) return problem(body.error());
  const auto run = found("run", named.id);
  if (!run) return problem(run.error());
  auto asked = command_of(*run, named.verb, *body);
  return asked ? command(std::move(*asked), request) : problem(asked.error());
}

}  // namespace aright::api
