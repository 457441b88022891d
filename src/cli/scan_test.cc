#include "cli/scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/property_tree/xml_parser.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cli/scan_report.h"
#include "cli/scan_waivers.h"
#include "model/content.h"
#include "model/key_wish.h"

namespace aright::cli {
namespace {

/// Files as a map; what is not in it is absent, what is in `closed` cannot be read.
class Files final : public Driver {
 public:
  std::map<std::string, Json> files;
  std::set<std::string> closed;
  bool sensitive{false};
  Result<State> read(const ResourceId& resource) override {
    if (closed.contains(resource.id)) return fail(Errc::denied, resource.id + ": permission denied\x1b[31m");
    const auto found = files.find(resource.id);
    return State{found == files.end() ? Json{{"exists", false}} : found->second, sensitive};
  }
  Result<std::vector<std::string>> list(const Select& select) override {
    if (select.ids.empty()) return fail(Errc::not_found, "/gone: no such folder");
    return select.ids;
  }
  Result<Plan> plan(const ResourceId& resource, const Desired& desired) override {
    auto before = read(resource);
    if (!before) return std::unexpected(before.error());
    if (before->fields["exists"] == false) return fail(Errc::invalid, resource.id + ": no content stated");
    Plan plan{*before, *before, {}, Strength::detected};
    plan.after.fields.update(desired.fields);
    if (const auto keys = desired.fields.find(keys_field); keys != desired.fields.end()) {
      plan.after.fields.erase(std::string(keys_field));
      plan.after.fields["content"] = with_keys(*keys, before->fields["content"]).value();
    }
    return plan;
  }
  Result<ApplyOutcome> apply(const ApplyRequest& /*request*/) override {
    return fail(Errc::denied, "a scan changes nothing");
  }
};

const WallTime noon = *parse_rfc3339("2026-11-27T12:00:00Z");

Control control(const std::string& name, std::vector<std::string> ids, Level severity = Level::high) {
  Control c;
  c.name = name;
  c.title = "Title of <" + name + "> & more";
  c.severity = severity;
  c.driver = "file";
  c.select.ids = std::move(ids);
  c.desired.fields = {{"exists", true}, {"mode", "0600"}};
  return c;
}

class ScanTest : public testing::Test {
 protected:
  ScanTest() {
    files_.files = {{"/good", {{"exists", true}, {"mode", "0600"}}},
                    {"/b ad\"é", {{"exists", true}, {"mode", "0644"}}}};
    files_.closed = {"/closed"};
    config_.controls = {control("one", {"/b ad\"é", "/good"}), control("two", {"/absent", "/closed"}, Level::low),
                        control("none", {})};
  }
  Scan look(bool plans) { return scan(config_, {{"file", &files_}}, plans, noon); }
  Files files_;
  Config config_;
};

TEST_F(ScanTest, SaysOfEachResourceWhatItIs) {
  const Scan seen = look(false);
  ASSERT_EQ(seen.items.size(), 5U);
  EXPECT_EQ(seen.items[0].status, ScanStatus::violation);
  EXPECT_EQ(seen.items[0].differs, std::vector<std::string>{"mode"});
  EXPECT_TRUE(seen.items[0].changes.empty());
  EXPECT_EQ(seen.items[1].status, ScanStatus::compliant);
  EXPECT_EQ(seen.items[2].status, ScanStatus::violation);
  EXPECT_EQ(seen.items[3].status, ScanStatus::unreadable);
  EXPECT_EQ(seen.items[4].status, ScanStatus::unreadable);
  EXPECT_EQ(seen.items[4].note, "/gone: no such folder");
  EXPECT_FALSE(seen.clean());
}

TEST_F(ScanTest, NothingSeenIsNotClean) {
  config_.controls.clear();
  EXPECT_FALSE(look(false).clean());
  config_.controls = {control("one", {"/good"})};
  EXPECT_TRUE(look(false).clean());
  config_.controls.front().driver = "unheard-of";
  EXPECT_FALSE(look(false).clean());
}

TEST_F(ScanTest, PlansShowTheDifferenceOrWhyThereIsNone) {
  const Scan seen = look(true);
  EXPECT_EQ(seen.items[0].difference(), Json::parse(R"([{"op":"replace","path":"/mode","value":"0600"}])"));
  EXPECT_EQ(seen.items[2].note, "/absent: no content stated");
  EXPECT_EQ(seen.items[2].status, ScanStatus::violation);
}

TEST_F(ScanTest, PlansShowTheLinesThatGoAndCome) {
  Control motd = control("motd", {"/motd"});
  motd.desired.fields = {{"exists", true}, {"content", {"a", "x", "d", ""}}};
  files_.files["/motd"] = {{"exists", true}, {"content", {"a", "b", "c", "d", ""}}};
  config_.controls = {motd};
  const std::string table = report(look(true), ScanFormat::table);
  EXPECT_NE(table.find("    content, from line 2\n      - b\n      - c\n      + x\n"), std::string::npos) << table;
  files_.files["/motd"]["content"] = {"x", "b", "d", ""};
  config_.controls[0].desired.fields["content"] = {"a", "x", "b", "c", "d", "e", ""};
  const std::string apart = report(look(true), ScanFormat::table);
  EXPECT_NE(apart.find("    content, from line 1\n      + a\n"
                       "    content, from line 3\n      + c\n"
                       "    content, from line 4\n      + e\n"),
            std::string::npos)
      << apart;
  files_.files["/motd"]["content"] = {"a", "b", "c", "d", ""};
  config_.controls[0].desired.fields["content"] = {"a", "x", "d", ""};
  files_.sensitive = true;
  const std::string masked = report(look(true), ScanFormat::table);
  EXPECT_NE(masked.find("replace content, line 2 (kept back)"), std::string::npos) << masked;
  EXPECT_EQ(masked.find("- b"), std::string::npos) << masked;
  EXPECT_EQ(masked.find("x\n"), std::string::npos) << masked;
}

TEST_F(ScanTest, WhatMustNotBeIsPlannedAsItsWorkflowWouldPutItRight) {
  Control never = control("never", {"/b ad\"é"});
  never.desired = {};
  never.violation = "resource.mode != '0600'";
  config_.controls = {never};
  EXPECT_EQ(look(true).items[0].note, "no workflow answers it");
  Workflow w;
  w.name = "tighten";
  w.answers = {{"never", "", std::nullopt}};
  const auto ensure = [](const std::string& id) {
    return Step{.act = EnsureStep{.own = StepTarget{{"file", id}, {{{"exists", true}, {"mode", "0600"}}, false}}}};
  };
  files_.files["/other"] = {{"exists", true}, {"mode", "0644"}};
  ExecStep log;
  log.program.arguments = {"/usr/bin/logger", "${ finding.subject.id } is ${ resource.mode }", "x"};
  w.steps = {ensure("/b ad\"é"), ensure("/other"), ensure("/good"), Step{.act = log}};
  config_.workflows = {w};
  const Scan seen = look(true);
  ASSERT_EQ(seen.items[0].status, ScanStatus::violation);
  EXPECT_EQ(seen.items[0].difference(), Json::parse(R"([{"op":"replace","path":"/mode","value":"0600"}])"));
  EXPECT_EQ(seen.items[0].note, "");
  ASSERT_EQ(seen.items[0].steps.size(), 2U) << "/good would not change";
  EXPECT_EQ(seen.items[0].steps[0].resource.text(), "file:/other");
  EXPECT_EQ(seen.items[0].steps[0].change.difference, seen.items[0].difference());
  EXPECT_EQ(seen.items[0].steps[1].arguments, (std::vector<std::string>{"/usr/bin/logger", "/b ad\"é is 0644", "x"}));
  EXPECT_TRUE(look(false).items[0].steps.empty());
  EXPECT_NE(report(seen, ScanFormat::table)
                .find("    mode    0644 → 0600\n"
                      "    would also change file:/other\n"
                      "        mode    0644 → 0600\n"
                      "    would start [\"/usr/bin/logger\",\"/b ad\\\"é is 0644\",\"x\"]\n"),
            std::string::npos)
      << report(seen, ScanFormat::table);
  const Json steps = Json::parse(R"([{"resource": "file:/other",
    "difference": [{"op": "replace", "path": "/mode", "value": "0600"}]},
    {"exec": ["/usr/bin/logger", "/b ad\"é is 0644", "x"]}])");
  EXPECT_EQ(Json::parse(report(seen, ScanFormat::json))["items"][0]["steps"], steps);
  EXPECT_EQ(Json::parse(report(seen, ScanFormat::sarif))["runs"][0]["results"][0]["properties"]["steps"], steps);
  EXPECT_NE(report(seen, ScanFormat::junit).find("would also change file:/other"), std::string::npos);
}

