// Which rules an event is held against: log sources, and what Sigma's taxonomy says of Windows.
#include "detect/sigma/rule_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "detect/sigma/rig_test.h"
#include "detect/sigma/taxonomy.h"

namespace aright::detect::sigma {
namespace {

RuleSet rules_for(const std::vector<std::string>& sources) {
  std::string text;
  for (const std::string& source : sources) {
    text += "title: '" + source + "'\nlogsource: " + source + "\ndetection: {s: {F: 1}, condition: s}\n---\n";
  }
  Diagnostics out;
  RuleSet rules = RuleSet::build(read_rules(text, "r.yml", out), out);
  EXPECT_FALSE(has_errors(out)) << render_all(out);
  return rules;
}

std::vector<std::string> titles(const RuleSet& rules, const LogSources& sources) {
  static const Json body = Json::parse(R"({"F": 1})");
  std::vector<std::string> names;
  for (const auto& hit : rules.match(Event(body, sources))) names.push_back(rules.rules()[hit.rule].header.title);
  // What the index finds is what the plain question answers.
  const auto plain = std::ranges::count_if(rules.rules(), [&](const Rule& r) { return applies(r.logsource, sources); });
  EXPECT_EQ(static_cast<std::size_t>(plain), names.size());
  return names;
}

TEST(SigmaRuleSet, AllThatARuleGivesMustBeThere) {
  using Names = std::vector<std::string>;
  const RuleSet rules = rules_for({"{product: a}", "{category: b}", "{service: c}", "{product: a, category: b}",
                                   "{product: a, service: c}", "{product: A, category: b, service: c}"});
  EXPECT_EQ(titles(rules, {{"", "a", ""}}), Names{"{product: a}"});
  EXPECT_EQ(titles(rules, {{"b", "a", ""}}), (Names{"{product: a}", "{category: b}", "{product: a, category: b}"}));
  EXPECT_EQ(titles(rules, {{"b", "a", "c"}}).size(), 6U);
  EXPECT_EQ(titles(rules, {{"x", "y", "c"}}), Names{"{service: c}"});
  EXPECT_EQ(titles(rules, {}), Names{});
  EXPECT_EQ(titles(rules, {{"", "", ""}}), Names{});
  // Two log sources of one event are not mixed.
  EXPECT_EQ(titles(rules, {{"b", "", ""}, {"", "a", ""}}), (Names{"{product: a}", "{category: b}"}));
  EXPECT_EQ(titles(rules, {{"b", "a", ""}, {"b", "a", ""}}).size(), 3U);
}

LogSources sources_of(const std::string& json) { return log_sources_of(Json::parse(json)); }

bool has(const LogSources& sources, const LogSource& source) {
  return std::ranges::find(sources, source) != sources.end();
}

TEST(SigmaTaxonomy, WhatARecordStatesItself) {
  EXPECT_EQ(sources_of(R"({"product": "AWS", "service": "cloudtrail"})"), (LogSources{{"", "aws", "cloudtrail"}}));
  EXPECT_EQ(sources_of("{}"), LogSources{});
  EXPECT_EQ(sources_of("5"), LogSources{});
  EXPECT_EQ(sources_of(R"({"product": 5, "EventID": 1})"), LogSources{});
}

TEST(SigmaTaxonomy, RecordsOfWindows) {
  const auto sysmon = [](const std::string& more) {
    return sources_of(R"({"Channel": "Microsoft-Windows-Sysmon/Operational", )" + more + "}");
  };
  EXPECT_TRUE(has(sysmon(R"("EventID": 1)"), {"process_creation", "windows", "sysmon"}));
  EXPECT_TRUE(has(sysmon(R"("EventID": "1")"), {"process_creation", "windows", "sysmon"}));
  EXPECT_TRUE(has(sysmon(R"("EventID": 13)"), {"registry_set", "windows", "sysmon"}));
  EXPECT_TRUE(has(sysmon(R"("EventID": 13)"), {"registry_event", "windows", "sysmon"}));
  EXPECT_TRUE(has(sysmon(R"("EventID": 12, "EventType": "DeleteValue")"), {"registry_delete", "windows", "sysmon"}));
  EXPECT_TRUE(has(sysmon(R"("EventID": 12, "EventType": "CreateKey")"), {"registry_add", "windows", "sysmon"}));
  EXPECT_FALSE(has(sysmon(R"("EventID": 12, "EventType": "CreateKey")"), {"registry_delete", "windows", "sysmon"}));
  EXPECT_TRUE(has(sysmon(R"("EventID": 12, "EventType": "CreateKey")"), {"registry_event", "windows", "sysmon"}));
  EXPECT_EQ(sysmon(R"("EventID": 999)"), (LogSources{{"", "windows", "sysmon"}}));
  EXPECT_EQ(sysmon(R"("EventID": -1)"), LogSources{});
  EXPECT_EQ(sysmon(R"("EventID": 18446744073709551615)"), LogSources{});
  EXPECT_EQ(sysmon(R"("EventID": "1x")"), LogSources{});
  const auto created = sources_of(R"({"Channel": "Security", "EventID": 4688})");
  EXPECT_TRUE(has(created, {"process_creation", "windows", "security"}));
  EXPECT_TRUE(has(created, {"", "windows", "security"}));
  EXPECT_EQ(sources_of(R"({"Channel": "Unheard Of", "EventID": 1})"), (LogSources{{"", "windows", ""}}));
}

TEST(SigmaTaxonomy, OtherNamesOfFields) {
  const auto aliases = field_aliases_of(Json::parse(R"({"Channel": "Security", "EventID": 4688})"));
  EXPECT_NE(std::ranges::find(aliases, std::pair<std::string, std::string>("Image", "NewProcessName")), aliases.end());
  EXPECT_TRUE(field_aliases_of(Json::parse(R"({"Channel": "System", "EventID": 4688})")).empty());
  EXPECT_TRUE(field_aliases_of(Json::parse("[]")).empty());
}

}  // namespace
}  // namespace aright::detect::sigma
