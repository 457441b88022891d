#include "model/waiver.h"

#include <fmt/format.h>

#include "model/doc.h"

namespace aright {

std::string Waiver::text() const { return fmt::format("waiver {}", id); }

Nanos Waiver::left(const Now& now) const { return (expires_at - granted.wall) - elapsed_at_most(granted, now); }

Json Waiver::to_json() const {
  Json doc{{"id", id},
           {"control", control},
           {"subject", subject},
           {"reason", reason},
           {"owner", owner},
           {"granted_by", granted_by},
           {"granted_at", rfc3339(granted.wall)},
           {"granted_boot_us", granted.boot / std::chrono::microseconds{1}},
           {"granted_boot_id", granted.boot_id},
           {"expires_at", rfc3339(expires_at)},
           {"state", state},
           {"ended_by", ended_by},
           {"ended_reason", ended_reason},
           {"ended_at", json_time(ended_at)}};
  if (review != 0) doc["review"] = review;
  if (seen != 0) doc["seen"] = seen;
  if (seen_at) doc["seen_at"] = rfc3339(*seen_at);
  return doc;
}

Result<Waiver> Waiver::from_json(const Json& doc) {
  DocReader in(doc, "waiver");
  Waiver w;
  w.id = in.number("id");
  w.control = in.text("control");
  w.subject = in.text("subject");
  w.reason = in.text("reason");
  w.owner = in.text("owner");
  w.granted_by = in.text("granted_by");
  w.granted = {in.time("granted_at"), in.micros("granted_boot_us"), in.text("granted_boot_id")};
  w.expires_at = in.time("expires_at");
  w.state = in.text("state");
  w.ended_by = in.text("ended_by");
  w.ended_reason = in.text("ended_reason");
  w.ended_at = in.optional_time("ended_at");
  if (in.has("review")) w.review = in.number("review");
  if (in.has("seen")) w.seen = in.number("seen");
  if (in.has("seen_at")) w.seen_at = in.time("seen_at");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return w;
}

}  // namespace aright
