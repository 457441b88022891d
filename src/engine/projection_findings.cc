// What the entries say of findings.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/projection.h"

namespace aright::engine {

namespace {

void take_causes(Finding& f, DocReader& in) {
  if (!in.has("causes")) return;
  auto causes = causes_from_json(in.array("causes"));
  if (!causes) return in.wrong("causes");
  f.causes = std::move(*causes);
}

Commitment evidence_in(DocReader& in) {
  DocReader evidence(in.object("evidence"), "evidence of a finding");
  Commitment made{evidence.text("id"), evidence.number("size")};
  if (!evidence.finish()) in.wrong("evidence");
  return made;
}

}  // namespace

void Projection::open_finding(DocReader& in) {
  Finding f;
  f.id = in.text("finding");
  f.control = in.text("control");
  f.control_hash = in.text("control_hash");
  f.subject = in.text("subject");
  f.severity = in.word("severity", parse_level);
  f.episode = in.number("episode");
  f.recurrence_of = in.text("recurrence_of");
  f.differs = in.texts("differs");
  f.source = in.text("source");
  f.offset = in.offset("offset");
  if (in.has("count")) f.occurrences = in.number("count");
  if (in.has("about")) f.about = in.text("about");
  if (in.has("evidence")) f.evidence = evidence_in(in);
  take_causes(f, in);
  if (in.has("title")) f.title = in.text("title");
  if (in.has("subject_by")) f.subject_by = in.texts("subject_by");
  if (in.has("subject_typed")) f.subject_typed = in.boolean("subject_typed");
  f.mode_max = mode_max_of(in).value_or(Mode::auto_);
  f.opened_at = f.last_at = at_.wall;
  f.opened_up = at_.boot;
  f.opened_boot_id = at_.boot_id;
  const NextEpisode next = next_episode(f.control, f.subject);
  SubjectState& s = subjects_[f.control + " " + f.subject];
  if (s.open || waiver(f.control, f.subject) != nullptr || f.episode != next.number || f.id != next.id) {
    in.wrong("finding");
    return;
  }
  std::vector<std::string> fixed;
  for (const auto& [workflow, answer] : s.answers) {
    if (answer.state == "succeeded") fixed.push_back(workflow);
  }
  s = {f.control,
       f.subject,
       f.episode,
       f.id,
       true,
       refusals_of(s, f.about),
       std::move(fixed),
       returns_with(s, f.about),
       openings_with(s)};
  touch("subject", s.id(), true);
  touch("finding", f.id, true);
  open_subjects_.emplace(f.subject, f.id);
  findings_[f.id] = std::move(f);
}

void Projection::on_finding(const std::string& kind, DocReader& in) {
  if (kind == "finding.opened") return open_finding(in);
  const auto found = findings_.find(in.text("finding"));
  if (found == findings_.end()) return in.wrong("finding");
  Finding& f = found->second;
  if (!in.has("told_mode")) f.last_at = at_.wall;  // whose word counts for less keeps nothing open
  if (kind == "finding.occurred") return find_again(f, in);
  const auto state = parse_finding_state(std::string_view(kind).substr(8));
  if (!state || *state == FindingState::open) return in.wrong("kind");
  leave_behind(f, in.has("runs"));
  f.state = *state;
  f.resolved_at = at_.wall;
  f.resolved_by = in.text("by");
  SubjectState& s = subjects_[f.control + " " + f.subject];
  s.open = false;
  forget_refusals(s.control, s.subject);
  touch("subject", s.id(), true);
  touch("finding", f.id, false, f.to_text());
  close_subject(f);
  findings_.erase(found);
}

void Projection::find_again(Finding& f, DocReader& in) {
  if (in.has("subject") && in.text("subject") != f.subject) return in.wrong("subject");
  if (in.has("evidence")) {
    leave_behind(f, true);
    f.evidence = evidence_in(in);
  }
  auto differs = in.texts("differs");
  auto source = in.text("source");
  const std::uint64_t offset = in.offset("offset");
  f.occurrences += in.has("count") ? in.number("count") : 1;
  touch("finding", f.id, true);
  // Of a source that goes less far: what runs are told stays what the others say.
  if (in.has("told_mode")) return static_cast<void>(in.word("told_mode", parse_mode));
  f.differs = std::move(differs);
  f.source = std::move(source);
  f.offset = offset;
  if (in.has("title")) f.title = in.text("title");
  if (in.has("subject_by")) f.subject_by = in.texts("subject_by");
  if (in.has("subject_typed")) f.subject_typed = in.boolean("subject_typed");
  f.mode_max = mode_max_of(in).value_or(f.mode_max);
  if (in.has("severity")) take_severity(f, in.word("severity", parse_level));
  if (in.has("about")) take_state(f, in.text("about"));
  take_causes(f, in);
}

void Projection::close_subject(const Finding& f) {
  const auto [first, last] = open_subjects_.equal_range(f.subject);
  open_subjects_.erase(std::find_if(first, last, [&](const auto& open) { return open.second == f.id; }));
}

std::vector<const Finding*> Projection::open_findings(const std::string& subject_text) const {
  std::vector<const Finding*> open;
  const auto [first, last] = open_subjects_.equal_range(subject_text);
  for (auto one = first; one != last; ++one) open.push_back(&findings_.at(one->second));
  std::ranges::sort(open, [](const Finding* one, const Finding* other) {
    return one->severity == other->severity ? one->id < other->id : one->severity > other->severity;
  });
  return open;
}

/// A run that goes on without its finding, or when another event tells of it, still knows what led to it: what it makes
/// may lead on. `whole`: it also tells of it as it was, so that what people have approved is not another request for
/// that alone. What it was left with before, it keeps.
void Projection::leave_behind(const Finding& f, bool whole) {
  if (f.causes.empty() && !whole) return;
  const auto [first, last] = by_finding_.equal_range(f.id);
  for (auto it = first; it != last; ++it) {
    Run& run = runs_.at(it->second);
    if (run.finding_was) continue;
    run.causes = f.causes;
    if (whole) run.finding_was = f;
    touch("run", fmt::format("{:012}", it->second), true);
  }
}

/// Its open runs are as urgent as it is.
void Projection::take_severity(Finding& f, Level severity) {
  f.severity = severity;
  const auto [first, last] = by_finding_.equal_range(f.id);
  for (auto it = first; it != last; ++it) {
    Run& run = runs_.at(it->second);
    run.severity = severity;
    if (Review* review = reviews_.find(run.review); review != nullptr && review->severity) {
      review->severity = severity;
      touch("review", fmt::format("{:012}", review->id), true, canonical_json(review->to_json()));
    }
    touch("run", fmt::format("{:012}", it->second), true);
  }
}

/// The first state seen after a no to what is not known is what the no was about.
void Projection::take_state(Finding& f, std::string about) {
  SubjectState& s = subjects_[f.control + " " + f.subject];
  for (auto& [workflow, answer] : s.answers) {
    if (!answer.lacks_state()) continue;
    answer.about = about;
    touch("subject", s.id(), true);
  }
  f.about = std::move(about);
}

}  // namespace aright::engine
