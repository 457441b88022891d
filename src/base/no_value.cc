#include "base/no_value.h"

#include <nlohmann/json.hpp>

namespace aright {

namespace {

/// Nothing that is read from outside is of this kind: JSON text has none.
constexpr Json::binary_t::subtype_type no_value_mark = 1;

}  // namespace

Json no_value(std::string_view why) { return Json::binary({why.begin(), why.end()}, no_value_mark); }

bool is_no_value(const Json& json) {
  return json.is_binary() && json.get_binary().has_subtype() && json.get_binary().subtype() == no_value_mark;
}

std::string why_no_value(const Json& json) {
  const auto& bytes = json.get_binary();
  return {bytes.begin(), bytes.end()};
}

}  // namespace aright
