// Hints → reads → findings as episodes.
#include <fmt/format.h>

#include <algorithm>

#include "detect/compare.h"
#include "engine/core.h"

namespace aright::engine {

using workflow::RunInput;

std::vector<const Control*> Core::controls_about(const ResourceId& id) const {
  std::vector<const Control*> list;
  if (const auto found = by_id_.find(id.text()); found != by_id_.end()) list = found->second;
  const auto folder = by_folder_.find(id.driver + ":" + id.id.substr(0, id.id.rfind('/')));
  if (folder == by_folder_.end()) return list;
  for (const Control* control : folder->second) {
    if (std::ranges::find(list, control) == list.end()) list.push_back(control);
  }
  return list;
}

void Core::scan(const Control& control, const std::string& source, std::uint64_t offset) {
  if (!control.select.within.empty()) {
    out_.work.emplace_back(DoList{control.name, control.driver, source, offset, control.select});
    return;
  }
  for (const std::string& id : control.select.ids) read({control.driver, id}, source, offset);
}

void Core::read_all(const std::string& source, std::uint64_t offset) {
  for (const Control& control : config_.controls) scan(control, source, offset);
}

void Core::on(Hint& hint) {
  ++figures_.events;
  switch (hint.what) {
    case Hint::What::read_all:
      ++figures_.gaps;
      record("source.gap", {{"source", hint.source}, {"note", hint.note}});
      return read_all(hint.source, hint.offset);
    case Hint::What::scan:
      for (const Control& control : config_.controls) {
        if (control.name == hint.control) scan(control, hint.source, hint.offset);
      }
      return;
    case Hint::What::changed: {
      const ResourceId id{hint.driver, hint.path};
      if (!controls_about(id).empty()) read(id, hint.source, hint.offset);
      return;
    }
  }
}

void Core::read(const ResourceId& id, const std::string& source, std::uint64_t offset) {
  Resource& r = resource(id);
  r.source = source;
  r.offset = offset;
  if (r.reading || r.locked_by != 0) {
    r.again = true;
    return;
  }
  start_read(r);
}

void Core::start_read(Resource& r) {
  r.reading = true;
  r.again = false;
  ++figures_.reads;
  out_.work.emplace_back(DoRead{r.id, r.generation});
}

void Core::on(ListDone& done) {
  const auto control = std::ranges::find(config_.controls, done.control, &Control::name);
  if (control == config_.controls.end()) return;
  if (done.ids && !done.ids->empty()) {
    for (const std::string& id : *done.ids) read({control->driver, id}, done.source, done.offset);
    return;
  }
  const std::string why = done.ids ? "the list is empty, which proves nothing" : done.ids.error().message;
  record("control.inconclusive", {{"control", control->name}, {"subject", ""}, {"error", why}});
}

void Core::on(ReadDone& done) {
  Resource& r = resource(done.resource);
  r.reading = false;
  if (r.locked_by != 0 || done.generation != r.generation) {
    // A run is at work on it, or was since this read began: what we saw may be its own half-way state.
    r.again = true;
    if (r.locked_by == 0) start_read(r);
    return;
  }
  if (!done.state) {
    inconclusive(r, done.state.error().message);
    if (done.state.error().retry == Retry::yes) timers_.emplace(now_.boot + std::chrono::seconds{1}, r.id);
  } else {
    if (!r.trouble.empty()) {
      r.trouble.clear();
      record("control.conclusive", {{"subject", r.id.text()}});
    }
    for (const Control* control : controls_about(r.id)) compare(*control, r, *done.state);
  }
  if (r.again && r.locked_by == 0 && !r.reading) start_read(r);
}

void Core::inconclusive(Resource& r, const std::string& error) {
  if (r.trouble == error) return;
  r.trouble = error;
  record("control.inconclusive", {{"subject", r.id.text()}, {"error", error.substr(0, 1000)}});
}

void Core::compare(const Control& control, Resource& r, const State& state) {
  auto differs = detect::differing_fields(control.desired.fields, state.fields);
  if (!differs.empty()) return violated(control, r, std::move(differs));
  const SubjectState* subject = projection_.subject(control.name, r.id.text());
  if (subject != nullptr && subject->open) resolve(std::string(subject->finding), "read clean");
}

void Core::violated(const Control& control, Resource& r, std::vector<std::string> differs) {
  const std::string subject_text = r.id.text();
  const SubjectState* subject = projection_.subject(control.name, subject_text);
  if (subject == nullptr || !subject->open) {
    const std::uint64_t episode = subject == nullptr ? 1 : subject->episode + 1;
    const std::string id = Finding::make_id(control.name, subject_text, episode);
    record("finding.opened", {{"finding", id},
                              {"control", control.name},
                              {"control_hash", hashes_.at("control " + control.name)},
                              {"subject", subject_text},
                              {"severity", name(control.severity)},
                              {"episode", episode},
                              {"recurrence_of", subject == nullptr ? std::string() : subject->finding},
                              {"differs", differs},
                              {"source", r.source},
                              {"offset", r.offset}});
    return answer(projection_.findings().at(id), control);
  }
  const Finding& finding = projection_.findings().at(subject->finding);
  const bool same_evidence = finding.source == r.source && finding.offset == r.offset;
  const bool news = finding.differs != differs || now_.wall - finding.last_at >= std::chrono::minutes{1};
  if (!same_evidence && news) {
    record("finding.occurred",
           {{"finding", finding.id}, {"differs", differs}, {"source", r.source}, {"offset", r.offset}});
  }
  // A person's no, a plan and a review are answers; a run that failed or was undone is tried again on new evidence.
  static const std::set<std::string> answered{"denied", "expired", "planned", "rollback_failed"};
  if (!same_evidence && !answered.contains(subject->last_run)) answer(finding, control);
}

void Core::resolve(const std::string& finding, const std::string& by) {
  for (const Run* open : projection_.runs_of(finding)) {
    if (open->state != RunState::held && open->state != RunState::pending) continue;
    const std::uint64_t review = open->state == RunState::held ? open->review : 0;
    if (review != 0) close_review(review, "closed", "aright", "the finding resolved: " + by);
    move(*open, RunInput::cancel, "the finding resolved: " + by);
  }
  record("finding.resolved", {{"finding", finding}, {"by", by}});
}

void Core::answer(const Finding& finding, const Control& control) {
  for (const Workflow& w : config_.workflows) {
    if (w.answers_to(control)) create_run(finding, control, w);
  }
}

void Core::create_run(const Finding& finding, const Control& control, const Workflow& w) {
  const Mode mode = mode_of(w);
  if (mode == Mode::off) return;
  if (projection_.has_open_run(w.name, finding.subject)) return;  // one open run per (workflow, subject)
  if (mode == Mode::observe) {
    record("run.observed", {{"run", 0}, {"finding", finding.id}, {"workflow", w.name}, {"subject", finding.subject}});
    return;
  }
  const std::uint64_t id = projection_.next_run();
  record("run.created", {{"run", id},
                         {"finding", finding.id},
                         {"control", control.name},
                         {"control_hash", hashes_.at("control " + control.name)},
                         {"workflow", w.name},
                         {"version", hashes_.at("workflow " + w.name)},
                         {"subject", finding.subject},
                         {"severity", name(finding.severity)},
                         {"mode", name(mode)}});
  pending_.insert(id);
}

}  // namespace aright::engine
