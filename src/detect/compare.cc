#include "detect/compare.h"

#include <nlohmann/json.hpp>

namespace aright::detect {

std::vector<std::string> differing_fields(const Json& desired, const Json& state) {
  const auto exists = desired.find("exists");
  if (exists != desired.end() && state.find("exists") != state.end() && state.at("exists") != *exists) {
    return {"exists"};
  }
  std::vector<std::string> names;
  for (const auto& [key, value] : desired.items()) {
    const auto found = state.find(key);
    if (found == state.end() || *found != value) names.push_back(key);
  }
  return names;
}

}  // namespace aright::detect
