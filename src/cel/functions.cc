#include "cel/functions.h"

#include <algorithm>
#include <tuple>

namespace aright::cel {

namespace {

const std::vector<Overload>& table() {
  static const std::vector<Overload> all = [] {
    std::vector<Overload> out;
    for (const auto part : {arithmetic_overloads(), order_overloads(), text_overloads(), conversion_overloads(),
                            time_overloads(), net_overloads(), wrapper_overloads()}) {
      out.insert(out.end(), part.begin(), part.end());
    }
    std::ranges::sort(out, {},
                      [](const Overload& o) { return std::tuple(o.style, o.name, o.takes.count, o.takes.kinds); });
    return out;
  }();
  return all;
}

}  // namespace

std::span<const Overload> overloads(std::string_view name, Style style) {
  const auto found = std::ranges::equal_range(table(), std::tuple(style, name), {},
                                              [](const Overload& o) { return std::tuple(o.style, o.name); });
  return {found.begin(), found.end()};
}

std::vector<std::string> known_names(Style style) {
  std::vector<std::string> out;
  for (const Overload& overload : table()) {
    if (overload.style == style && (out.empty() || out.back() != overload.name)) out.emplace_back(overload.name);
  }
  return out;
}

std::string describe(const Overload& overload) {
  const auto kinds = overload.takes.list();
  if (overload.style == Style::sign) {
    if (kinds.size() == 1) return std::string(overload.name.substr(0, 1)) + std::string(name(kinds[0]));
    return std::string(name(kinds[0])) + " " + std::string(overload.name) + " " + std::string(name(kinds[1]));
  }
  const std::size_t first = overload.style == Style::method ? 1 : 0;
  std::string out = first == 1 ? std::string(name(kinds[0])) + "." : std::string();
  out += std::string(overload.name) + "(";
  for (std::size_t i = first; i < kinds.size(); ++i) out += (i > first ? ", " : "") + std::string(name(kinds[i]));
  return out + ")";
}

}  // namespace aright::cel
