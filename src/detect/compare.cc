#include "detect/compare.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cel/filled.h"
#include "model/key_wish.h"

namespace aright::detect {

namespace {

enum class Presence : std::uint8_t {
  wrong,  ///< it is absent but should be there, or the reverse
  open,   ///< it is absent, and nothing is said about that
  looked_at,
};

Presence presence(const Json& desired, const Json& state) {
  const auto wanted = desired.find("exists");
  const auto seen = state.find("exists");
  if (wanted != desired.end() && seen != state.end() && *seen != *wanted) return Presence::wrong;
  return wanted == desired.end() && !state.value("exists", true) ? Presence::open : Presence::looked_at;
}

bool has_as(const Json& state, const std::string& field, const Json& value) {
  const auto found = state.find(field);
  return found != state.end() && *found == value;
}

}  // namespace

std::vector<std::string> differing_fields(const Json& desired, const Json& state) {
  switch (presence(desired, state)) {
    case Presence::wrong: return {"exists"};
    case Presence::open: return {};
    case Presence::looked_at: break;
  }
  std::vector<std::string> names;
  for (const auto& [key, value] : desired.items()) {
    if (key == keys_field) {
      std::ranges::move(differing_keys(value, state.value("content", Json())), std::back_inserter(names));
      continue;
    }
    if (!has_as(state, key, value)) names.push_back(key);
  }
  return names;
}

bool is_as_desired(const Json& desired, std::span<const std::string> names, const Json& state) {
  switch (presence(desired, state)) {
    case Presence::wrong: return false;
    case Presence::open: return true;
    case Presence::looked_at: break;
  }
  const auto same = [&](const std::string& name) {
    const auto wanted = desired.find(name);
    return wanted == desired.end() || has_as(state, name, *wanted);
  };
  return same("exists") && std::ranges::all_of(names, same);
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
