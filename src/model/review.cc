#include "model/review.h"

#include "model/doc.h"

namespace aright {

namespace {

Json moment_json(const Moment& at) {
  return {{"at", rfc3339(at.wall)}, {"boot_id", at.boot_id}, {"up", at.boot / std::chrono::microseconds{1}}};
}

Json yes_json(const Yes& yes) {
  Json doc{{"by", yes.by}, {"groups", yes.groups}, {"reason", yes.reason}, {"at", rfc3339(yes.at)}};
  if (yes.break_glass) doc["break_glass"] = true;
  return doc;
}

Result<Yes> yes_from(const Json& doc) {
  DocReader in(doc, "yes of a review");
  Yes yes{in.text("by"), in.texts("groups"), in.text("reason"), in.time("at")};
  if (in.has("break_glass")) yes.break_glass = in.boolean("break_glass");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return yes;
}

/// What a review has where a team decides, or a step asks.
void add_people(const Review& r, Json& doc) {
  if (!r.team.empty()) doc["team"] = r.team;
  if (!r.also.empty()) doc["also"] = r.also;
  if (!r.team.empty() || r.quorum != 1) doc["quorum"] = r.quorum;
  if (r.step) doc["step"] = *r.step;
  if (!r.text.empty()) doc["text"] = r.text;
  for (const Yes& yes : r.yes) doc["yes"].push_back(yes_json(yes));
  if (r.climbed != 0) doc["climbed"] = r.climbed;
  if (r.climbed != 0) doc["climbed_at"] = moment_json(r.climbed_at);
  if (!r.acknowledged_by.empty()) doc["acknowledged_by"] = r.acknowledged_by;
  if (r.acknowledged_at) doc["acknowledged_at"] = rfc3339(*r.acknowledged_at);
  if (!r.in_vain.empty()) doc["in_vain"] = r.in_vain;
  if (!r.under.empty()) doc["under"] = r.under;
  if (r.severity) doc["severity"] = name(*r.severity);
  if (r.only_no) doc["only_no"] = true;
}

Result<Done> read_people(DocReader& in, Review& r) {
  if (in.has("team")) r.team = in.text("team");
  if (in.has("also")) r.also = in.texts("also");
  if (in.has("quorum")) r.quorum = static_cast<std::uint32_t>(in.number("quorum"));
  if (in.has("step")) r.step = in.number("step");
  if (in.has("text")) r.text = in.text("text");
  if (in.has("acknowledged_by")) r.acknowledged_by = in.text("acknowledged_by");
  if (in.has("acknowledged_at")) r.acknowledged_at = in.time("acknowledged_at");
  if (in.has("in_vain")) r.in_vain = in.text("in_vain");
  if (in.has("under")) r.under = in.text("under");
  if (in.has("severity")) r.severity = in.word("severity", parse_level);
  if (in.has("only_no")) r.only_no = in.boolean("only_no");
  if (in.has("climbed")) {
    r.climbed = static_cast<std::uint32_t>(in.number("climbed"));
    DocReader at(in.object("climbed_at"), "moment");
    r.climbed_at = {at.time("at"), at.micros("up"), at.text("boot_id")};
    if (auto ok = at.finish(); !ok) return ok;
  }
  if (!in.has("yes")) return Done{};
  for (const Json& item : in.array("yes")) {
    auto yes = yes_from(item);
    if (!yes) return std::unexpected(yes.error());
    r.yes.push_back(std::move(*yes));
  }
  return Done{};
}

}  // namespace

Json Review::to_json() const {
  Json doc{{"id", id},
           {"run", run},
           {"workflow", workflow},
           {"subject", subject},
           {"guard", guard},
           {"reason", reason},
           {"plan_hash", plan_hash},
           {"state", state},
           {"decided_by", decided_by},
           {"decision_reason", decision_reason},
           {"opened_at", rfc3339(opened.wall)},
           {"opened_boot_us", opened.boot / std::chrono::microseconds{1}},
           {"opened_boot_id", opened.boot_id},
           {"expires_at", rfc3339(expires_at)},
           {"decided_at", json_time(decided_at)}};
  add_people(*this, doc);
  return doc;
}

Result<Review> Review::from_json(const Json& doc) {
  DocReader in(doc, "review");
  Review r;
  r.id = in.number("id");
  r.run = in.number("run");
  r.workflow = in.text("workflow");
  r.subject = in.text("subject");
  r.guard = in.text("guard");
  r.reason = in.text("reason");
  r.plan_hash = in.text("plan_hash");
  r.state = in.text("state");
  r.decided_by = in.text("decided_by");
  r.decision_reason = in.text("decision_reason");
  r.opened = {in.time("opened_at"), in.micros("opened_boot_us"), in.text("opened_boot_id")};
  r.expires_at = in.time("expires_at");
  r.decided_at = in.optional_time("decided_at");
  if (auto ok = read_people(in, r); !ok) return std::unexpected(ok.error());
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return r;
}

}  // namespace aright
