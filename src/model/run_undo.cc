#include "model/run_undo.h"

#include "model/doc.h"

namespace aright {

Json RunUndo::to_json() const {
  Json doc{{"by", by}, {"reason", reason}};
  if (!groups.empty()) doc["groups"] = groups;
  if (redo) doc["redo"] = true;
  if (partial) doc["partial"] = true;
  if (waive) doc["waive_ms"] = *waive / std::chrono::milliseconds{1};
  if (waiver != 0) doc["waiver"] = waiver;
  if (earlier) doc["earlier"] = *earlier;
  return doc;
}

Result<RunUndo> RunUndo::from_json(std::uint64_t run, const Json& doc) {
  DocReader in(doc, "undo");
  RunUndo undo;
  undo.run = run;
  undo.by = in.text("by");
  undo.reason = in.text("reason");
  if (in.has("groups")) undo.groups = in.texts("groups");
  if (in.has("redo")) undo.redo = in.boolean("redo");
  if (in.has("partial")) undo.partial = in.boolean("partial");
  if (in.has("waive_ms")) undo.waive = in.millis("waive_ms");
  if (in.has("waiver")) undo.waiver = in.number("waiver");
  if (in.has("earlier")) undo.earlier = in.number("earlier");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return undo;
}

}  // namespace aright
