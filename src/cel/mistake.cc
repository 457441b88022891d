#include "cel/mistake.h"

#include <algorithm>

namespace aright::cel {

Mistake mistake_at(std::string_view text, std::uint32_t offset, std::string message, std::string hint) {
  Mistake out{offset, 1, 1, std::move(message), std::move(hint)};
  for (const char c : text.substr(0, std::min<std::size_t>(offset, text.size()))) {
    if (c == '\n') {
      ++out.line;
      out.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80) {
      ++out.column;
    }
  }
  return out;
}

}  // namespace aright::cel
