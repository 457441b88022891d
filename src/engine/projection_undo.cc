// What the entries say of runs that undo others.
#include <fmt/format.h>

#include "base/canonical.h"
#include "engine/projection.h"
#include "engine/undo_source.h"

namespace aright::engine {

void Projection::take_undo(Run& run, DocReader& in) {
  RunUndo undo;
  undo.run = in.number("undoes");
  undo.by = in.text("by");
  undo.reason = in.text("reason");
  if (in.has("keeps_groups")) undo.groups = in.texts("groups");
  undo.redo = in.has("redo");
  undo.partial = in.has("partial");
  if (in.has("waive_ms")) undo.waive = in.millis("waive_ms");
  if (in.has("earlier")) undo.earlier = in.number("earlier");
  run.asked_by = undo.by;
  run.undo = std::move(undo);
}

/// That it has ended answers no finding. What its programs and calls have taken back stays so, however it ended: the
/// next undo of the same is to know. Once it has succeeded, what the workflow had answered to the episode does not
/// stand any more: a person has taken it back.
void Projection::finish_undo(Run& run) {
  if (run.state == RunState::succeeded) {
    touch("undone", fmt::format("{:012}", run.undo->run), false,
          canonical_json({{"run", run.undo->run}, {"by", run.id}, {"at", rfc3339(at_.wall)}}));
    const auto found = subjects_.find(run.control + " " + run.subject);
    if (found != subjects_.end() && found->second.finding == run.finding) {
      LastAnswer& answer = found->second.answers[run.workflow];
      answer.state = run.undo->redo ? name(RunState::succeeded) : taken_back;
      answer.ended = at_;
      answer.about.clear();
      note_changes(run, answer);
      ++answer.runs;
      touch("subject", found->second.id(), true);
    }
  } else if (run.undo->earlier && took_something_back(run)) {
    touch("undone", fmt::format("{:012}", run.undo->run), false,
          canonical_json({{"run", run.undo->run}, {"in_part_by", run.id}, {"at", rfc3339(at_.wall)}}));
  }
  note_end(run);
  touch("run", fmt::format("{:012}", run.id), false, run.to_text());
  runs_.erase(run.id);
}

}  // namespace aright::engine
