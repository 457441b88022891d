// Pauses as the entries imply them.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/projection.h"

namespace aright::engine {

namespace {

/// As entries and the context name it: by `workflow` or `driver`; neither is everything.
PauseScope scope_in(DocReader& in) {
  if (in.has("workflow") && in.has("driver")) in.wrong("driver");
  if (in.has("workflow")) return PauseScope::workflow(in.text("workflow"));
  if (in.has("driver")) return PauseScope::driver(in.text("driver"));
  return PauseScope::everything();
}

}  // namespace

bool Projection::all_paused() const {
  return std::ranges::any_of(pauses_, [](const Paused& p) { return p.scope == PauseScope::everything(); });
}

/// Those of before they had numbers end all at once by their origin.
void Projection::on_pause(const std::string& kind, DocReader& in) {
  context_touched_ = true;
  const std::uint64_t id = in.has("pause") ? in.number("pause") : 0;
  const std::string origin = in.text("origin");
  if (kind == "pause.set") {
    if (id != 0 && id != next_pause_++) in.wrong("pause");
    pauses_.push_back({id, scope_in(in), origin, in.text("reason"), in.text("by"), at_.wall});
    return;
  }
  const auto gone = std::erase_if(pauses_, [&](const Paused& p) { return p.id == id && p.origin == origin; });
  if (kind != "pause.cleared" || (id != 0 && gone != 1)) in.wrong("pause");
}

Json Projection::pauses_json() const {
  Json list = Json::array();
  for (const Paused& p : pauses_) {
    Json one{{"origin", p.origin}, {"reason", p.reason}, {"by", p.by}, {"at", rfc3339(p.since)}};
    if (p.id != 0) one["pause"] = p.id;
    if (p.scope.of() == PauseScope::Of::workflow) one["workflow"] = p.scope.name();
    if (p.scope.of() == PauseScope::Of::driver) one["driver"] = p.scope.name();
    list.push_back(std::move(one));
  }
  return list;
}

Result<Done> Projection::load_pauses(DocReader& in) {
  if (in.has("next_pause")) next_pause_ = in.number("next_pause");  // not before a first pause with a number
  for (const Json& item : in.array("pauses")) {
    DocReader p(item, "context pause");
    const std::uint64_t id = p.has("pause") ? p.number("pause") : 0;
    pauses_.push_back({id, scope_in(p), p.text("origin"), p.text("reason"), p.text("by"), p.time("at")});
    if (auto ok = p.finish(); !ok) return ok;
  }
  return Done{};
}

}  // namespace aright::engine
