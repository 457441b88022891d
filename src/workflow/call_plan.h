// From a step `call` as written to the exact request that a run would send, and what an answer means.
#pragma once

#include "model/errand.h"
#include "model/workflow.h"
#include "workflow/errand_texts.h"

namespace aright::workflow {

/// Whether the subject has to be read for its plan.
[[nodiscard]] bool names_resource(const Step::Call& call);

/// Whether it can only be planned when the steps before it have ended.
[[nodiscard]] bool names_steps(const Step::Call& call);

/// Fills everything in, except the keys. In the URL and in forms every filled-in value is percent-encoded, so that it
/// never becomes a part of their structure; in JSON it becomes a value; in a header it may hold no control characters.
/// What an outsider wrote may be named only when it is typed; `input: true` sends all of it. Secrets stay names. Pure.
/// Errc::invalid: what has no value, or makes a request that cannot be sent; Errc::denied: what an outsider wrote.
[[nodiscard]] Result<CallPlan> plan_call(const Step::Call& call, const ErrandContext& context);

/// The condition over an answer: `answer` has `status`, `text`, and `json` where it is JSON.
[[nodiscard]] cel::Environment answer_environment();

/// What the server's answer means, where `looks` that of the one that looks. A status of a server on the way (502, 504)
/// that nobody expects leaves it unclear, as does an answer that was cut, and one by which nobody can tell whether the
/// condition holds. None of them does where the request only looks (GET, HEAD): it has left nothing to be unclear
/// about. `sensitive`: without words of the answer. Pure.
[[nodiscard]] Verdict judge_call(const CallPlan& plan, bool looks, bool sensitive, const CallOutcome& outcome);

}  // namespace aright::workflow
