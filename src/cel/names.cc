#include "cel/names.h"

#include <fmt/format.h>

namespace aright::cel {

std::vector<std::string> lookups(std::string_view container, std::string_view text, bool rooted) {
  std::vector<std::string> out;
  while (!rooted && !container.empty()) {
    out.push_back(fmt::format("{}.{}", container, text));
    const auto dot = container.rfind('.');
    container = dot == std::string_view::npos ? std::string_view() : container.substr(0, dot);
  }
  out.emplace_back(text);
  return out;
}

std::optional<Kind> type_named(std::string_view text) {
  for (auto i = static_cast<unsigned>(Kind::null); i < static_cast<unsigned>(Kind::dyn); ++i) {
    if (name(static_cast<Kind>(i)) == text) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

std::string signatures(std::span<const Overload> overloads) {
  std::string out;
  for (const Overload& overload : overloads) out += (out.empty() ? "known: " : ", ") + describe(overload);
  return out;
}

}  // namespace aright::cel
