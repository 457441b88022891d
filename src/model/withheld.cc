#include "model/withheld.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace aright {

namespace {

constexpr std::array<std::string_view, 13> withheld_fields{
    "content", "attributes", "set",  "arguments", "environment", "input",    "expect",
    "url",     "headers",    "body", "form",      "json",        "violation"};

/// Octal, as the normal form of a file has it: everybody but its owner and group is the last figure.
bool closed_to_others(const Json& desired) {
  const std::string mode = text_in(desired, "mode");
  constexpr int read = 4;
  return !mode.empty() && ((mode.back() - '0') & read) == 0;
}

bool is_sensitive(const Json& object) {
  const auto stated = object.find("sensitive");
  if (stated != object.end() && *stated == true) return true;
  const auto desired = object.find("desired");
  return desired != object.end() && desired->is_object() && closed_to_others(*desired);
}

void withhold(Json& value, bool sensitive) {
  if (value.is_array()) {
    for (Json& item : value) withhold(item, sensitive);
  }
  if (!value.is_object()) return;
  sensitive = sensitive || is_sensitive(value);
  for (auto& [key, item] : value.items()) {
    if (sensitive && std::ranges::find(withheld_fields, key) != withheld_fields.end()) {
      item = nullptr;
    } else {
      withhold(item, sensitive);
    }
  }
}

}  // namespace

Json withheld(Json definition, bool sensitive) {
  withhold(definition, sensitive);
  return definition;
}

}  // namespace aright
