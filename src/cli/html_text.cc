#include "cli/html_text.h"

#include "cli/terminal_text.h"

namespace aright::cli {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : safe(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace aright::cli