TEST_F(ScanTest, APlanIsThatOfTheWorkflowWhoseConditionHolds) {
  const auto telling = [](const std::string& name, const std::string& when) {
    Workflow w;
    w.name = name;
    w.answers = {{"one", "", std::nullopt}};
    w.when = when;
    ExecStep log;
    log.program.arguments = {"/usr/bin/logger", name};
    w.steps = {Step{.act = log}};
    return w;
  };
  config_.workflows = {telling("later", "finding.occurrences > 1u"),
                       telling("noon", "resource.mode == '0644' && now.getHours() == 12"), telling("other", "")};
  const Scan seen = look(true);
  EXPECT_EQ(seen.items[0].note, "workflow later does not answer it, its `when` is false: finding.occurrences > 1u");
  ASSERT_EQ(seen.items[0].steps.size(), 1U);
  EXPECT_EQ(seen.items[0].steps[0].arguments, (std::vector<std::string>{"/usr/bin/logger", "noon"}));

  config_.workflows = {telling("unknown", "resource.nope == 1"), telling("other", "")};
  const Scan untold = look(true);
  EXPECT_TRUE(
      untold.items[0].note.starts_with("whether workflow unknown answers it cannot be told, so a person is asked"))
      << untold.items[0].note;
  ASSERT_EQ(untold.items[0].steps.size(), 1U);
  EXPECT_EQ(untold.items[0].steps[0].arguments.at(1), "unknown");
}

