// The rows that the entries imply, as text. Open ones are written when they are taken: an entry after the other touches
// the same.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/canonical.h"
#include "engine/projection.h"

namespace aright::engine {

namespace {

Json moments_json(const std::vector<Moment>& moments) {
  Json list = Json::array();
  for (const Moment& at : moments) {
    list.push_back({{"at", rfc3339(at.wall)}, {"boot_id", at.boot_id}, {"up", at.boot / std::chrono::microseconds{1}}});
  }
  return list;
}

Json returns_json(const std::map<std::string, std::vector<Moment>>& returns) {
  Json all = Json::object();
  for (const auto& [workflow, moments] : returns) all[workflow] = moments_json(moments);
  return all;
}

Result<std::string> subject_text(const SubjectState& s) {
  CanonicalWriter out;
  {
    CanonicalObject doc(out);
    {
      CanonicalObject answers(doc.at("answers"));
      for (const auto& [workflow, a] : s.answers) {
        CanonicalObject answer(answers.at(workflow));
        if (!a.about.empty()) answer.text("about", a.about);
        answer.text("boot_id", a.ended.boot_id);
        if (!a.causes.empty()) answer.json("causes", causes_json(a.causes));
        answer.text("ended", rfc3339(a.ended.wall));
        if (!a.kept_by.empty()) answer.text("kept_by", fmt::format("{}", fmt::join(a.kept_by, ",")));
        if (!a.made.empty()) answer.json("made", a.made);
        answer.number("noted", a.noted);
        if (a.order != 0) answer.number("order", a.order);
        if (a.refused != 0) answer.number("refused", a.refused);
        if (a.refused != 0) answer.text("refused_under", a.refused_under);
        if (a.run != 0) answer.number("run", a.run);
        answer.number("runs", a.runs);
        answer.text("state", a.state);
        if (a.run != 0) answer.text("under", a.under);
        answer.number("up", a.ended.boot / std::chrono::microseconds{1});
        if (a.would_wait) answer.boolean("would_wait", true);
      }
    }
    doc.text("control", s.control);
    doc.number("episode", s.episode);
    doc.text("finding", s.finding);
    if (!s.fixed.empty()) doc.texts("fixed", s.fixed);
    doc.boolean("open", s.open);
    if (!s.openings.empty()) doc.json("openings", moments_json(s.openings));
    if (!s.returns.empty()) doc.json("returns", returns_json(s.returns));
    doc.text("subject", s.subject);
  }
  return std::move(out).end();
}

}  // namespace

void Projection::touch(std::string table, std::string id, bool open, Result<std::string> doc) {
  auto key = std::pair(table, id);
  // What an entry held is UTF-8, so there is always a text.
  Row row{std::move(table), std::move(id), open, std::move(doc).value_or(std::string())};
  touched_.insert_or_assign(std::move(key), std::move(row));
}

Result<std::string> Projection::admission_text(const std::string& key, const guard::Admission& admission) {
  CanonicalWriter out;
  {
    CanonicalObject doc(out);
    if (admission.again) doc.boolean("again", true);
    doc.text("at", rfc3339(admission.at.wall));
    doc.text("boot_id", admission.at.boot_id);
    if (!admission.end.empty()) doc.text("end", admission.end);
    doc.text("key", key);
    if (!admission.keys.empty()) doc.texts("keys", admission.keys);
    if (admission.run != 0) doc.number("run", admission.run);
    doc.text("subject", admission.subject);
    doc.number("up", admission.at.boot / std::chrono::microseconds{1});
  }
  return std::move(out).end();
}

/// Of one that is open.
Result<std::string> Projection::row_text(const std::string& table, const std::string& id) const {
  if (table == "run") return runs_.at(std::stoull(id)).to_text();
  if (table == "finding") return findings_.at(id).to_text();
  return subject_text(subjects_.at(id));
}

std::vector<Row> Projection::take_rows() {
  std::vector<Row> rows;
  rows.reserve(touched_.size());
  for (auto& [key, row] : touched_) {
    if (row.doc.empty() && row.open) row.doc = row_text(row.table, row.id).value_or(std::string());
    rows.push_back(std::move(row));
  }
  touched_.clear();
  return rows;
}

std::string Projection::take_context() {
  if (!std::exchange(context_touched_, false)) return {};
  return context();
}

}  // namespace aright::engine
