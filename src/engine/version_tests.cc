#include "engine/version_tests.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/digest.h"
#include "model/doc.h"

namespace aright::engine {

namespace {

bool is_at(const std::map<std::string, std::string>& versions, const std::string& workflow, const std::string& hash) {
  const auto found = versions.find(workflow);
  return found != versions.end() && found->second == hash;
}

constexpr std::string_view other_demands =
    "the controls it answers demand something else now (desired, violation, or of which resources) than what {} here";
constexpr std::string_view unknown_demands = "{} here before it was recorded what the controls it answers demanded";

/// `was`: "was tested", "a person let act".
std::string changed_since(const std::string& demands, std::string_view was, std::string_view when_unknown) {
  if (demands.empty()) return fmt::format(unknown_demands, when_unknown);
  return fmt::format(other_demands, was);
}

}  // namespace

Demands::Demands(const std::vector<Control>& controls) {
  digests_.reserve(controls.size());
  for (const Control& c : controls) {
    if (c.on_events()) continue;
    const Json doc{{"driver", c.driver},
                   {"ids", c.select.ids},
                   {"within", c.select.within},
                   {"desired", c.desired.fields},
                   {"sensitive", c.desired.sensitive},
                   {"violation", c.violation}};
    digests_.emplace_back(&c, hex(sha256(canonical_json(doc).value_or(std::string()))));
  }
}

std::string Demands::on(const Workflow& workflow) const {
  std::set<std::string_view> all;
  for (const auto& [control, digest] : digests_) {
    if (workflow.answers_to(*control)) all.insert(digest);
  }
  std::string text;
  for (const std::string_view one : all) text.append(one).append("\n");
  return hex(sha256(text));
}

std::string_view name(TestsRule rule) {
  switch (rule) {
    case TestsRule::off: return "off";
    case TestsRule::warn: return "warn";
    case TestsRule::required: break;
  }
  return "required";
}

std::string how_to_test(const std::string& workflow) {
  return fmt::format(
      "mend or write a test in tests/ (`aright test DIR` says what fails) and reload, or say `aright workflows "
      "set-mode {} auto --untested "
      "--reason TEXT`",
      workflow);
}

std::string_view what_untested_does(TestsRule rule) {
  return rule == TestsRule::required ? "stays in mode propose" : "acts by itself";
}

std::string untested_line(TestsRule rule, const std::string& workflow, const std::string& why) {
  return fmt::format("workflow {} {}: {}; {}", workflow, what_untested_does(rule), why, how_to_test(workflow));
}

std::string unplanned_line(const std::string& workflow) {
  return fmt::format("workflow {} acts by itself, and {}; `mode: plan` shows first what it would do", workflow,
                     never_planned);
}

void TestedVersions::take(VersionTest test) {
  std::string workflow = test.workflow;
  tests_.insert_or_assign(std::move(workflow), std::move(test));
}

void TestedVersions::let(const std::string& workflow, ActingVersion version) { let_[workflow] = std::move(version); }

bool TestedVersions::planned(const std::string& workflow, const std::string& hash) {
  return std::exchange(planned_[workflow], hash) != hash;
}

void TestedVersions::told_unplanned(const std::string& workflow, const std::string& hash) {
  unplanned_[workflow] = hash;
}

void TestedVersions::forget(const std::string& workflow) {
  tests_.erase(workflow);
  let_.erase(workflow);
  planned_.erase(workflow);
  unplanned_.erase(workflow);
}

const VersionTest* TestedVersions::test(const std::string& workflow) const {
  const auto found = tests_.find(workflow);
  return found == tests_.end() ? nullptr : &found->second;
}

bool TestedVersions::is_let(const std::string& workflow, const ActingVersion& version) const {
  const auto found = let_.find(workflow);
  return found != let_.end() && found->second == version;
}

bool TestedVersions::was_planned(const std::string& workflow, const std::string& hash) const {
  return is_at(planned_, workflow, hash);
}

bool TestedVersions::was_told_unplanned(const std::string& workflow, const std::string& hash) const {
  return is_at(unplanned_, workflow, hash);
}

std::string TestedVersions::why_not(const std::string& workflow, const ActingVersion& version) const {
  const VersionTest* known = test(workflow);
  const auto let = let_.find(workflow);
  const bool was_let = let != let_.end() && let->second.hash == version.hash && let->second != version;
  if (was_let && (known == nullptr || known->hash != version.hash)) {
    return changed_since(let->second.demands, "a person let it act on", "a person let it act");
  }
  if (known == nullptr || known->hash != version.hash) {
    return "no test of this version has passed on this node";
  }
  if (known->passed && known->demands == version.demands) return {};
  if (known->passed) return changed_since(known->demands, "its tests passed with", "its tests passed");
  return known->cases == 0 ? std::string(expects_nothing) : "the tests of this version did not pass on this node";
}

Result<Done> TestedVersions::may_act(const std::string& workflow, const ActingVersion& version) const {
  const std::string why = is_let(workflow, version) ? std::string() : why_not(workflow, version);
  if (why.empty()) return Done{};
  return fail(Errc::denied, fmt::format("{}: {}; {}", workflow, why, how_to_test(workflow)));
}

std::string TestedVersions::warning_of(const std::string& workflow, const ActingVersion& version) const {
  std::string all = why_not(workflow, version);
  if (was_planned(workflow, version.hash)) return all;
  return all + (all.empty() ? "" : "; ") + std::string(never_planned);
}

Json TestedVersions::to_json() const {
  Json doc = Json::object();
  for (const auto& [workflow, test] : tests_) {
    doc["tests"][workflow] = {{"hash", test.hash}, {"passed", test.passed}, {"cases", test.cases}};
    if (!test.demands.empty()) doc["tests"][workflow]["demands"] = test.demands;
  }
  for (const auto& [workflow, version] : let_) {
    doc["untested"][workflow] = version.hash;
    if (!version.demands.empty()) doc["untested_demands"][workflow] = version.demands;
  }
  if (!planned_.empty()) doc["planned"] = planned_;
  if (!unplanned_.empty()) doc["unplanned"] = unplanned_;
  return doc;
}

Result<TestedVersions> TestedVersions::from_json(const Json& doc) {
  TestedVersions all;
  DocReader in(doc, "versions");
  if (in.has("untested")) {
    for (auto& [workflow, hash] : in.text_map("untested")) all.let_[workflow] = {hash};
  }
  if (in.has("untested_demands")) {
    for (auto& [workflow, demands] : in.text_map("untested_demands")) all.let_[workflow].demands = demands;
  }
  if (in.has("planned")) all.planned_ = in.text_map("planned");
  if (in.has("unplanned")) all.unplanned_ = in.text_map("unplanned");
  if (in.has("tests")) {
    for (const auto& [workflow, item] : in.object("tests").items()) {
      DocReader one(item, "versions test");
      VersionTest& test = all.tests_[workflow];
      test = {workflow, one.text("hash"), one.boolean("passed"), one.number("cases")};
      if (one.has("demands")) test.demands = one.text("demands");
      if (auto ok = one.finish(); !ok) return std::unexpected(ok.error());
    }
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return all;
}

}  // namespace aright::engine
