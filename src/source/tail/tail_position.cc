#include "source/tail/tail_position.h"

#include <algorithm>

#include "model/doc.h"

namespace aright::source {

namespace {

Json print_json(const Fingerprint& print) { return {{"length", print.length}, {"sha256", hex(print.digest)}}; }

Result<Fingerprint> print_from(const Json& json) {
  DocReader doc(json, "fingerprint of a followed file");
  Fingerprint print;
  print.length = doc.number("length");
  const auto digest = unhex(doc.text("sha256"));
  if (!digest || digest->size() != print.digest.size()) doc.wrong("sha256");
  if (print.length > Fingerprint::bytes_max) doc.wrong("length");
  if (auto ok = doc.finish(); !ok) return std::unexpected(ok.error());
  std::ranges::copy(as_bytes(*digest), print.digest.begin());
  return print;
}

}  // namespace

Json to_json(const TailPosition& position) {
  // Numbers of devices and files may be beyond 2^53.
  Json doc{{"path", position.path},
           {"generation", position.generation},
           {"byte", position.byte},
           {"device", std::to_string(position.device)},
           {"inode", std::to_string(position.inode)},
           {"fingerprint", print_json(position.fingerprint)}};
  if (position.ended) doc["ended"] = true;
  if (position.end.length != 0) doc["end"] = print_json(position.end);
  return doc;
}

Result<TailPosition> position_from_json(const Json& json) {
  DocReader doc(json, "position of a followed file");
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
  const Json beginning = doc.object("fingerprint");
  const Json end = doc.has("end") ? doc.object("end") : Json();
  if (position.byte > byte_max) doc.wrong("byte");
  if (auto ok = doc.finish(); !ok) return std::unexpected(ok.error());
  auto print = print_from(beginning);
  if (!print) return std::unexpected(print.error());
  position.fingerprint = *print;
  if (end.is_null()) return position;
  print = print_from(end);
  if (!print) return std::unexpected(print.error());
  position.end = *print;
  return position;
}

}  // namespace aright::source
