// What people ask: approve, deny, pause, resume, modes.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"

namespace aright::engine {

using workflow::RunInput;

void Core::on(Asked& asked) {
  auto answer = std::visit([&](const auto& command) { return carry_out(command, asked.who); }, asked.command);
  out_.answers.push_back({asked.token, std::move(answer)});
}

void Core::close_review(std::uint64_t review, const std::string& decision, const std::string& by,
                        const std::string& reason) {
  if (!projection_.reviews().contains(review)) return;
  record("review.decided", {{"review", review},
                            {"run", projection_.reviews().at(review).run},
                            {"decision", decision},
                            {"by", by},
                            {"reason", reason}});
}

Result<Json> Core::carry_out(const Approve& command, const Identity& who) {
  const auto found = projection_.reviews().find(command.review);
  if (found == projection_.reviews().end()) {
    return fail(Errc::not_found, fmt::format("no open review {}", command.review));
  }
  const std::uint64_t id = found->second.run;
  const Run* r = run(id);
  if (r == nullptr || r->state == RunState::unknown) {
    close_review(command.review, "approved", who.user, command.reason);
    if (r == nullptr) return Json{{"review", command.review}, {"run", id}, {"state", "acknowledged"}};
    move(*r, RunInput::found_done, who.user + " says it is done");
    return Json{{"review", command.review}, {"run", id}, {"state", "succeeded"}};
  }
  const auto wanted = targets(*r);
  const bool busy = std::ranges::any_of(wanted, [&](const auto& t) { return resource(t.resource).locked_by != 0; });
  if (wanted.empty()) return fail(Errc::invalid, fmt::format("the definition of run {} is no longer stored", id));
  if (busy) return fail(Errc::unavailable, "another run is at work on the resource; ask again", Retry::yes);
  close_review(command.review, "approved", who.user, command.reason);
  lock(id, wanted);
  if (move(*r, RunInput::approve, "approved by " + who.user)) ask_plans(*run(id));
  return Json{{"review", command.review}, {"run", id}, {"state", "planning"}};
}

Result<Json> Core::carry_out(const Deny& command, const Identity& who) {
  const auto found = projection_.reviews().find(command.review);
  if (found == projection_.reviews().end()) {
    return fail(Errc::not_found, fmt::format("no open review {}", command.review));
  }
  const std::uint64_t id = found->second.run;
  close_review(command.review, "denied", who.user, command.reason);
  if (const Run* r = run(id)) {
    move(*r, r->state == RunState::unknown ? RunInput::found_not_done : RunInput::deny,
         fmt::format("denied by {}: {}", who.user, command.reason));
  }
  return Json{{"review", command.review}, {"run", id}, {"state", "denied"}};
}

void Core::expire_reviews() {
  std::vector<std::uint64_t> old;
  for (const auto& [id, review] : projection_.reviews()) {
    if (elapsed_at_most(review.opened, now_) >= review.expires_at - review.opened.wall) old.push_back(id);
  }
  for (const std::uint64_t id : old) {
    const std::uint64_t run_id = projection_.reviews().at(id).run;
    close_review(id, "expired", "aright", "nobody answered in time, which denies");
    const Run* r = run(run_id);
    if (r != nullptr && r->state == RunState::held) move(*r, RunInput::expire, "nobody answered in time, which denies");
  }
}

Result<Json> Core::carry_out(const Pause& command, const Identity& who) {
  record("pause.set", {{"origin", "operator"}, {"reason", command.reason}, {"by", who.user}});
  return Json{{"paused", true}};
}

Result<Json> Core::carry_out(const Resume& command, const Identity& who) {
  for (const char* origin : {"operator", "signal"}) {
    const bool set =
        std::ranges::any_of(projection_.pauses(), [&](const PauseReason& p) { return p.origin == origin; });
    if (set) record("pause.cleared", {{"origin", origin}, {"reason", command.reason}, {"by", who.user}});
  }
  if (paused()) return fail(Errc::denied, "the file `pause` in the state folder still pauses: remove it");
  resumed();
  return Json{{"paused", false}};
}

void Core::resumed() {
  std::vector<std::uint64_t> waiting;
  for (const auto& [id, r] : projection_.runs()) {
    if (r.state == RunState::waiting) waiting.push_back(id);
  }
  for (const std::uint64_t id : waiting) {
    if (move(*run(id), RunInput::resume, "")) advance(id);
  }
}

void Core::on(PauseSeen& seen) {
  const bool set =
      std::ranges::any_of(projection_.pauses(), [&](const PauseReason& p) { return p.origin == seen.origin; });
  if (set == seen.paused) return;
  if (seen.paused) {
    record("pause.set", {{"origin", seen.origin}, {"reason", "paused by " + seen.origin}, {"by", seen.origin}});
    return;
  }
  record("pause.cleared", {{"origin", seen.origin}, {"reason", "gone"}, {"by", seen.origin}});
  if (!paused()) resumed();
}

void Core::on(SpaceSeen& seen) {
  if (seen.low == space_low_) return;
  space_low_ = seen.low;
  record(seen.low ? "space.low" : "space.enough", Json::object());
  if (!seen.low) read_all("space", 0);
}

Result<Json> Core::carry_out(const SetMode& command, const Identity& who) {
  const auto found = std::ranges::find(config_.workflows, command.workflow, &Workflow::name);
  if (found == config_.workflows.end()) return fail(Errc::not_found, "no workflow " + command.workflow);
  if (command.mode > found->mode) {
    return fail(Errc::invalid, fmt::format("mode {} is above the ceiling {} that the file of {} states",
                                           name(command.mode), name(found->mode), command.workflow));
  }
  record("mode.set",
         {{"workflow", command.workflow}, {"mode", name(command.mode)}, {"by", who.user}, {"reason", command.reason}});
  return Json{{"workflow", command.workflow}, {"mode", name(command.mode)}};
}

Result<Json> Core::carry_out(const Rescan& /*command*/, const Identity& /*who*/) {
  read_all("rescan", projection_.entries());
  return Json{{"reading", true}};
}

}  // namespace aright::engine
