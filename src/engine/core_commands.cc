// What people ask: approve, deny, modes.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "engine/outdated.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

/// What a person's hand in it is called in the figures; empty: it is none.
template <typename Kind>
constexpr std::string_view intervention() {
  if constexpr (std::is_same_v<Kind, Approve>) return "approve";
  if constexpr (std::is_same_v<Kind, Deny>) return "deny";
  if constexpr (std::is_same_v<Kind, Pause>) return "pause";
  if constexpr (std::is_same_v<Kind, SetMode>) return "set-mode";
  if constexpr (std::is_same_v<Kind, Waive>) return "waive";
  if constexpr (std::is_same_v<Kind, CancelRun>) return "cancel";
  if constexpr (std::is_same_v<Kind, ResolveRun>) return "resolve";
  return {};
}

}  // namespace

void Core::on(Asked& asked) {
  if (const auto* question = std::get_if<Explain>(&asked.command)) return look(asked.token, *question);
  if (const auto* again = std::get_if<RetryRun>(&asked.command)) return retry(asked.token, *again, asked.who);
  auto answer = std::visit(
      [&](const auto& command) -> Result<Json> {
        using Kind = std::decay_t<decltype(command)>;
        if constexpr (std::is_same_v<Kind, Explain> || std::is_same_v<Kind, RetryRun>) {
          return fail(Errc::invalid, "is answered when the subject has been read");
        } else if constexpr (std::is_same_v<Kind, Forget> || std::is_same_v<Kind, Erase>) {
          auto going = to_go(projection_, command, asked.who);
          if (!going) return std::unexpected(going.error());
          if (!going->what.empty()) record(going->kind, std::move(going->entry));
          out_.gone.add(std::move(going->what));
          return std::move(going->answer);
        } else {
          auto done = carry_out(command, asked.who);
          if (constexpr auto kind = intervention<Kind>(); done && !kind.empty()) figures_.keys->intervened(kind);
          return done;
        }
      },
      asked.command);
  out_.answers.push_back({asked.token, std::move(answer)});
}

void Core::close_review(std::uint64_t review, const std::string& decision, const std::string& by,
                        const std::string& reason, const std::vector<std::string>& groups) {
  if (!projection_.reviews().contains(review)) return;
  Fields fields{{"review", review},
                {"run", projection_.reviews().at(review).run},
                {"decision", decision},
                {"by", line(by)},
                {"reason", line(reason)}};
  if (!groups.empty()) fields["groups"] = short_list(groups);
  figures_.keys->reviewed(decision);
  record("review.decided", std::move(fields));
}

namespace {

/// The run has ended; the review only asks a person to look.
Result<Json> noted(std::uint64_t review, std::uint64_t run) {
  return Json{{"review", review},
              {"run", run},
              {"state", "noted"},
              {"note",
               "the run has ended; nothing more is done by itself while it reads as it does. rescan tries again, "
               "through the guards"}};
}

}  // namespace

namespace {

/// A yes would have to mean that it has happened, which is not what it means of any other review.
std::unexpected<Error> in_doubt(const Run& r) {
  return fail(Errc::conflict,
              fmt::format("run {} is unknown: whether its effect happened is for whoever has looked to say, not to "
                          "approve; `aright runs resolve {} --as done|not-done`",
                          r.id, r.id));
}

}  // namespace

Result<Json> Core::carry_out(const Approve& command, const Identity& who) {
  const auto found = projection_.reviews().find(command.review);
  if (found == projection_.reviews().end()) {
    return fail(Errc::not_found, fmt::format("no open review {}", command.review));
  }
  const std::uint64_t id = found->second.run;
  const Run* r = run(id);
  if (r == nullptr) {
    close_review(command.review, "approved", who.user, command.reason, who.groups);
    return noted(command.review, id);
  }
  if (r->state == RunState::unknown) return in_doubt(*r);
  if (draining_) return fail(Errc::unavailable, "stopping; ask again after the start", Retry::yes);
  if (const Waiver* waiver = waiver_of(*r)) {
    return fail(Errc::denied, waiver->text() + " is in force for it: remove the waiver first, or deny");
  }
  const auto wanted = locks_of(*r);
  const bool busy = std::ranges::any_of(wanted, [&](const ResourceId& w) { return resource(w).locked_by != 0; });
  if (targets(*r).empty()) return fail(Errc::invalid, fmt::format("the definition of run {} is no longer stored", id));
  if (const std::string why = protected_target(*r); !why.empty()) {
    return fail(Errc::denied, why + ": no approval lets it go; deny it and mend the configuration");
  }
  if (busy) return fail(Errc::unavailable, "another run is at work on the resource; ask again", Retry::yes);
  close_review(command.review, "approved", who.user, command.reason, who.groups);
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
  const Run* r = run(id);
  if (r != nullptr && r->state == RunState::unknown) return resolve_doubt(*r, false, command.reason, who);
  close_review(command.review, "denied", who.user, command.reason, who.groups);
  if (r == nullptr) return noted(command.review, id);
  move(*r, RunInput::deny, fmt::format("denied by {}: {}", who.user, command.reason));
  return Json{{"review", command.review},
              {"run", id},
              {"state", "denied"},
              {"note", "holds while it reads as it did; another state is answered anew, through the guards"}};
}

/// Only what waits for an approval expires; a doubt waits until a person has looked.
void Core::expire_reviews() {
  for (const std::uint64_t id : projection_.open_reviews().over(now_)) {
    const std::uint64_t run_id = projection_.reviews().at(id).run;
    const Run* r = run(run_id);
    if (r == nullptr || r->state != RunState::held) {
      projection_.open_reviews().lasts(id);
      continue;
    }
    close_review(id, "expired", "aright", "nobody answered in time, which denies");
    move(*run(run_id), RunInput::expire, "nobody answered in time, which denies");
  }
}

void Core::on(Draining& /*seen*/) { draining_ = true; }

void Core::on(SpaceSeen& seen) {
  if (seen.low == space_low_) return;
  space_low_ = seen.low;
  record(seen.low ? "space.low" : "space.enough", {});
  if (seen.low) return tell(true, "the disk of the state folder is full: no effect begins until there is room");
  tell(false, "the disk of the state folder has room again: effects may begin");
  read_all("space", 0);
  answer_events(false);
  resumed();
}

Result<Json> Core::carry_out(const SetMode& command, const Identity& who) {
  const auto found = std::ranges::find(config_.workflows, command.workflow, &Workflow::name);
  if (found == config_.workflows.end()) return fail(Errc::not_found, "no workflow " + command.workflow);
  if (command.mode > found->mode) {
    return fail(Errc::invalid, fmt::format("mode {} is above the ceiling {} that the file of {} states",
                                           name(command.mode), name(found->mode), command.workflow));
  }
  record("mode.set", {{"workflow", command.workflow},
                      {"mode", name(command.mode)},
                      {"by", line(who.user)},
                      {"groups", short_list(who.groups)},
                      {"reason", line(command.reason)}});
  read_all("mode", projection_.entries());  // what the old mode left open may now be answered
  answer_events(false);
  return Json{{"workflow", command.workflow}, {"mode", name(command.mode)}};
}

/// It ends waits, so effects may follow from it: who asked is on record.
Result<Json> Core::carry_out(const Rescan& /*command*/, const Identity& who) {
  record("rescan.asked", {{"by", line(who.user)}, {"groups", short_list(who.groups)}});
  read_all("rescan", projection_.entries());
  answer_events(true);
  return Json{{"reading", true}};
}

}  // namespace aright::engine
