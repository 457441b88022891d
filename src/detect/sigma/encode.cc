#include "detect/sigma/encode.h"

#include <algorithm>

#include "base/bytes.h"
#include "detect/sigma/fold.h"

namespace aright::detect::sigma {

std::string utf16(std::string_view text, Utf16 form) {
  std::string out = form == Utf16::marked ? "\xFF\xFE" : "";
  const auto unit = [&](char32_t u) {
    const char high = static_cast<char>(static_cast<unsigned char>(u >> 8U & 0xFFU));
    const char low = static_cast<char>(static_cast<unsigned char>(u & 0xFFU));
    out += form == Utf16::big ? high : low;
    out += form == Utf16::big ? low : high;
  };
  for (std::size_t at = 0; at < text.size(); at += code_point_size(text, at)) {
    const char32_t c = code_point(text, at);
    if (c < 0x10000) {
      unit(c);
    } else {
      unit(0xD800U + ((c - 0x10000U) >> 10U));
      unit(0xDC00U + ((c - 0x10000U) & 0x3FFU));
    }
  }
  return out;
}

Result<std::vector<std::string>> base64_at_any_offset(std::string_view bytes) {
  if (bytes.size() < 2) return fail(Errc::invalid, "a value for `base64offset` needs at least two bytes");
  std::vector<std::string> all;
  for (std::size_t before = 0; before < 3; ++before) {
    // A base64 digit holds 6 bits: 0, 8 or 16 foreign bits before it spoil 0, 2 or 3 digits, likewise behind.
    const std::string text = base64(std::string(before, '\0') + std::string(bytes));
    const std::size_t first = (before * 8 + 5) / 6;
    const std::size_t end = (before + bytes.size()) * 8 / 6;
    all.push_back(text.substr(first, end - first));
  }
  return all;
}

}  // namespace aright::detect::sigma
