// Waivers as the entries imply them.
#include <fmt/format.h>

#include "engine/projection.h"

namespace aright::engine {

const Waiver* Projection::waiver(const std::string& control, const std::string& subject) const {
  const auto found = waived_.find(control + " " + subject);
  return found == waived_.end() ? nullptr : &waivers_.at(found->second);
}

void Projection::take_waiver(Waiver waiver) {
  waived_[waiver.control + " " + waiver.subject] = waiver.id;
  const std::uint64_t id = waiver.id;
  waivers_[id] = std::move(waiver);
}

/// What it has kept from being found. Of what a guard has kept back everything is known that matters.
void Projection::on_quieted(const std::string& kind, DocReader& in) {
  const std::uint64_t count = in.number("count");
  if (kind == "verdicts.counted" && !in.has("waiver")) return;
  const auto found = waivers_.find(in.number("waiver"));
  if (found == waivers_.end()) return in.wrong("waiver");
  Waiver& w = found->second;
  w.seen += count;
  w.seen_at = at_.wall;
  touch("waiver", fmt::format("{:012}", w.id), true, canonical_json(w.to_json()));
}

void Projection::on_waiver(const std::string& kind, DocReader& in) {
  const std::uint64_t id = in.number("waiver");
  const auto row = [&](const Waiver& w, bool open) {
    touch("waiver", fmt::format("{:012}", w.id), open, canonical_json(w.to_json()));
  };
  if (kind == "waiver.granted") {
    Waiver w;
    w.id = id;
    w.control = in.text("control");
    w.subject = in.text("subject");
    w.reason = in.text("reason");
    w.owner = in.text("owner");
    w.granted_by = in.text("by");
    w.granted = at_;
    w.expires_at = in.time("expires_at");
    if (in.has("review")) w.review = in.number("review");
    if (id != next_waiver_ || waiver(w.control, w.subject) != nullptr) return in.wrong("waiver");
    if (in.has("run")) {
      const auto run = runs_.find(in.number("run"));
      if (run == runs_.end() || !run->second.undo) return in.wrong("run");
      run->second.undo->waiver = id;
      touch("run", fmt::format("{:012}", run->first), true);
    }
    ++next_waiver_;
    context_touched_ = true;
    row(w, true);
    return take_waiver(std::move(w));
  }
  const auto found = waivers_.find(id);
  if (kind != "waiver.ended" || found == waivers_.end()) return in.wrong("waiver");
  Waiver& w = found->second;
  w.state = in.text("how");
  w.ended_by = in.text("by");
  w.ended_reason = in.text("reason");
  w.ended_at = at_.wall;
  row(w, false);
  forget_refusals(w.control, w.subject);
  waived_.erase(w.control + " " + w.subject);
  waivers_.erase(found);
}

}  // namespace aright::engine
