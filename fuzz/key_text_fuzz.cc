// Of any text, in any format: what is wanted is in effect after one edit, and a second one changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/key_text.h"

namespace {

using namespace aright::key_text;

/// Two lines "key value" (no value: the key is to be absent), then the text.
Wanted take_wish(std::string_view& text, const Format& format) {
  Wanted wanted;
  std::string first;
  for (int i = 0; i < 2; ++i) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t blank = line.find(' ');
    const std::string key(line.substr(0, blank));
    std::optional<std::string> value;
    if (blank != std::string_view::npos) value = line.substr(blank + 1);
    const std::string form = same_key(key, format.syntax, format.ignore_case);
    if (!check(format, key, value) || (!wanted.empty() && form == first)) continue;
    first = form;
    wanted[key] = value;
  }
  return wanted;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const Format& format : {Format::sshd(), Format::sysctl(), Format{Syntax::key_value, true, Wins::every},
                               Format{Syntax::key_equals, false, Wins::first}}) {
    std::string_view text{reinterpret_cast<const char*>(data), size};
    const Wanted wanted = take_wish(text, format);
    const std::string after = edit(text, format, wanted);
    if (!differing(after, format, wanted).empty() || edit(after, format, wanted) != after) std::abort();
    if (differing(text, format, wanted).empty() && after != text) std::abort();
  }
  return 0;
}
