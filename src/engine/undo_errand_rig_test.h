// Runs with programs and calls that are undone, and who starts them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/undo_rig_test.h"

namespace aright::engine::test::undo_errand {

using namespace std::chrono_literals;

class UndoRunner final : public ProgramRunner {
 public:
  std::vector<std::vector<std::string>> started;
  int code{0};
  Result<FormerProgram> former(const ProgramRequest& /*request*/, bool /*overdue*/) override { return FormerProgram{}; }
  Result<ProgramOutcome> run(const ProgramRequest& request) override {
    started.push_back(request.arguments);
    ProgramOutcome outcome;
    outcome.number = code;
    return outcome;
  }
};

inline Step::Exec exec_of(std::vector<std::string> arguments) {
  Step::Exec exec;
  exec.program.arguments = std::move(arguments);
  return exec;
}

inline Step does(std::vector<std::string> arguments) { return {exec_of(std::move(arguments))}; }

inline Step does(std::vector<std::string> arguments, std::vector<std::string> back) {
  Step step = does(std::move(arguments));
  step.undo = exec_of(std::move(back));
  return step;
}

class UndoCaller final : public CallRunner {
 public:
  std::vector<std::string> sent;
  Result<CallOutcome> run(const CallRequest& request, const MaySend& /*may_send*/) override {
    sent.push_back(request.method);
    CallOutcome outcome;
    outcome.status = 200;
    return outcome;
  }
};

inline Step asks_by(const std::string& method) {
  Step::Call call;
  call.message.method = method;
  call.message.url = "https://api.example.org/x";
  return {std::move(call)};
}

inline Config with_steps(std::vector<Step> steps) {
  Config config = one_file();
  config.workflows[0].steps = std::move(steps);
  return config;
}

class UndoErrand : public testing::Test {
 protected:
  /// Run 1 has put /a right and done the rest.
  void fix(std::vector<Step> steps) {
    rig = std::make_unique<UndoRig>(with_steps(std::move(steps)));
    rig->programs = &runner;
    rig->calls = &caller;
    rig->start();
    rig->settle();
    rig->changes("/a", "bad");
    rig->settle();
    rig->pass(5s);
    ASSERT_EQ(rig->run_row(1).at("state"), "succeeded") << rig->run_row(1).dump();
    runner.started.clear();
    caller.sent.clear();
  }
  Result<Json> undo(bool partial = false) {
    UndoRun how;
    how.waive = 24h;
    how.partial = partial;
    return rig->undone(1, how);
  }
  UndoRunner runner;
  UndoCaller caller;
  std::unique_ptr<UndoRig> rig;
};

}  // namespace aright::engine::test::undo_errand
