// Events of other tools → alerts.
#include "detect/alert.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "detect/parse_alert.h"

namespace aright::detect {
namespace {

Control control(AlertMapping mapping) {
  Control c;
  c.name = "other-tool";
  c.kind = ControlKind::alert;
  c.alert = std::move(mapping);
  return c;
}

AlertMapping listed() {
  return {.sources = {"hook"},
          .each = "event.alerts",
          .when = "alert.labels.name != 'Watchdog'",
          .subject = "instance=${ alert.labels.instance }",
          .severity = "${ alert.labels.severity == 'page' ? 'critical' : alert.labels.severity }",
          .title = "${ alert.labels.name } of ${ event.receiver }",
          .resolved = "alert.status == 'resolved'"};
}

Json alert(const std::string& instance, const std::string& status = "firing", const std::string& severity = "high") {
  return {{"status", status}, {"labels", {{"name", "Down"}, {"instance", instance}, {"severity", severity}}}};
}

Event event(Json data, std::vector<OutsiderField> outsider = {}) {
  return {"hook", 7, WallTime{}, {{"", "prometheus", ""}}, std::move(data), std::move(outsider)};
}

Event listing(Json alerts, std::vector<OutsiderField> outsider = {}) {
  return event({{"receiver", "aright"}, {"alerts", std::move(alerts)}}, std::move(outsider));
}

Alerts map(const AlertMapping& mapping, const Event& what) {
  const auto mapper = AlertMapper::make(control(mapping));
  EXPECT_TRUE(mapper) << mapper.error().message;
  return mapper->map(what);
}

TEST(Alert, EachElementOfAListIsOne) {
  const Alerts said =
      map(listed(), listing({alert("web1"), alert("web2", "resolved"), alert("web3", "firing", "page")}));
  EXPECT_EQ(said.failed, 0U) << said.trouble;
  ASSERT_EQ(said.list.size(), 3U);
  EXPECT_EQ(said.list[0].subject, "instance=web1");
  EXPECT_EQ(said.list[0].severity, Level::high);
  EXPECT_EQ(said.list[0].title, "Down of aright");
  EXPECT_EQ(said.list[0].event->data, alert("web1")) << "workflows see the element";
  EXPECT_EQ(said.list[0].event->offset, 7U);
  EXPECT_FALSE(said.list[0].resolved);
  EXPECT_TRUE(said.list[1].resolved);
  EXPECT_FALSE(said.list[1].event) << "what is over needs no evidence";
  EXPECT_EQ(said.list[2].severity, Level::critical);
}

TEST(Alert, AnEventWithoutAListIsOneItself) {
  const Alerts said = map({.sources = {"hook"}, .subject = "host=${ event.host }"}, event({{"host", "web1"}}));
  ASSERT_EQ(said.list.size(), 1U);
  EXPECT_EQ(said.list[0].subject, "host=web1");
  EXPECT_FALSE(said.list[0].event) << "it is the event itself";
  EXPECT_FALSE(said.list[0].severity);
  EXPECT_EQ(map({.sources = {"hook"}, .subject = "host=${ alert.host }"}, event({{"host", "web1"}})).list.size(), 1U);
}

TEST(Alert, WhatDoesNotCountIsNoAlertAndNoTrouble) {
  Json watchdog = alert("web1");
  watchdog["labels"]["name"] = "Watchdog";
  const Alerts said = map(listed(), listing({watchdog, alert("web2")}));
  EXPECT_EQ(said.failed, 0U);
  EXPECT_EQ(said.list.size(), 1U);
  EXPECT_TRUE(map(listed(), listing(Json::array())).list.empty());
}

TEST(Alert, WhatCannotBeToldIsCountedAndTheOthersStand) {
  const Json without{{"status", "firing"}, {"labels", {{"name", "Down"}}}};
  const Json nothing{{"labels", {{"name", "Down"}, {"instance", "web3"}}}};
  const Alerts said = map(listed(), listing({without, nothing, "text", alert("web1"), alert("  ")}));
  EXPECT_EQ(said.failed, 4U);
  EXPECT_NE(said.trouble.find("alert 1 of 5: `subject`: "), std::string::npos) << said.trouble;
  EXPECT_NE(said.trouble.find("instance"), std::string::npos) << said.trouble;
  ASSERT_EQ(said.list.size(), 1U);
  EXPECT_EQ(said.list[0].subject, "instance=web1");
}

TEST(Alert, WithoutItsListTheWholeEventFails) {
  for (const Json& data : {Json{{"receiver", "x"}}, Json{{"alerts", "text"}}, Json{{"alerts", Json::object()}}}) {
    const Alerts said = map(listed(), event(data));
    EXPECT_EQ(said.failed, 1U);
    EXPECT_TRUE(said.trouble.starts_with("`each`: ")) << said.trouble;
    EXPECT_TRUE(said.list.empty());
  }
}

TEST(Alert, ASeverityThatIsNoneLosesNothing) {
  const Alerts said = map(listed(), listing(Json::array({alert("web1", "firing", "warning")})));
  ASSERT_EQ(said.list.size(), 1U);
  EXPECT_FALSE(said.list[0].severity) << "the control's then";
  EXPECT_EQ(said.failed, 1U);
  EXPECT_NE(said.trouble.find("`warning` is none of informational, low"), std::string::npos) << said.trouble;
}

TEST(Alert, BehindTheLimitIsTold) {
  Json many = Json::array();
  for (std::size_t i = 0; i < alerts_max + 5; ++i) many.push_back(alert("web" + std::to_string(i)));
  const Alerts said = map(listed(), listing(std::move(many)));
  EXPECT_EQ(said.list.size(), alerts_max);
  EXPECT_EQ(said.failed, 5U);
  EXPECT_EQ(said.trouble, "`each`: it has 1005 elements, only the first 1000 are looked at");
  const Alerts wide = map(listed(), listing(Json::array({alert(std::string(600, 'x'))})));
  EXPECT_TRUE(wide.list.empty());
  EXPECT_EQ(wide.trouble, "alert 1 of 1: `subject`: it has 609 bytes, the limit is 512");
}

TEST(Alert, ASubjectIsTypedWhenItRestsOnNothingAnOutsiderWrote) {
  const OutsiderField list{"alerts", FieldType::text};
  const OutsiderField receiver{"receiver", FieldType::text};
  const auto only = [&](std::vector<OutsiderField> outsider) {
    Alerts said = map(listed(), listing(Json::array({alert("web1")}), std::move(outsider)));
    EXPECT_EQ(said.list.size(), 1U);
    return said.list.at(0);
  };
  EXPECT_TRUE(only({}).typed);
  EXPECT_TRUE(only({receiver}).typed) << "only the title rests on it";
  EXPECT_TRUE(only({receiver}).event->outsider.empty());
  EXPECT_FALSE(only({list}).typed);
  EXPECT_EQ(only({list}).event->outsider,
            (std::vector<OutsiderField>{{"labels", FieldType::text}, {"status", FieldType::text}}));
  EXPECT_FALSE(only({list, receiver}).typed);
  const AlertMapping plain{.sources = {"hook"}, .subject = "address=${ event.address }"};
  EXPECT_TRUE(map(plain, event({{"address", "::1"}}, {{"address", FieldType::address}})).list.at(0).typed);
  EXPECT_FALSE(map(plain, event({{"address", "::1"}}, {{"address", FieldType::text}})).list.at(0).typed);
}

TEST(Alert, AFilteredListOfAnOutsiderIsHis) {
  AlertMapping mapping = listed();
  mapping.each = "event.alerts.filter(a, has(event.allowed) ? a.status == event.allowed : true)";
  mapping.title.clear();
  const Json data{{"alerts", {alert("web1"), alert("web2", "held")}}, {"allowed", "firing"}};
  const Alerts said = map(mapping, event(data, {{"allowed", FieldType::text}}));
  ASSERT_EQ(said.list.size(), 1U);
  EXPECT_FALSE(said.list[0].typed) << "without his field it would be another list";
}

TEST(Alert, AControlIsReadAgainAsTheSame) {
  Control written = control(listed());
  written.resolve_after = std::chrono::hours{2};
  const auto again = Control::from_json(written.to_json());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->hash(), written.hash());
  EXPECT_EQ(again->alert->resolved, listed().resolved);
  EXPECT_EQ(again->kind, ControlKind::alert);
}

TEST(Alert, AConditionMayBeABooleanHoweverItIsSpelt) {
  Diagnostics out;
  const auto node = yaml::parse(
      "control: a\nalert: { source: hook, when: True, subject: \"a=${ event.a }\", resolved: FALSE }\n", "a.yaml", out);
  const auto made = parse_alert(*node, out);
  ASSERT_TRUE(made) << render(out.at(0));
  EXPECT_EQ(made->alert->when, "true");
  EXPECT_EQ(made->alert->resolved, "false");
}

TEST(Alert, WhatIsReadFromYamlMaps) {
  Diagnostics out;
  const auto node = yaml::parse(R"(control: prometheus
alert:
  source: hook
  each: event.alerts
  subject: instance=${ alert.labels.instance }
  resolved: alert.status == "resolved"
)",
                                "a.yaml", out);
  const auto made = parse_alert(*node, out);
  ASSERT_TRUE(made) << render(out.at(0));
  EXPECT_EQ(made->resolve_after, resolve_after_told);
  EXPECT_EQ(map(*made->alert, listing({alert("web1"), alert("web1", "resolved")})).list.size(), 2U);
}

}  // namespace
}  // namespace aright::detect
