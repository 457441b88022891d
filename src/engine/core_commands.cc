// What people ask: modes, a new reading; and what the machine says.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/core.h"
#include "engine/outdated.h"
#include "engine/permits.h"
#include "engine/reviewing.h"
#include "engine/unknown_name.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

/// What a person asks of the node is called in the figures; empty: it is about a run or a finding, as entries tell.
template <typename Kind>
constexpr std::string_view act() {
  if constexpr (std::is_same_v<Kind, Pause>) return "pause";
  if constexpr (std::is_same_v<Kind, Resume>) return "resume";
  if constexpr (std::is_same_v<Kind, SetMode>) return "set-mode";
  return {};
}

}  // namespace

void Core::on(Asked& asked) {
  const auto permit = Permits(config_, projection_).of(asked.command, asked.who);
  if (!permit) {
    out_.answers.push_back({asked.token, std::unexpected(permit.error())});
    return;
  }
  asked.who.alone = permit->break_glass;
  asked.who.passed_over = permit->passed_over;
  if (const auto* question = std::get_if<Explain>(&asked.command)) return look(asked.token, *question);
  if (const auto* again = std::get_if<RetryRun>(&asked.command)) return retry(asked.token, *again, asked.who);
  if (const auto* yes = std::get_if<Approve>(&asked.command)) {
    return Reviewing(*this).ask(asked.token, *yes, asked.who);
  }
  if (const auto* undo = std::get_if<UndoRun>(&asked.command)) return undo_runs_.ask(asked.token, *undo, asked.who);
  auto answer = std::visit(
      [&](const auto& command) -> Result<Json> {
        using Kind = std::decay_t<decltype(command)>;
        constexpr bool later = std::is_same_v<Kind, Explain> || std::is_same_v<Kind, RetryRun> ||
                               std::is_same_v<Kind, UndoRun> || std::is_same_v<Kind, Approve>;
        if constexpr (later) {
          return fail(Errc::invalid, "is answered by itself");
        } else if constexpr (requires { Reviewing(*this).carry_out(command, asked.who); }) {
          return Reviewing(*this).carry_out(command, asked.who);
        } else if constexpr (std::is_same_v<Kind, Forget> || std::is_same_v<Kind, Erase>) {
          auto going = to_go(projection_, command, asked.who);
          if (!going) return std::unexpected(going.error());
          if (!going->empty()) record(going->kind, std::move(going->entry));
          for (const std::uint64_t id : going->notices) record("notification.erased", {{"notification", id}});
          out_.gone.add(std::move(going->what));
          return std::move(going->answer);
        } else {
          auto done = carry_out(command, asked.who);
          if (constexpr auto kind = act<Kind>(); done && !kind.empty()) figures_.keys->acted(kind);
          return done;
        }
      },
      asked.command);
  if (asked.who.alone && answer) Reviewing(*this).tell_alone(asked.command, asked.who);
  out_.answers.push_back({asked.token, std::move(answer)});
}

void Core::close_review(std::uint64_t review, const std::string& decision, const std::string& by,
                        const std::string& reason, const std::vector<std::string>& groups, Fields more) {
  if (!projection_.reviews().contains(review)) return;
  asking_.climbs_due.forget(std::to_string(review));
  Fields fields = std::move(more);
  if (fields.find("break_glass") != nullptr) {
    const Review& closed = projection_.reviews().at(review);
    const char* does = closed.guard == name(RunState::unknown) ? "resolves"
                       : decision == "denied"                  ? "denies"
                                                               : "approves";
    Reviewing(*this).tell_alone(Reviewing(*this).about(closed, does, reason), by);
  }
  fields.add({{"review", review},
              {"run", projection_.reviews().at(review).run},
              {"decision", decision},
              {"by", line(by)},
              {"reason", line(reason)}});
  if (!groups.empty()) fields["groups"] = short_list(groups);
  figures_.keys->reviewed(decision);
  record("review.decided", std::move(fields));
}

void Core::on(Draining& /*seen*/) { draining_ = true; }

void Core::on(SpaceSeen& seen) {
  if (seen.low == space_low_) return;
  space_low_ = seen.low;
  record(seen.low ? "space.low" : "space.enough", {});
  if (seen.low) return tell(true, "the disk of the state folder is full: no further effect begins until there is room");
  tell(false, "the disk of the state folder has room again: effects may begin");
  read_all("space", 0);
  answer_events(false);
  resumed();
}

Result<Json> Core::carry_out(const SetMode& command, const Identity& who) {
  const auto found = std::ranges::find(config_.workflows, command.workflow, &Workflow::name);
  if (found == config_.workflows.end()) return no_such("workflow", command.workflow, config_.workflows);
  if (command.mode > found->mode) {
    return fail(Errc::invalid, fmt::format("mode {} is above the ceiling {} that the file of {} states",
                                           name(command.mode), name(found->mode), command.workflow));
  }
  const ActingVersion& version = acting_.at(found->name);
  if (command.untested && command.mode != Mode::auto_) {
    return fail(Errc::invalid, "only mode auto needs to be let without tests");
  }
  if (command.mode == Mode::auto_ && !command.untested && tests_rule_ == TestsRule::required) {
    if (auto ok = projection_.versions().may_act(found->name, version); !ok) return std::unexpected(ok.error());
  }
  Permit permit;
  if (command.untested || command.mode > mode_of(*found)) {
    const auto raises = Permits(config_, projection_).to_raise(*found, who);
    if (!raises) return std::unexpected(raises.error());
    permit = *raises;
    if (command.mode == Mode::auto_) {
      const auto lets = Reviewing(*this).may_let_act(*found, who);
      if (!lets) return std::unexpected(lets.error());
      permit.add(*lets);
    }
  }
  Fields fields{{"workflow", command.workflow},     {"mode", name(command.mode)},     {"by", line(who.user)},
                {"groups", short_list(who.groups)}, {"reason", line(command.reason)}, {"set_at", rfc3339(now_.wall)}};
  if (command.untested) fields.add({{"untested", version.hash}, {"demands", version.demands}});
  if (permit.break_glass) fields["break_glass"] = true;
  record("mode.set", std::move(fields));
  if (permit.break_glass) {
    const std::string what = fmt::format("sets mode {} for {}", name(command.mode), command.workflow);
    Reviewing(*this).tell_alone({what, command.reason, permit.passed_over}, who.user);
  }
  backlog_.free_all();                      // what may not begin any more is not asked first whether it may
  read_all("mode", projection_.entries());  // what the old mode left open may now be answered
  answer_events(false);
  Json answer{{"workflow", command.workflow}, {"mode", name(command.mode)}};
  const auto wait = command.mode == Mode::auto_ ? Reviewing(*this).asked_by_mode(command.workflow) : 0;
  if (wait != 0) {
    answer["reviews"] = wait;
    answer["note"] = Reviewing(*this).still_asked(command.workflow);
  }
  if (command.mode != Mode::auto_ || tests_rule_ == TestsRule::off) return answer;
  if (std::string warning = projection_.versions().warning_of(found->name, version); !warning.empty())
    answer["warning"] = std::move(warning);
  acts_unplanned(*found);
  return answer;
}

/// It ends waits, so effects may follow from it: who asked is on record.
Result<Json> Core::carry_out(const Rescan& /*command*/, const Identity& who) {
  record("rescan.asked", {{"by", line(who.user)}, {"groups", short_list(who.groups)}});
  read_all("rescan", projection_.entries());
  answer_events(true);
  return Json{{"reading", true}};
}

}  // namespace aright::engine