TEST_F(ScanTest, APlanKeepsBackTheArgumentsOfASecretProgram) {
  Workflow w;
  w.name = "tell";
  w.answers = {{"one", "", std::nullopt}};
  ExecStep log;
  log.program.arguments = {"/usr/bin/logger", "${ finding.subject.id }"};
  log.sensitive = true;
  w.steps = {Step{}, Step{.act = log}};
  config_.workflows = {w};
  const Scan seen = look(true);
  ASSERT_EQ(seen.items[0].steps.size(), 1U) << "also where the control says what is right";
  EXPECT_EQ(seen.items[0].steps[0].arguments, std::vector<std::string>{"/usr/bin/logger"});
  EXPECT_EQ(seen.items[0].steps[0].note, "what it is given is kept back");
}

TEST_F(ScanTest, APlanSaysWhereAFixWouldLoseARemark) {
  files_.files["/keys"] = {{"exists", true}, {"content", content_json("a = 1 # why\nb = 2 # stays\nc = 3#4\n")}};
  Control keys = control("keys", {"/keys"});
  keys.desired.fields = {{"exists", true},
                         {"keys",
                          {{"format", "key=value"},
                           {"ignore_case", false},
                           {"wins", "every"},
                           {"set", {{"a", "1"}, {"b", "2 # stays"}, {"c", "5"}}}}}};
  config_.controls = {keys};
  EXPECT_EQ(look(true).items[0].note,
            "line 1 would lose what follows its `#`, which is part of the value in this format");
}

TEST_F(ScanTest, AfterAFixEachItemSaysWhatCameOfIt) {
  const Scan before = look(true);
  files_.files["/b ad\"é"]["mode"] = "0600";
  const Scan after =
      after_fix(before, look(true),
                {{"one file:/b ad\"é", {"run 1 succeeded", true}}, {"two file:/absent", {"run 2 held", false}}});
  EXPECT_EQ(after.items[0].status, ScanStatus::fixed);
  EXPECT_EQ(after.items[0].note, "run 1 succeeded");
  EXPECT_EQ(after.items[0].changes.size(), 1U);
  EXPECT_EQ(after.items[1].status, ScanStatus::compliant);
  EXPECT_EQ(after.items[2].status, ScanStatus::violation);
  EXPECT_EQ(after.items[2].note, "run 2 held");
}

TEST_F(ScanTest, WhatEndsOtherwiseIsNotFixed) {
  const Scan before = look(true);
  files_.files["/b ad\"é"]["mode"] = "0600";
  Scan after = after_fix(before, look(true), {{"one file:/b ad\"é", {"run 2 failed: conflict", false}}});
  EXPECT_EQ(after.items[0].status, ScanStatus::ended);
  EXPECT_EQ(after.items[0].note, "compliant since, run 2 failed: conflict");
  EXPECT_EQ(after.count(ScanStatus::fixed), 0U);
  EXPECT_NE(report(after, ScanFormat::table).find("1 compliant, 1 ended, 1 violation, 2 unreadable"), std::string::npos)
      << report(after, ScanFormat::table);
  EXPECT_EQ(Json::parse(report(after, ScanFormat::json))["ended"], 1);
  after = after_fix(before, look(true), {});
  EXPECT_EQ(after.items[0].note, "compliant since");
}

