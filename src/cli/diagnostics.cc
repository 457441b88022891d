#include "cli/diagnostics.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/terminal_text.h"

namespace aright::cli {

std::string rendered(const Diagnostic& diagnostic) {
  Diagnostic masked = diagnostic;  // part by part: a line break in one must not look like the next part
  for (std::string* part : {&masked.at.file, &masked.message, &masked.hint}) *part = safe(*part);
  return render(masked);
}

void print_diagnostics(const Diagnostics& diagnostics) {
  for (const Diagnostic& d : diagnostics) fmt::print(stderr, "{}", rendered(d));
}

}  // namespace aright::cli
