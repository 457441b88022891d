// Small forms of text: what is read is written again as it was, and what is shown on a terminal moves nothing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/path_text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/terminal_text.h"
#include "model/field_text.h"
#include "source/tail/decode.h"

namespace {

using namespace aright;

void demand(bool holds) {
  if (!holds) std::abort();
}

void times(std::string_view text) {
  if (const auto span = parse_duration(text)) demand(parse_duration(format_duration(*span)) == *span);
  if (const auto time = parse_rfc3339(text)) {
    const auto again = parse_rfc3339(rfc3339(*time));
    demand(again && *again <= *time && *time - *again < std::chrono::microseconds{1});
    demand(source::offset_time(text) == *time);
  }
  (void)source::offset_time(text);
}

void paths(std::string_view text) {
  const std::string shown = path_text(text);
  demand(is_utf8(shown) && shown.size() <= path_text_max);
  const auto bytes = path_bytes(shown);
  demand(bytes ? *bytes == text : shown.contains("\\~"));
  if (const auto read = path_bytes(text)) demand(path_text(*read) == text);
}

void typed(std::string_view text) {
  for (const FieldType type : {FieldType::integer, FieldType::address}) {
    if (const auto plain = plain_form(type, text)) demand(plain_form(type, *plain) == plain);
  }
}

void terminal(std::string_view text) {
  const std::string shown = cli::safe(text);
  demand(is_utf8(shown) && cli::safe(shown) == shown);
  for (const char c : shown) demand(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  times(text);
  paths(text);
  typed(text);
  terminal(text);
  return 0;
}
