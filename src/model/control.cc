#include "model/control.h"

#include "base/digest.h"
#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {
constexpr std::array<std::string_view, 5> level_words{"informational", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 5> kind_words{"check", "watch", "sigma", "alert", "builtin"};
std::optional<ControlKind> parse_kind(std::string_view text) { return value_of<ControlKind>(kind_words, text); }

Json alert_json(const AlertMapping& alert) {
  return {{"sources", alert.sources},   {"each", alert.each},   {"when", alert.when},        {"subject", alert.subject},
          {"severity", alert.severity}, {"title", alert.title}, {"resolved", alert.resolved}};
}

Result<AlertMapping> alert_from(const Json& doc) {
  DocReader in(doc, "`alert` of a control");
  AlertMapping alert{in.texts("sources"), in.text("each"),  in.text("when"),    in.text("subject"),
                     in.text("severity"), in.text("title"), in.text("resolved")};
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return alert;
}
}  // namespace

std::string_view name(Level level) { return word_of(level_words, level); }
std::vector<std::string> level_names() { return {level_words.begin(), level_words.end()}; }
std::optional<Level> parse_level(std::string_view text) { return value_of<Level>(level_words, text); }
std::string_view name(ControlKind kind) { return word_of(kind_words, kind); }

Json Control::to_json() const {
  Json doc{{"control", name},
           {"title", title},
           {"severity", aright::name(severity)},
           {"tags", tags},
           {"kind", aright::name(kind)},
           {"driver", driver},
           {"ids", select.ids},
           {"within", select.within},
           {"every_ms", every ? Json(*every / std::chrono::milliseconds{1}) : Json(nullptr)},
           {"desired", desired.fields},
           {"sensitive", desired.sensitive}};
  if (!violation.empty()) doc["violation"] = violation;
  if (alert) doc["alert"] = alert_json(*alert);
  if (!owner.empty()) doc["owner"] = owner;
  if (review_by) doc["review_by_ms"] = *review_by / std::chrono::milliseconds{1};
  if (hold_time) doc["for_ms"] = *hold_time / std::chrono::milliseconds{1};
  if (resolve_after) doc["resolve_after_ms"] = *resolve_after / std::chrono::milliseconds{1};
  if (!rule_name.empty()) doc["rule_name"] = rule_name;
  if (!rule_id.empty()) doc["rule_id"] = rule_id;
  if (!rule.empty()) doc["rule"] = rule;
  if (!authors.empty()) doc["authors"] = authors;
  return doc;
}

Result<Control> Control::from_json(const Json& doc) {
  DocReader in(doc, "control");
  Control c;
  c.name = in.text("control");
  c.title = in.text("title");
  c.severity = in.word("severity", parse_level);
  c.tags = in.texts("tags");
  c.kind = in.word("kind", parse_kind);
  c.driver = in.text("driver");
  c.select = {in.texts("ids"), in.texts("within")};
  if (in.has("every_ms")) c.every = in.millis("every_ms");
  c.desired = {in.object("desired"), in.boolean("sensitive")};
  if (in.has("resolve_after_ms")) c.resolve_after = in.millis("resolve_after_ms");
  if (in.has("owner")) c.owner = in.text("owner");
  if (in.has("review_by_ms")) c.review_by = in.millis("review_by_ms");
  if (in.has("for_ms")) c.hold_time = in.millis("for_ms");
  if (in.has("rule_name")) c.rule_name = in.text("rule_name");
  if (in.has("rule_id")) c.rule_id = in.text("rule_id");
  if (in.has("rule")) c.rule = in.text("rule");
  if (in.has("authors")) c.authors = in.texts("authors");
  if (in.has("violation")) c.violation = in.text("violation");
  if (in.has("alert")) {
    auto alert = alert_from(in.object("alert"));
    if (!alert) return std::unexpected(alert.error());
    c.alert = std::move(*alert);
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return c;
}

std::string Control::hash() const { return hex(sha256(canonical_json(to_json()).value_or(std::string()))); }

}  // namespace aright
