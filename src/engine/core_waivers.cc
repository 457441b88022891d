// Waivers: while one is in force, its control on its subject opens no finding and no run of them begins an effect.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "engine/core.h"
#include "engine/event_findings.h"
#include "engine/permits.h"
#include "engine/reviewing.h"
#include "engine/unknown_name.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr std::size_t waivers_max = 10'000;  ///< in force at once
constexpr std::size_t owner_max = 200;

/// As a shell reads it as one word, whatever is in it; empty: it cannot be shown as it is.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@,-";
  if (text.empty() || text.starts_with('-') || line(text) != text) return {};
  if (text.find_first_not_of(plain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace

/// An undo comes with one.
const Waiver* Core::waiver_of(const Run& r) const {
  return r.undo ? nullptr : projection_.waiver(r.control, r.subject);
}

/// The waiver that is asked for, checked; without its number.
Result<Waiver> Core::waiver_of(const Waive& command, const Identity& who) const {
  const auto control = std::ranges::find(config_.controls, command.control, &Control::name);
  if (control == config_.controls.end()) return no_such("control", command.control, config_.controls);
  Waiver w;
  w.control = control->name;
  w.subject = command.subject.starts_with('/') && !control->driver.empty() ? control->driver + ":" + command.subject
                                                                           : command.subject;
  const auto about = controls_about(subject_parts(w.subject));
  if (!control->driver.empty() && std::ranges::find(about, &*control) == about.end()) {
    return fail(Errc::invalid, fmt::format("control {} does not look at {}; its findings name their subjects, such as "
                                           "file:/etc/motd",
                                           w.control, line(w.subject)));
  }
  if (control->driver.empty() && !w.subject.contains('=')) {  // it would be in force and leave nothing as it is
    return fail(Errc::invalid, fmt::format("\"{}\" names no subject; those of control {} are written as {}",
                                           line(w.subject), w.control, sight_.subject_form(*control)));
  }
  if (!recordable(subject_parts(w.subject))) return fail(Errc::invalid, "the subject is longer than a record can hold");
  w.reason = line(command.reason);
  w.granted_by = line(who.user);
  w.owner = command.owner.empty() ? w.granted_by : command.owner;
  if (w.owner.size() > owner_max) return fail(Errc::invalid, fmt::format("owner is longer than {} bytes", owner_max));
  const auto* until = std::get_if<WallTime>(&command.lasts);
  if (until != nullptr && *until <= now_.wall) {
    return fail(Errc::invalid, fmt::format("a waiver ends in the future, not at {}", rfc3339(*until)));
  }
  const Nanos span = until != nullptr ? *until - now_.wall : std::get<Nanos>(command.lasts);
  if (span > waiver_max) {
    return fail(Errc::invalid,
                fmt::format("a waiver lasts at most {}; for longer, change the control", format_duration(waiver_max)));
  }
  if (projection_.waivers().size() >= waivers_max) {
    return fail(Errc::invalid, fmt::format("{} waivers are in force, which is the most there may be", waivers_max));
  }
  w.expires_at = now_.wall + span;
  return w;
}

/// One that is in force already gives way in the same moment: nothing is looked at in between.
Result<Json> Core::carry_out(const Waive& command, const Identity& who, const WaivedWith& with) {
  auto wanted = waiver_of(command, who);
  if (!wanted) return std::unexpected(wanted.error());
  const std::uint64_t id = projection_.next_waiver();
  std::vector<std::string> notes;
  if (const Waiver* before = projection_.waiver(wanted->control, wanted->subject)) {
    if (wanted->expires_at < before->expires_at) {
      notes.push_back(fmt::format("it takes the place of waiver {}, which would have lasted until {}", before->id,
                                  rfc3339(before->expires_at)));
    }
    end_waiver(before->id, "replaced", who.user, fmt::format("by waiver {}", id), who.groups);
  }
  Fields entry{{"waiver", id},
               {"control", wanted->control},
               {"subject", wanted->subject},
               {"reason", wanted->reason},
               {"owner", wanted->owner},
               {"by", wanted->granted_by},
               {"groups", short_list(who.groups)},
               {"expires_at", rfc3339(wanted->expires_at)}};
  if (with.undo != 0) entry["run"] = with.undo;
  if (with.denied != 0) entry["review"] = with.denied;
  if (who.alone) entry["break_glass"] = true;
  record("waiver.granted", std::move(entry));
  const Waiver& waiver = projection_.waivers().at(id);
  tell(false, fmt::format("waiver {} until {}: {} on {} ({})", id, rfc3339(waiver.expires_at), waiver.control,
                          waiver.subject, waiver.reason));
  const SubjectState* subject = projection_.subject(waiver.control, waiver.subject);
  const bool open = subject != nullptr && subject->open;
  const std::string finding = open ? subject->finding : std::string();
  if (open) waive(projection_.findings().at(finding), waiver);
  Json answer = waiver.to_json();
  answer["waived"] = finding;
  const auto control = std::ranges::find(config_.controls, waiver.control, &Control::name);
  if (subject == nullptr && control->driver.empty()) {  // a file's path is checked, a subject of events cannot be
    notes.emplace_back(
        "nothing has been found about this subject so far; `aright findings list --all` shows how the "
        "subjects of this control are written");
  }
  if (!notes.empty()) answer["note"] = fmt::format("{}", fmt::join(notes, "; "));
  return answer;
}

/// Runs that have done nothing end here. One at an effect brings it to its end first, see `forbidden`; one that waits
/// after an effect, in whatever way, goes on to its rollback. What a held run has made stays a person's question.
void Core::waive(const Finding& finding, const Waiver& waiver) {
  const std::string why = waiver.text() + ": " + waiver.reason;
  const std::string id = finding.id;
  std::vector<std::uint64_t> begun;
  for (const Run* open : projection_.runs_of(id)) {
    const bool over = open->state == RunState::unknown || open->state == RunState::rolling_back;
    if (open->undo || over || under_way(*open)) continue;
    if (made_something(*open)) {
      begun.push_back(open->id);
      continue;
    }
    if (open->state == RunState::held) close_review(open->review, "closed", "aright", why);
    move(*open, RunInput::cancel, why);
  }
  const std::string subject = finding.subject;
  abstentions_.forget(id);
  for (const Workflow& w : config_.workflows) left_.erase(w.name + " " + subject);
  Fields entry{{"finding", id}, {"by", waiver.text()}};
  if (const auto runs = projection_.runs_of(id).size(); runs != 0) entry["runs"] = runs;  // that stay a person's
  const Finding was = projection_.findings().at(id);
  record("finding.waived", std::move(entry));
  EventFindings(*this).forget_evidence(was);
  for (const std::uint64_t begun_id : begun) {
    const Run& r = *run(begun_id);
    r.wait ? time_wait(r) : go_on(begun_id);
  }
}

Result<Json> Core::carry_out(const Unwaive& command, const Identity& who) {
  if (!projection_.waivers().contains(command.waiver)) {
    return fail(Errc::not_found, fmt::format("no waiver {} is in force", command.waiver));
  }
  const ResourceId resource = subject_parts(projection_.waivers().at(command.waiver).subject);
  Fields alone;
  if (who.alone) alone["break_glass"] = true;
  end_waiver(command.waiver, "removed", who.user, command.reason, who.groups, std::move(alone));
  if (!controls_about(resource).empty()) read(resource, "waiver", projection_.entries());
  return Json{{"waiver", command.waiver}, {"state", "removed"}};
}

void Core::end_waiver(std::uint64_t id, const std::string& how, const std::string& by, const std::string& reason,
                      const std::vector<std::string>& groups, Fields fields) {
  const Waiver& waiver = projection_.waivers().at(id);
  abstentions_.ends(waiver);
  tell(false, fmt::format("waiver {} {}: {} on {}", id, how, waiver.control, waiver.subject));
  fields.add({{"waiver", id}, {"how", how}, {"by", line(by)}, {"reason", line(reason)}});
  if (!groups.empty()) fields["groups"] = short_list(groups);
  record("waiver.ended", std::move(fields));
}

/// What is still wrong then is a new episode, and is answered.
void Core::expire_waivers() {
  std::vector<std::uint64_t> old;
  for (const auto& [id, waiver] : projection_.waivers()) {
    if (waiver.left(now_) <= Nanos::zero()) old.push_back(id);
  }
  for (const std::uint64_t id : old) {
    const ResourceId resource = subject_parts(projection_.waivers().at(id).subject);
    end_waiver(id, "expired", "aright", "its time is over");
    if (!controls_about(resource).empty()) read(resource, "waiver", projection_.entries());
  }
}

/// The waiver of review `denied`, or, of 0, how to make one: so that the same is not asked again as soon as something
/// else changes. Whoever is told a command may paste it, so only one that he may type.
Json Reviewing::with_waiver(Json answer, const Waive& waive, std::uint64_t denied, const Identity& who) {
  if (denied != 0) {
    if (const auto made = core_.carry_out(waive, who, {.denied = denied})) answer["waiver"] = made->at("id");
    return answer;
  }
  const std::string subject = shell_word(waive.subject);
  if (subject.empty()) return answer;
  const Permits permits(core_.config_, core_.projection_);
  const auto permit = permits.of(waive, who);
  const std::string command = fmt::format("aright waivers add {} {} --for 24h --reason WHY", waive.control, subject);
  if (permit) {
    answer["suggests"] = command + (permit->break_glass ? " --break-glass" : "");
  } else {
    const auto teams = permits.teams_to_waive(waive.control);
    answer["suggests"] = fmt::format("team {} may: {}", fmt::join(teams, " or team "), command);
    answer["next_time"] = "`aright reviews deny … --waive 24h` does it with the denial, as who denies may";
  }
  return answer;
}

}  // namespace aright::engine
