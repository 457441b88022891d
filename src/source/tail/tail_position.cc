#include "source/tail/tail_position.h"

#include <algorithm>

#include "model/doc.h"

namespace aright::source {

Json to_json(const TailPosition& position) {
  // Numbers of devices and files may be beyond 2^53.
  Json doc{{"path", position.path},
           {"generation", position.generation},
           {"byte", position.byte},
           {"device", std::to_string(position.device)},
           {"inode", std::to_string(position.inode)},
           {"fingerprint", {{"length", position.fingerprint.length}, {"sha256", hex(position.fingerprint.digest)}}}};
  if (position.ended) doc["ended"] = true;
  return doc;
}

Result<TailPosition> position_from_json(const Json& json) {
  DocReader doc(json, "position of a followed file");
  DocReader print(doc.object("fingerprint"), "fingerprint of a followed file");
  const auto big = [&](const char* key) {
    const std::string text = doc.text(key);
    constexpr std::size_t digits_safe = 19;
    if (text.empty() || text.size() > digits_safe || text.find_first_not_of("0123456789") != std::string::npos) {
      doc.wrong(key);
      return std::uint64_t{0};
    }
    return std::uint64_t{std::stoull(text)};
  };
  TailPosition position{
      doc.text("path"), doc.number("generation"), doc.number("byte"), big("device"), big("inode"), {}};
  if (doc.has("ended")) position.ended = doc.boolean("ended");
  position.fingerprint.length = print.number("length");
  const auto digest = unhex(print.text("sha256"));
  if (!digest || digest->size() != position.fingerprint.digest.size()) print.wrong("sha256");
  if (position.fingerprint.length > Fingerprint::bytes_max) print.wrong("length");
  if (position.byte > byte_max) doc.wrong("byte");
  if (auto ok = doc.finish(); !ok) return std::unexpected(ok.error());
  if (auto ok = print.finish(); !ok) return std::unexpected(ok.error());
  std::ranges::copy(as_bytes(*digest), position.fingerprint.digest.begin());
  return position;
}

}  // namespace aright::source