TEST_F(ScanTest, MistakesAreDataInEveryFormat) {
  const Scan refused{{},
                     {},
                     {{Severity::error, {"workflows/a b.yaml", 3, 7}, "unknown field `x`", "known fields: y"},
                      {Severity::warning, {"controls", 0, 0}, "empty", {}}}};
  EXPECT_FALSE(refused.clean());
  const Json doc = Json::parse(report(refused, ScanFormat::json));
  EXPECT_EQ(doc["clean"], false);
  EXPECT_EQ(doc["diagnostics"][0], (Json{{"severity", "error"},
                                         {"file", "workflows/a b.yaml"},
                                         {"line", 3},
                                         {"column", 7},
                                         {"message", "unknown field `x`"},
                                         {"hint", "known fields: y"}}));
  std::istringstream text(report(refused, ScanFormat::junit));
  boost::property_tree::ptree tree;
  ASSERT_NO_THROW(boost::property_tree::read_xml(text, tree));
  const auto& suite = tree.get_child("testsuites.testsuite");
  EXPECT_EQ(suite.get<int>("<xmlattr>.tests"), 1);
  EXPECT_EQ(suite.get<int>("<xmlattr>.errors"), 1);
  const auto& mistake = suite.find("testcase")->second;
  EXPECT_EQ(mistake.get<std::string>("<xmlattr>.name"), "workflows/a b.yaml:3:7");
  EXPECT_EQ(mistake.get<std::string>("error.<xmlattr>.message"), "unknown field `x`");
  const Json invocation = Json::parse(report(refused, ScanFormat::sarif))["runs"][0]["invocations"][0];
  EXPECT_EQ(invocation["executionSuccessful"], false);
  const Json& first = invocation["toolConfigurationNotifications"][0];
  EXPECT_EQ(first["level"], "error");
  const Json& where = first["locations"][0]["physicalLocation"];
  EXPECT_EQ(where["artifactLocation"]["uri"], "workflows/a%20b.yaml");
  EXPECT_EQ(where["region"], (Json{{"startLine", 3}, {"startColumn", 7}}));
  EXPECT_FALSE(invocation["toolConfigurationNotifications"][1]["locations"][0]["physicalLocation"].contains("region"));
}

TEST_F(ScanTest, JunitIsXmlThatCountsWhatItHolds) {
  std::istringstream text(report(look(true), ScanFormat::junit));
  boost::property_tree::ptree tree;
  ASSERT_NO_THROW(boost::property_tree::read_xml(text, tree));
  const auto& suite = tree.get_child("testsuites.testsuite");
  EXPECT_EQ(suite.get<int>("<xmlattr>.tests"), 5);
  EXPECT_EQ(suite.get<int>("<xmlattr>.failures"), 2);
  EXPECT_EQ(suite.get<int>("<xmlattr>.errors"), 2);
  EXPECT_EQ(suite.count("testcase"), 5U);
  const auto& first = suite.find("testcase")->second;
  EXPECT_EQ(first.get<std::string>("<xmlattr>.name"), "file:/b ad\"é");
  EXPECT_EQ(first.get<std::string>("failure.<xmlattr>.message"), "differs in mode");
  EXPECT_NE(first.get<std::string>("failure").find("Title of <one> & more"), std::string::npos);
}

