// Why what happens to a subject happens, or why nothing does: from what is known, by the code that decides.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "engine/answer_text.h"
#include "engine/core.h"
#include "engine/explained_folders.h"
#include "engine/growing_old.h"
#include "engine/open_run_text.h"
#include "engine/reviewing.h"

namespace aright::engine {

namespace {

/// Workflows that bring it to a state of their own when they answer something else; empty: none does.
std::string own_steps_on(const Config& config, const std::string& subject) {
  std::vector<std::string> names;
  for (const Workflow& w : config.workflows) {
    const bool changes = std::ranges::any_of(w.steps, [&](const Step& step) {
      const Step::Ensure* ensure = step.ensure();
      return ensure != nullptr && ensure->own && ensure->own->resource.text() == subject;
    });
    if (changes) names.push_back(w.name);
  }
  if (names.empty()) return {};
  return fmt::format("a step of {} changes it when that answers something else: `aright runs list --workflow {}`",
                     fmt::join(names, ", "), names.front());
}

Json finding_json(const Finding& f) {
  return {{"id", f.id},
          {"episode", f.episode},
          {"occurrences", f.occurrences},
          {"opened_at", rfc3339(f.opened_at)},
          {"differs", f.differs}};
}

}  // namespace

std::optional<KeptBack> Reviewing::kept_back(const Core& core, const Run& r, Mode mode) {
  const auto w = std::ranges::find(core.config_.workflows, r.workflow, &Workflow::name);
  const bool acts = w != core.config_.workflows.end() && core.mode_of(*w) >= Mode::propose;
  if (acts && r.mode < Mode::propose) {
    return KeptBack{fmt::format("run {} was begun in mode {} and stays there", r.id, name(r.mode)),
                    fmt::format("deny it, then `aright runs retry {} --reason WHY` begins anew", r.id)};
  }
  const Finding finding = core.finding_of(r);
  if (acts && core.goes_to(finding) < Mode::propose) {
    const Event* event = core.evidence_of(finding);
    const std::string& source = event == nullptr ? finding.source : event->source;
    return KeptBack{fmt::format("what source {} says goes no further than mode {} now",
                                source.substr(0, source.find(':')), name(mode)),
                    "deny it, or let the source go further: `mode` and `auth` in its file"};
  }
  return std::nullopt;
}

/// Of a run that is held or unknown. A yes counts only while the mode lets it act; what nobody knows of an effect is
/// for a person in every mode.
std::string Reviewing::told(const Core& core, const Run& r, const std::string& until) {
  const Mode mode = core.mode_of(r);
  if (r.state == RunState::unknown || mode >= Mode::propose) {
    return fmt::format("review {} waits for a person{}", r.review, until);
  }
  const auto by = kept_back(core, r, mode);
  return fmt::format("{}, so nothing of it goes on, and approving review {} would change nothing",
                     by ? by->why : fmt::format("the mode is now {}", name(mode)), r.review);
}

/// The answer comes when the subject has been read.
void Core::look(std::uint64_t token, const Explain& question) {
  const std::string subject = question.subject.starts_with('/') ? "file:" + question.subject : question.subject;
  if (auto of_a_list = explained_list(*this, subject, now_.wall)) {
    out_.answers.push_back({token, std::move(*of_a_list)});
    return;
  }
  const ResourceId id = subject_parts(subject);
  if (recordable(id) && !resource_of(subject) && subject.contains('=')) {
    out_.answers.push_back({token, explained_events(subject)});
    return;
  }
  if (!recordable(id) || !resource_of(subject)) {
    out_.answers.push_back(
        {token, fail(Errc::invalid, fmt::format("\"{}\" names no subject; give one as findings name it, such as "
                                                "file:/etc/motd, or a finding or a run",
                                                line(subject)))});
    return;
  }
  if (!controls_about(id).empty()) {
    out_.work.emplace_back(DoLook{token, id});
    return;
  }
  out_.answers.push_back({token, explained(subject, fail(Errc::not_found, "no control looks at it"))});
}

void Core::on(LookDone& done) {
  if (const auto asked = retries_.extract(done.token); !asked.empty()) {
    out_.answers.push_back({done.token, retry_now(asked.mapped(), done.state)});
    return;
  }
  out_.answers.push_back({done.token, explained(done.resource.text(), done.state)});
}

Json Core::explained(const std::string& subject, const Result<State>& state) const {
  const auto looking = controls_about(subject_parts(subject));
  Json doc{{"subject", subject}, {"at", rfc3339(now_.wall)}, {"controls", Json::array()}};
  doc["sentences"] = what_waits(subject);
  doc["read"] = state ? Json("ok") : Json(state.error().message);
  doc["blocked"] = blocked();
  for (const Control* control : looking) {
    Json one = explained(*control, subject, state);
    for (const Json& sentence : one.at("sentences")) {
      doc["sentences"].push_back(fmt::format("{}: {}", control->name, sentence.get<std::string>()));
    }
    one.erase("sentences");
    doc["controls"].push_back(std::move(one));
  }
  if (const std::string into = looking.empty() ? looked_into(config_, subject) : std::string(); !into.empty()) {
    doc["sentences"].push_back(into);
  } else if (looking.empty()) {
    const std::string steps = own_steps_on(config_, subject);
    doc["sentences"].push_back(fmt::format("no control looks at {}, so {}", subject,
                                           steps.empty() ? "nothing happens to it" : "it is read by nobody; " + steps));
  }
  return doc;
}

Json Core::explained(const Control& control, const std::string& subject_text, const Result<State>& state) const {
  Json doc{{"control", control.name}, {"kind", name(control.kind)}, {"severity", name(control.severity)},
           {"matched", nullptr},      {"differs", Json::array()},   {"waiver", nullptr},
           {"finding", nullptr},      {"workflows", Json::array()}};
  Json& sentences = doc["sentences"] = Json::array();
  const Result<detect::Judge>& judge = judges_.at(control.name);
  Result<std::vector<std::string>> differs = std::vector<std::string>{};
  const bool gone = state && has_gone(control, subject_parts(subject_text), *state);
  if (gone) doc["gone"] = true;
  if (!state) differs = std::unexpected(state.error());
  if (state && !gone)
    differs = judge ? judge->differs(subject_parts(subject_text), *state) : std::unexpected(judge.error());
  if (differs) {
    doc["matched"] = !differs->empty();
    doc["differs"] = short_list(*differs);
  } else {
    sentences.push_back("nobody knows whether it is as desired: " + differs.error().message);
  }
  const SubjectState* subject = projection_.subject(control.name, subject_text);
  if (const Waiver* waiver = projection_.waiver(control.name, subject_text)) {
    doc["waiver"] = waiver->to_json();
    sentences.push_back(fmt::format("{} ({}, owner {}) leaves it as it is until {}{}", waiver->text(), waiver->reason,
                                    waiver->owner, rfc3339(waiver->expires_at), seen_meanwhile(*waiver)));
  } else if (gone) {
    sentences.push_back(
        subject != nullptr && subject->open
            ? "it has gone from its folder: the next reading ends its finding, and there is nothing to put right"
            : "it is not there, and this control is about what its folders hold: there is nothing to find");
  } else if (differs && differs->empty() && (subject == nullptr || !subject->open)) {
    sentences.push_back(what_waits(subject_text).empty() ? "it reads as desired, so there is nothing to do"
                                                         : "it reads as desired now");
  } else if (differs && !differs->empty() && (subject == nullptr || !subject->open)) {
    sentences.push_back(
        fmt::format("it differs ({}), which has not been taken up yet: it is when something changes, "
                    "the schedule comes round or `rescan` is asked for",
                    fmt::join(short_list(*differs), ", ")));
  }
  if (subject != nullptr && subject->open) doc["finding"] = finding_json(projection_.findings().at(subject->finding));
  bool answered = false;
  for (const Workflow& w : config_.workflows) {
    if (!w.answers_to(control)) continue;
    answered = true;
    if (subject == nullptr) {
      doc["workflows"].push_back({{"workflow", w.name}, {"mode", name(mode_of(w))}});
      continue;
    }
    Json one = explained(w, control, *subject, state);
    if (subject->open && !gone && !one.at("waits").get<bool>()) {  // else it is in `what_waits`
      sentences.push_back(fmt::format("{}: {}", w.name, one.at("why").get<std::string>()));
    }
    doc["workflows"].push_back(std::move(one));
  }
  if (!answered) sentences.push_back("no workflow answers this control: its findings are recorded, nothing more");
  return doc;
}

/// `subject`: of the control, open or not; what was answered to its last episode is told too.
Json Core::explained(const Workflow& w, const Control& control, const SubjectState& subject,
                     const Result<State>& state) const {
  const Mode mode = subject.open ? mode_for(projection_.findings().at(subject.finding), w) : mode_of(w);
  Json doc{{"workflow", w.name}, {"mode", name(mode)}, {"ceiling", name(w.mode)},
           {"run", nullptr},     {"last", nullptr},    {"guards", guards_of(w, control, subject)},
           {"waits", false}};
  if (const auto last = subject.answers.find(w.name); last != subject.answers.end() && last->second.runs != 0) {
    doc["last"] = {{"state", ended_word(last->second.state)},
                   {"runs", last->second.runs},
                   {"ended", rfc3339(last->second.ended.wall)}};
  }
  std::string going_on;
  for (const auto& [id, r] : projection_.runs()) {
    if (r.workflow != w.name || r.subject != subject.subject) continue;
    const std::string waits = waits_for(r);
    doc["run"] = {{"id", id}, {"state", name(r.state)}, {"reason", waits}, {"review", r.review}};
    doc["waits"] = r.control == control.name && (r.state == RunState::held || r.state == RunState::unknown);
    going_on = fmt::format("no finding is open; run {} {}", id, open_run_text(r, waits));
  }
  if (!subject.open) {
    doc["why"] = going_on.empty() ? "no finding is open, so there is nothing to answer" : going_on;
  } else if (!state) {
    doc["why"] = "it cannot be read now, so nothing is decided: " + state.error().message;
  } else {
    doc["why"] = why(weigh(projection_.findings().at(subject.finding), control, w, *state, false), w, control, subject);
  }
  if (std::string untested = capped(w); !untested.empty()) {
    doc["why"] = doc["why"].get<std::string>() + "; it stays in mode propose: " + untested;
    doc["capped"] = std::move(untested);
  } else if (std::string old = overdue_text("control", control.name, projection_.ages());
             !old.empty() && mode > Mode::propose) {
    doc["mode"] = name(Mode::propose);
    doc["why"] = fmt::format("{}; control {} goes no further than mode propose: {}", doc["why"].get<std::string>(),
                             control.name, old);
  }
  return doc;
}

/// Of a subject without an open finding: what the next one would meet.
Json Core::guards_of(const Workflow& w, const Control& control, const SubjectState& subject) const {
  Finding next;
  next.control = control.name;
  next.subject = subject.subject;
  next.severity = control.severity;
  Json seen =
      guarding_.seen(candidate(subject.open ? projection_.findings().at(subject.finding) : next, control, w), now_);
  if (const auto most = w.guards.concurrency) {
    const std::size_t taken = at_work_.of(w.name);
    seen.push_back({{"guard", "concurrency"},
                    {"at_work", taken},
                    {"limit", *most},
                    {"says", fmt::format("{} of {} runs are at work", taken, *most)}});
  }
  if (const auto& runs = at_work_.on(subject.subject); !runs.empty()) {
    seen.push_back({{"guard", "concurrency"},
                    {"runs", runs},
                    {"at_work", runs.size()},
                    {"limit", config_.limits.subject},
                    {"says", fmt::format("on this subject {} of {} runs are at work: {}", runs.size(),
                                         config_.limits.subject, fmt::join(runs, ", "))}});
  }
  return seen;
}

/// One plain sentence.
std::string Core::why(const Weighed& weighed, const Workflow& w, const Control& control,
                      const SubjectState& subject) const {
  const auto last = subject.answers.find(w.name);
  const std::string ended = last == subject.answers.end() ? std::string("ended") : last->second.state;
  Candidate it = candidate(projection_.findings().at(subject.finding), control, w);
  it.trouble = weighed.trouble;
  const std::string stop = blocked(w, subject.subject);
  switch (weighed.outcome) {
    case Weighed::Outcome::off: return "its mode is off";
    case Weighed::Outcome::has_open_run:
      for (const auto& [id, r] : projection_.runs()) {
        if (r.workflow != w.name || r.subject != subject.subject) continue;
        const std::string review = r.state == RunState::held || r.state == RunState::unknown
                                       ? "; " + Reviewing::told(*this, r, "")
                                       : std::string();
        // A no of a person stands, whatever the other control's run comes to.
        if (r.control != control.name && last != subject.answers.end() && last->second.is_no()) {
          return is_answered(ended, control);
        }
        const std::string text = open_run_text(r, waits_for(r)) + review;
        if (r.control == control.name) return fmt::format("run {} {}", id, text);
        return fmt::format("run {} for control {} {}, and there is one at a time", id, r.control, text);
      }
      return "a run is open";
    case Weighed::Outcome::does_not_apply:
      if (weighed.trouble.empty()) return "its `when` is false: " + w.when;
      return "whether its `when` holds cannot be told, so nothing is planned; in a mode that acts a person is asked: " +
             weighed.trouble;
    case Weighed::Outcome::observed: return "mode observe: noted, it " + guarding_.foresees(it, now_);
    case Weighed::Outcome::answered:
      if (last != subject.answers.end() && last->second.refused != 0) return refusal_told(last->second);
      return is_answered(ended, control);
    case Weighed::Outcome::waits:
      return fmt::format("its last run ended {} and left it open; {}", ended_word(ended),
                         is_tried_again(guarding_, it, now_, weighed.wait, stop));
    case Weighed::Outcome::kept_back:
      return fmt::format("{}: {}{}", weighed.by.guard, weighed.by.reason, stop.empty() ? "" : "; besides, " + stop);
    case Weighed::Outcome::undecided:
      return "whether its `when` holds cannot be told, so a person is asked: " + weighed.trouble;
    case Weighed::Outcome::runs: break;
  }
  if (!stop.empty()) return "it would run, but does not now: " + stop;
  const auto held = guarding_.holds(it, now_);
  if (!held) return control.on_events() ? "it is answered next" : "the next reading starts a run";
  return fmt::format("the next run would be held: {}: {}", held->guard, held->reason);
}

}  // namespace aright::engine
