// Which rules an event is held against: log sources, and what Sigma's taxonomy says of Windows.
#include "detect/sigma/rule_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
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

RuleSet rules_of(const std::vector<std::string>& files) {
  Diagnostics out;
  std::vector<Document> documents;
  for (const std::string& text : files)
    std::ranges::move(read_rules(text, "r.yml", out), std::back_inserter(documents));
  RuleSet rules = RuleSet::build(std::move(documents), out);
  EXPECT_FALSE(has_errors(out)) << render_all(out);
  return rules;
}

const std::string login = R"(title: Login
name: login
author: Ann Example, Bo Example
logsource: {product: app}
detection: {s: {action: login}, condition: s}
)";
const std::string other = R"(title: Other
name: other
author: Ann Example
logsource: {product: app}
detection: {s: {action: other}, condition: s}
)";
const std::string many = R"(title: Many
name: many
author: Cy Example
correlation: {type: event_count, rules: [login], group-by: [ip], timespan: 5m, condition: {gte: 3}}
)";

std::string with(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST(SigmaRuleSet, WhatARuleSaysIsItsDocumentAlone) {
  const auto digest = [](const std::string& text, std::size_t rule) {
    return rules_of({text}).rules().at(rule).header.digest;
  };
  const std::string two = login + "---\n" + other;
  EXPECT_EQ(digest(two, 0), digest(login, 0));
  EXPECT_EQ(digest(with(two, "action: other", "action: another"), 0), digest(login, 0));
  EXPECT_NE(digest(with(two, "action: other", "action: another"), 1), digest(two, 1));
  EXPECT_EQ(digest("# a comment\n" + with(login, "{product: app}", "\n  product: app"), 0), digest(login, 0));
  EXPECT_NE(digest(with(login, "action: login", "action: 'login'"), 0), digest(login, 0));
  EXPECT_NE(digest(login + "falsepositives: [none]\n", 0), digest(login, 0));
}

TEST(SigmaRuleSet, ACorrelationIsAnotherWhenARuleThatItCountsIs) {
  const auto made = [](const std::string& base) { return rules_of({base, many, other}).correlations().at(0); };
  const Correlation as_it_was = made(login);
  const Correlation counts_others = made(with(login, "action: login", "action: logout"));
  EXPECT_NE(counts_others.header.digest, as_it_was.header.digest);
  EXPECT_NE(counts_others.hash(), as_it_was.hash());
  const Correlation elsewhere = made(with(login, "product: app", "product: shop"));
  EXPECT_NE(elsewhere.hash(), as_it_was.hash());
  // Another title counts the same events: its window is of use, and it is another text all the same.
  const Correlation renamed = made(with(login, "title: Login", "title: A login"));
  EXPECT_NE(renamed.header.digest, as_it_was.header.digest);
  EXPECT_EQ(renamed.hash(), as_it_was.hash());
  const Correlation unconcerned = rules_of({login, many}).correlations().at(0);
  EXPECT_EQ(unconcerned.header.digest, as_it_was.header.digest);
  EXPECT_EQ(unconcerned.hash(), as_it_was.hash());
}

TEST(SigmaRuleSet, ACorrelationNamesTheAuthorsOfWhatItCounts) {
  const std::string both = with(many, "[login]", "[login, other]");
  EXPECT_EQ(rules_of({login, other, both}).correlations().at(0).header.authors,
            (std::vector<std::string>{"Cy Example", "Ann Example", "Bo Example"}));
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
