#include "engine/mode_set.h"

namespace aright::engine {

ModeSet mode_set_of(DocReader& in) {
  ModeSet set{in.word("mode", parse_mode), {}, {}, {}};
  if (!in.has("set_at")) return set;
  set.by = in.text("by");
  set.reason = in.text("reason");
  set.at = in.time("set_at");
  return set;
}

Json modes_by_json(const ModesSet& modes) {
  Json all;
  for (const auto& [workflow, set] : modes) {
    if (set.at) all[workflow] = {{"by", set.by}, {"reason", set.reason}, {"at", rfc3339(*set.at)}};
  }
  return all;
}

Result<Done> load_modes_by(const Json& doc, ModesSet& modes) {
  for (const auto& [workflow, item] : doc.items()) {
    const auto set = modes.find(workflow);
    if (set == modes.end()) return fail(Errc::corrupt, "context: who set a mode that is not there, of " + workflow);
    DocReader in(item, "context: mode of " + workflow);
    set->second.by = in.text("by");
    set->second.reason = in.text("reason");
    set->second.at = in.time("at");
    if (auto ok = in.finish(); !ok) return ok;
  }
  return Done{};
}

}  // namespace aright::engine
