// Fields of an entry as the checker reads them; what is missing is a violation by its exception.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json.h"

namespace aright::sim {

inline std::string text(const Json& entry, const char* key) { return entry.at(key).get<std::string>(); }
inline std::uint64_t number(const Json& entry, const char* key) { return entry.at(key).get<std::uint64_t>(); }

}  // namespace aright::sim
