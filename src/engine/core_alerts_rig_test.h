// For tests of the core on another tool's alerts: a control that reads them, and what the tool says.
#pragma once

#include "core_events_rig_test.h"

namespace aright::engine::test {

inline Control alert_control() {
  Control c;
  c.name = "prometheus";
  c.title = "An alert of Prometheus";
  c.kind = ControlKind::alert;
  c.resolve_after = 24h;
  c.alert = AlertMapping{.sources = {"hook"},
                         .each = "event.alerts",
                         .when = {},
                         .subject = "instance=${ alert.instance }",
                         .severity = "${ alert.severity }",
                         .title = "${ alert.name } on ${ alert.instance }",
                         .resolved = "alert.status == 'resolved'"};
  return c;
}

struct SaidAlert {
  std::string instance;
  std::string status{"firing"};
  std::string severity{"high"};
};

class CoreAlerts : public testing::Test {
 protected:
  CoreAlerts() : rig(configuration()) { rig.programs = &programs; }
  static Config configuration(Mode mode = Mode::auto_, const std::string& argument = "${ event.instance }") {
    Workflow w = workflow("react", {"prometheus"}, {react(argument)});
    w.mode = mode;
    w.guards.threshold = {{100, 10min, Per::workflow}};
    return {{alert_control(), malformed()}, {w}, {}};
  }
  static Json body(const std::vector<SaidAlert>& said) {
    Json alerts = Json::array();
    for (const SaidAlert& one : said) {
      alerts.push_back(
          {{"instance", one.instance}, {"status", one.status}, {"severity", one.severity}, {"name", "Down"}});
    }
    return {{"receiver", "aright"}, {"alerts", std::move(alerts)}};
  }
  EventsRead batch(const std::vector<Json>& bodies, bool trusted = true) {
    EventsRead read;
    read.source = "hook";
    read.arrival = rig.now.wall;
    for (const Json& one : bodies) {
      read.events.push_back({"hook", next++, rig.now.wall, {}, one, {}});
      if (!trusted) read.events.back().outsider = {{"alerts", FieldType::text}};
    }
    read.lanes = {{"hook", 0, next, nullptr, 0, 0}};
    return read;
  }
  void post(const std::vector<SaidAlert>& said) {
    rig.feed(batch({body(said)}));
    rig.settle();
  }

  CountingPrograms programs;
  Rig rig;
  std::uint64_t next{0};
};

}  // namespace aright::engine::test
