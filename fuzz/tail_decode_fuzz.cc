// Any bytes as a log: however they are split the lines are the same, and what a decoder gives can be written as JSON,
// names its outsiders' fields, and has addresses in their one form.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "model/field_text.h"
#include "source/tail/decode.h"
#include "source/tail/line_cutter.h"

namespace {

using namespace aright;
using namespace aright::source;

void require(bool holds) {
  if (!holds) std::abort();
}

void decode(const LineDecoder& decoder, std::string_view line, bool typed_address = false) {
  const auto decoded = decoder.decode(line, *parse_rfc3339("2026-11-25T04:30:00Z"));
  if (!decoded) return require(!decoded.error().message.empty());
  if (!*decoded) return;
  const Json& data = (*decoded)->data;
  require(data.is_object());
  require(Json::parse(data.dump()) == data);
  for (const OutsiderField& field : (*decoded)->outsider) require(data.contains(field.name));
  if (!typed_address || !data.contains("address")) return;
  const auto text = data["address"].get<std::string>();
  require(plain_form(FieldType::address, text) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto json = json_decoder({{}, "time", {"time"}});
  static const auto sshd = sshd_decoder(std::chrono::hours{1});
  static const auto text = *text_decoder(
      {{},
       {{R"((?P<a>.*) from (?P<b>\S+) (?P<c>\d+))", {{"b", FieldType::address}, {"c", FieldType::integer}}, {}}},
       {}});
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<Line> whole;
  std::vector<Line> split;
  LineCutter one(256, 0);
  LineCutter many(256, 0);
  one.feed(bytes, whole);
  const std::size_t step = size == 0 ? 1 : 1 + data[0] % 7;
  for (std::size_t at = 0; at < size; at += step) many.feed(bytes.substr(at, step), split);
  require(whole.size() == split.size() && one.rest().text == many.rest().text && one.rest().begin == many.rest().begin);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    require(whole[i].begin == split[i].begin && whole[i].size == split[i].size && whole[i].text == split[i].text);
    decode(*json, whole[i].text);
    decode(*text, whole[i].text);
    decode(*sshd, whole[i].text, true);
  }
  decode(*json, bytes);
  decode(*text, bytes);
  decode(*sshd,
         "2026-11-25T04:28:18Z box sshd[12]: Failed password for invalid user " + std::string(bytes) +
             " from 203.0.113.9 port 4242 ssh2",
         true);
  return 0;
}
