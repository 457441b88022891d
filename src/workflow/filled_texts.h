// What of an errand was filled in when it was planned: there events may name targets.
#pragma once

#include <string>
#include <vector>

#include "model/call.h"
#include "model/program.h"
#include "model/workflow.h"

namespace aright::workflow {

/// Arguments and values of variables that the workflow writes with `${ … }`, as they came out; also of the program that
/// confirms, which is given them as well.
[[nodiscard]] std::vector<std::string> filled_texts(const Step::Exec& exec, const ProgramPlan& plan);
/// Path and query of the URL, headers and values of the body likewise, before they were encoded.
[[nodiscard]] std::vector<std::string> filled_texts(const Step::Call& call, const CallPlan& plan);

}  // namespace aright::workflow