TEST_F(ScanTest, SarifNamesRulesResultsAndWhatCouldNotBeRead) {
  const Json log = Json::parse(report(look(true), ScanFormat::sarif));
  EXPECT_EQ(log["version"], "2.1.0");
  const Json& run = log["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["rules"].size(), 3U);
  ASSERT_EQ(run["results"].size(), 2U);
  EXPECT_EQ(run["results"][0]["ruleId"], "one");
  EXPECT_EQ(run["results"][0]["level"], "error");
  EXPECT_EQ(run["results"][1]["level"], "note");
  EXPECT_EQ(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "file:///b%20ad%22%C3%A9");
  EXPECT_EQ(run["invocations"][0]["executionSuccessful"], false);
  EXPECT_EQ(run["invocations"][0]["toolExecutionNotifications"].size(), 2U);
}

TEST_F(ScanTest, WhatIsWaivedIsSaidToBeAndFailsNothing) {
  Scan seen = look(true);
  const std::size_t violations = seen.count(ScanStatus::violation);
  const auto wrong = std::ranges::find(seen.items, ScanStatus::violation, &ScanItem::status);
  ASSERT_NE(wrong, seen.items.end());
  Waiver waiver;
  waiver.id = 3;
  waiver.control = wrong->control;
  waiver.subject = wrong->resource.text();
  waiver.owner = "ops";
  waiver.reason = "known \x1b[31m";
  waiver.expires_at = noon + std::chrono::hours{1};
  Waiver other = waiver;
  other.subject += "x";
  take_waivers(seen, {other}, noon);
  EXPECT_EQ(seen.count(ScanStatus::waived), 0U);
  take_waivers(seen, {waiver}, waiver.expires_at);
  EXPECT_EQ(seen.count(ScanStatus::waived), 0U) << "it is over";
  take_waivers(seen, {other, waiver}, noon);
  EXPECT_EQ(seen.count(ScanStatus::waived), 1U);
  EXPECT_EQ(seen.count(ScanStatus::violation), violations - 1);
  EXPECT_TRUE(wrong->changes.empty());
  EXPECT_NE(report(seen, ScanFormat::table).find("waiver 3 by ops until 2026-11-27T13:00:00.000000Z: known"),
            std::string::npos);
  EXPECT_EQ(report(seen, ScanFormat::table).find('\x1b'), std::string::npos);
  EXPECT_EQ(Json::parse(report(seen, ScanFormat::json))["waived"], 1);
  const Json results = Json::parse(report(seen, ScanFormat::sarif))["runs"][0]["results"];
  const auto suppressed = std::ranges::count_if(results, [](const Json& r) { return r.contains("suppressions"); });
  EXPECT_EQ(suppressed, 1);
  std::istringstream text(report(seen, ScanFormat::junit));
  boost::property_tree::ptree xml;
  boost::property_tree::read_xml(text, xml);
  EXPECT_EQ(xml.get<int>("testsuites.testsuite.<xmlattr>.skipped"), 1);
  seen.items = {*wrong};
  EXPECT_TRUE(seen.clean());
}

TEST(ScanOfEvents, IsSkippedAndSaid) {
  Config config;
  for (const auto& [name, kind] :
       {std::pair("guessing", ControlKind::sigma), std::pair("prometheus", ControlKind::alert),
        std::pair("malformed-event", ControlKind::builtin)}) {
    config.controls.emplace_back();
    config.controls.back().name = name;
    config.controls.back().kind = kind;
  }
  const Scan scanned = scan(config, {}, false, noon);
  EXPECT_TRUE(scanned.clean()) << "there is nothing that a scan could look at";
  config.controls = {config.controls.back()};
  EXPECT_FALSE(scan(config, {}, false, noon).clean()) << "nobody wrote a control";
  EXPECT_EQ(report(scanned, ScanFormat::table),
            "0 looked at by 0 controls: 0 compliant\n"
            "2 controls skipped, since they need events, which only the daemon has (`aright detect` reads files): "
            "guessing, prometheus\n");
  EXPECT_EQ(Json::parse(report(scanned, ScanFormat::json)).at("skipped"), (Json{"guessing", "prometheus"}));
  std::istringstream text(report(scanned, ScanFormat::junit));
  boost::property_tree::ptree tree;
  ASSERT_NO_THROW(boost::property_tree::read_xml(text, tree));
  const auto& suite = tree.get_child("testsuites.testsuite");
  EXPECT_EQ(suite.get<int>("<xmlattr>.tests"), 2);
  EXPECT_EQ(suite.get<int>("<xmlattr>.skipped"), 2);
  EXPECT_EQ(suite.find("testcase")->second.get<std::string>("<xmlattr>.classname"), "guessing");
  EXPECT_NE(suite.find("testcase")->second.get<std::string>("skipped.<xmlattr>.message").find("need events"),
            std::string::npos);
  const Json run = Json::parse(report(scanned, ScanFormat::sarif))["runs"][0];
  EXPECT_EQ(run["invocations"][0]["executionSuccessful"], true);
  EXPECT_EQ(run["invocations"][0]["toolExecutionNotifications"][0]["level"], "note");
  EXPECT_TRUE(run["results"].empty());
}

TEST_F(ScanTest, ATableLetsNothingReachTheTerminal) {
  const std::string text = report(look(true), ScanFormat::table);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("5 looked at by 3 controls: 1 compliant, 2 violations, 2 unreadable\n"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace aright::cli
