// For tests of the core on events: rules, a workflow that starts a program, and batches of a log.
#pragma once

#include <gtest/gtest.h>

#include "core_rig_test.h"
#include "detect/sigma/read_rules.h"

namespace aright::engine::test {

using namespace std::chrono_literals;

inline constexpr const char* failed_login = R"(
title: Failed login
name: failed-login
level: high
tags: [attack.t1110]
logsource: { product: linux }
detection:
  selection: { what: failed }
  condition: selection
)";
inline constexpr const char* guessing = R"(
title: Many
name: many-failed
correlation:
  type: event_count
  rules: [failed-login]
  group-by: [address]
  timespan: 10m
  condition: { gte: 3 }
)";

class CountingPrograms final : public ProgramRunner {
 public:
  std::vector<ProgramRequest> requests;
  int exit_code{0};
  bool hangs{false};
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    requests.push_back(request);
    if (hangs) return fail(Errc::timeout, "hangs in the kernel");
    ProgramOutcome outcome;
    outcome.number = exit_code;
    return outcome;
  }
};

inline Control sigma_control(const std::string& name) {
  Control c;
  c.name = c.rule_name = name;
  c.title = name;
  c.severity = Level::high;
  c.kind = ControlKind::sigma;
  c.resolve_after = 1h;
  return c;
}

inline Control malformed() {
  Control c;
  c.name = malformed_control;
  c.kind = ControlKind::builtin;
  c.resolve_after = 1h;
  return c;
}

inline Step react(const std::string& argument) {
  Step::Exec exec;
  exec.program.arguments = {"/bin/react", argument};
  return {exec};
}

class Events : public testing::Test {
 protected:
  Events() : rig(configuration(Mode::auto_)) {
    rig.programs = &programs;
    load(failed_login);
  }
  static Config configuration(Mode mode, const std::string& argument = "${ event.address }") {
    Workflow w = workflow("react", {"failed-login"}, {react(argument)});
    w.mode = mode;
    w.guards.threshold = {{100, 10min, Per::workflow}};
    return {{sigma_control("failed-login"), malformed()}, {w}, {}};
  }
  void load(const std::string& text) {
    Diagnostics out;
    rig.rules = std::make_shared<const detect::sigma::RuleSet>(
        detect::sigma::RuleSet::build(detect::sigma::read_rules(text, "rules.yml", out), out));
    ASSERT_TRUE(out.empty()) << out.front().message;
  }
  /// Begins with a correlation beside the rule that it counts.
  void start_with_guessing() {
    load(std::string(failed_login) + "---" + guessing);
    Config config = configuration(Mode::auto_);
    config.controls.push_back(sigma_control("many-failed"));
    rig.configure(config);
    rig.start();
  }
  EventsRead batch(const std::vector<std::string>& addresses) {
    EventsRead read;
    read.source = "auth";
    read.arrival = rig.now.wall;
    for (const std::string& address : addresses) {
      Event event{"auth:/log", next, rig.now.wall, {{"", "linux", ""}}, Json::object(), {{"host", FieldType::text}}};
      event.data = {{"what", "failed"}, {"address", address}, {"host", address}};
      read.events.push_back(std::move(event));
      next += 10;
    }
    read.lanes = {{"auth:/log", 0, next, {{"byte", next}}, 0, {{"byte", 0}}}};
    return read;
  }
  [[nodiscard]] Intake intake() const { return rig.core->intakes().at("auth"); }

  CountingPrograms programs;
  Rig rig;
  std::uint64_t next{0};
};

}  // namespace aright::engine::test
