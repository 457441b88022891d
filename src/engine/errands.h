// Planning and doing errands, as `perform` asks for it: what a program or a server is asked for, and what it came to.
#pragma once

#include "engine/perform.h"

namespace aright::engine {

/// What a step would ask for. Errors as `workflow::plan_program` and `workflow::plan_call`.
[[nodiscard]] Result<ErrandPlan> plan_errand(const ErrandStep& step, const workflow::ErrandContext& context);
[[nodiscard]] bool names_resource(const ErrandStep& step);
[[nodiscard]] bool names_steps(const ErrandStep& step);
/// How the outcome of a step begins that was found to be there although its errand did not end as expected.
inline constexpr const char* confirmed_against = "confirmed, although: ";
/// It has ended as was expected of it, so that what it wrote is its output: not one that was only found to be there.
[[nodiscard]] bool ended_as_expected(const RunStep& step);
/// What the step asks for stays out of records.
[[nodiscard]] bool is_sensitive(const ErrandStep& step);

/// What the workflow writes with `${ … }`, as it came out: there events may name targets.
[[nodiscard]] std::vector<std::string> filled_texts(const ErrandStep& step, const ErrandPlan& plan);

/// Does it, or looks, once. Errors as ProgramRunner::run and CallRunner::run; Errc::paused: not begun, the gate is
/// closed.
[[nodiscard]] Result<ErrandEnd> do_errand(const Hands& hands, const DoErrand& work);

/// As ProgramRunner::former. One that looks and has outlived its start is ended with it: it is asked anew.
[[nodiscard]] Result<FormerProgram> find_former(const Hands& hands, const DoFormer& work);

}  // namespace aright::engine
