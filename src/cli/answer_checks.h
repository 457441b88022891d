// Whether what workflows answer is there, and is meant so.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/yaml.h"
#include "cli/event_controls.h"
#include "model/workflow.h"

namespace aright::cli {

/// Mistakes: an answer of the workflow written as `node`, whatever else is wrong there, names a control that is not
/// `declared`. `silent`: rules that are none, since a correlation counts them.
void check_answered(const yaml::Node& node, const std::vector<std::string>& declared, const SilentRules& silent,
                    Diagnostics& out);

/// Mistakes: an answer gives a subject to a control that is no Sigma rule. `places`: of its answers, in their order.
void check_answers(const Workflow& workflow, const std::vector<Position>& places, const std::vector<Control>& controls,
                   Diagnostics& out);

/// Warnings: an answer that matches no control.
void warn_of_empty_answers(const Workflow& workflow, const std::vector<Position>& places,
                           const std::vector<Control>& controls, Diagnostics& out);

/// A warning where several workflows answer the same findings of `control`, which stands at `at`; a mistake where they
/// give it more subjects than there may be.
void check_answers_to(const Control& control, const Position& at, const std::vector<Workflow>& workflows,
                      Diagnostics& out);

/// Mistakes: `workflow`, written as `node`, names `event`, and no control that it answers finds anything in events.
/// Nothing is said of one that answers no control.
void check_event_uses(const Workflow& workflow, const yaml::Node& node, const std::vector<Control>& controls,
                      Diagnostics& out);

}  // namespace aright::cli
