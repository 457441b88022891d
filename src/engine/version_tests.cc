#include "engine/version_tests.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "model/doc.h"

namespace aright::engine {

namespace {

bool is_at(const std::map<std::string, std::string>& versions, const std::string& workflow, const std::string& hash) {
  const auto found = versions.find(workflow);
  return found != versions.end() && found->second == hash;
}

}  // namespace

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
      "write a test in tests/ (`aright test`) and reload, or say `aright workflows set-mode {} auto --untested "
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

void TestedVersions::let(const std::string& workflow, const std::string& hash) { let_[workflow] = hash; }

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

bool TestedVersions::passed(const std::string& workflow, const std::string& hash) const {
  const VersionTest* known = test(workflow);
  return known != nullptr && known->hash == hash && known->passed;
}

bool TestedVersions::is_let(const std::string& workflow, const std::string& hash) const {
  return is_at(let_, workflow, hash);
}

bool TestedVersions::was_planned(const std::string& workflow, const std::string& hash) const {
  return is_at(planned_, workflow, hash);
}

bool TestedVersions::was_told_unplanned(const std::string& workflow, const std::string& hash) const {
  return is_at(unplanned_, workflow, hash);
}

std::string TestedVersions::why_not(const std::string& workflow, const std::string& hash) const {
  const VersionTest* known = test(workflow);
  if (known == nullptr || known->hash != hash) return "no test of this version has passed on this node";
  if (known->passed) return {};
  return known->cases == 0 ? std::string(expects_nothing) : "the tests of this version did not pass on this node";
}

Result<Done> TestedVersions::may_act(const std::string& workflow, const std::string& hash) const {
  const std::string why = is_let(workflow, hash) ? std::string() : why_not(workflow, hash);
  if (why.empty()) return Done{};
  return fail(Errc::denied, fmt::format("{}: {}; {}", workflow, why, how_to_test(workflow)));
}

std::string TestedVersions::warning_of(const std::string& workflow, const std::string& hash) const {
  std::string all = why_not(workflow, hash);
  if (was_planned(workflow, hash)) return all;
  return all + (all.empty() ? "" : "; ") + std::string(never_planned);
}

Json TestedVersions::to_json() const {
  Json doc = Json::object();
  for (const auto& [workflow, test] : tests_) {
    doc["tests"][workflow] = {{"hash", test.hash}, {"passed", test.passed}, {"cases", test.cases}};
  }
  if (!let_.empty()) doc["untested"] = let_;
  if (!planned_.empty()) doc["planned"] = planned_;
  if (!unplanned_.empty()) doc["unplanned"] = unplanned_;
  return doc;
}

Result<TestedVersions> TestedVersions::from_json(const Json& doc) {
  TestedVersions all;
  DocReader in(doc, "versions");
  if (in.has("untested")) all.let_ = in.text_map("untested");
  if (in.has("planned")) all.planned_ = in.text_map("planned");
  if (in.has("unplanned")) all.unplanned_ = in.text_map("unplanned");
  if (in.has("tests")) {
    for (const auto& [workflow, item] : in.object("tests").items()) {
      DocReader one(item, "versions test");
      all.tests_[workflow] = {workflow, one.text("hash"), one.boolean("passed"), one.number("cases")};
      if (auto ok = one.finish(); !ok) return std::unexpected(ok.error());
    }
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return all;
}

}  // namespace aright::engine
