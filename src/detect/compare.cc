#include "detect/compare.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cel/filled.h"
#include "model/key_wish.h"

namespace aright::detect {

std::vector<std::string> differing_fields(const Json& desired, const Json& state) {
  const auto exists = desired.find("exists");
  if (exists != desired.end() && state.find("exists") != state.end() && state.at("exists") != *exists) {
    return {"exists"};
  }
  if (exists == desired.end() && !state.value("exists", true)) return {};
  std::vector<std::string> names;
  for (const auto& [key, value] : desired.items()) {
    if (key == keys_field) {
      std::ranges::move(differing_keys(value, state.value("content", Json())), std::back_inserter(names));
      continue;
    }
    const auto found = state.find(key);
    if (found == state.end() || *found != value) names.push_back(key);
  }
  return names;
}

bool contradict(const Json& desired, const Json& other) {
  for (const auto& [key, value] : desired.items()) {
    const auto same = other.find(key);
    if (same == other.end() || key == cel::filled_field) continue;
    if (key == keys_field ? !agree(value, *same) : *same != value) return true;
  }
  const auto lacks = [](const Json& a, const Json& b) {
    return a.contains(keys_field) && b.contains("content") &&
           !differing_keys(a.at(std::string(keys_field)), b.at("content")).empty();
  };
  return lacks(desired, other) || lacks(other, desired);
}

}  // namespace aright::detect
