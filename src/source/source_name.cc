#include "source/source_name.h"

#include <fmt/format.h>

namespace aright::source {

std::string take_source_name(yaml::Fields& in) {
  constexpr std::size_t name_max = 64;
  const auto text = in.required_text("source");
  if (!text) return {};
  const bool good = !text->empty() && text->size() <= name_max &&
                    text->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (!good) {
    in.error(in.node("source")->at, fmt::format("`{}` is no name", *text), "1 to 64 of a-z, 0-9 and -");
  }
  return *text;
}

}  // namespace aright::source
