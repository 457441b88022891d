#include "model/finding.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/canonical.h"
#include "base/digest.h"
#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {
constexpr std::array<std::string_view, 4> state_words{"open", "resolved", "waived", "dismissed"};
}

std::string_view name(FindingState state) { return word_of(state_words, state); }
std::vector<std::string> finding_state_names() { return {state_words.begin(), state_words.end()}; }
std::optional<FindingState> parse_finding_state(std::string_view text) {
  return value_of<FindingState>(state_words, text);
}

std::optional<Mode> mode_max_of(DocReader& in) {
  if (in.has("mode_max")) return in.word("mode_max", parse_mode);
  if (in.has("observe_only")) return in.boolean("observe_only") ? Mode::observe : Mode::auto_;
  return std::nullopt;
}

std::string Finding::make_id(const std::string& control, const std::string& subject, std::uint64_t episode,
                             std::uint64_t forgotten) {
  const std::string number = forgotten == 0 ? fmt::to_string(episode) : fmt::format("{} {}", episode, forgotten);
  const Digest digest = sha256({control, std::string_view("\0", 1), subject, std::string_view("\0", 1), number});
  return "f-" + hex(std::span(digest).first(8));
}

bool Finding::is_about(const std::string& by) const {
  return subject_by.empty() ? by.empty() : std::ranges::find(subject_by, by) != subject_by.end();
}

Result<std::string> Finding::to_text() const {
  CanonicalWriter out;
  {
    CanonicalObject doc(out);
    if (!about.empty()) doc.text("about", about);
    if (!opened_boot_id.empty()) doc.text("boot_id", opened_boot_id);
    if (!causes.empty()) doc.json("causes", causes_json(causes));
    doc.text("control", control);
    doc.text("control_hash", control_hash);
    doc.texts("differs", differs);
    doc.number("episode", episode);
    if (evidence) doc.json("evidence", Json{{"id", evidence->id}, {"size", evidence->size}});
    doc.text("id", id);
    doc.text("last_at", rfc3339(last_at));
    if (mode_max != Mode::auto_) doc.text("mode_max", aright::name(mode_max));
    doc.number("occurrences", occurrences);
    doc.json("offset", offset_json(offset));
    doc.text("opened_at", rfc3339(opened_at));
    doc.text("recurrence_of", recurrence_of);
    doc.json("resolved_at", json_time(resolved_at));
    doc.text("resolved_by", resolved_by);
    doc.text("severity", name(severity));
    doc.text("source", source);
    doc.text("state", name(state));
    doc.text("subject", subject);
    if (!subject_by.empty()) doc.texts("subject_by", subject_by);
    if (!subject_typed) doc.boolean("subject_typed", false);
    if (!title.empty()) doc.text("title", title);
    if (!opened_boot_id.empty()) doc.number("up", static_cast<std::uint64_t>(opened_up / std::chrono::microseconds{1}));
  }
  return std::move(out).end();
}

Result<Finding> Finding::from_json(const Json& doc) {
  DocReader in(doc, "finding");
  Finding f;
  f.id = in.text("id");
  f.control = in.text("control");
  f.control_hash = in.text("control_hash");
  f.subject = in.text("subject");
  f.severity = in.word("severity", parse_level);
  f.episode = in.number("episode");
  f.state = in.word("state", parse_finding_state);
  f.recurrence_of = in.text("recurrence_of");
  f.differs = in.texts("differs");
  f.occurrences = in.number("occurrences");
  f.source = in.text("source");
  f.offset = in.offset("offset");
  f.opened_at = in.time("opened_at");
  if (in.has("boot_id")) {
    f.opened_boot_id = in.text("boot_id");
    f.opened_up = in.micros("up");
  }
  f.last_at = in.time("last_at");
  f.resolved_at = in.optional_time("resolved_at");
  f.resolved_by = in.text("resolved_by");
  if (in.has("about")) f.about = in.text("about");
  if (in.has("evidence")) {
    DocReader evidence(in.object("evidence"), "evidence of a finding");
    f.evidence = Commitment{evidence.text("id"), evidence.number("size")};
    if (auto ok = evidence.finish(); !ok) return std::unexpected(ok.error());
  }
  if (in.has("causes")) {
    auto causes = causes_from_json(in.array("causes"));
    if (!causes) return std::unexpected(causes.error());
    f.causes = std::move(*causes);
  }
  if (in.has("title")) f.title = in.text("title");
  if (in.has("subject_by")) f.subject_by = in.texts("subject_by");
  if (in.has("subject_typed")) f.subject_typed = in.boolean("subject_typed");
  f.mode_max = mode_max_of(in).value_or(Mode::auto_);
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return f;
}

}  // namespace aright
