// What configurations of simulated worlds are made of.
#pragma once

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "chance.h"
#include "model/workflow.h"
#include "programs.h"
#include "world.h"

namespace aright::sim {

inline Json good(const std::string& path) { return {{"content", good_content(path)}, {"exists", true}}; }

inline Control watch(std::string name, std::vector<std::string> ids, Json desired) {
  Control c;
  c.name = std::move(name);
  c.title = c.name;
  c.driver = "file";
  c.select.ids = std::move(ids);
  c.desired.fields = std::move(desired);
  return c;
}

inline Workflow answering(std::string name, std::vector<std::string> controls, Mode mode, std::vector<Step> steps) {
  Workflow w;
  w.name = std::move(name);
  w.owner = "ops";
  for (std::string& control : controls) w.answers.push_back({std::move(control), "", std::nullopt});
  w.mode = mode;
  w.steps = std::move(steps);
  return w;
}

inline Step own(const std::string& path, Json desired) {
  return {Step::Ensure{.own = Step::Target{{"file", path}, {std::move(desired), false}}}};
}

inline Step waits(Nanos length) { return {Step::Wait{length}}; }

inline Step mend(const std::string& path, bool confirmed) {
  Step::Exec exec;
  exec.program.arguments = {mend_program, path, "${ finding.subject.driver }:${ finding.subject.id }"};
  exec.program.time_limit = std::chrono::seconds{5};
  if (confirmed) {
    exec.confirm = Step::Confirm{};
    exec.confirm->program.arguments = {look_program, "${ run.key }"};
  }
  return {std::move(exec)};
}

inline Step at_end(Step step) {
  step.at_end = true;
  return step;
}

inline Mode drawn_mode(Chance& chance) {
  return chance.percent(70) ? Mode::auto_
                            : std::array{Mode::propose, Mode::plan, Mode::observe, Mode::off}.at(chance.below(4));
}

}  // namespace aright::sim
