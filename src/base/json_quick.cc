#include "base/json_quick.h"

#include <simdjson.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace aright {

namespace {

namespace dom = simdjson::dom;

/// Each thread keeps room for texts of this size, some fourteen times it, of which it touches what its longest text
/// needs.
constexpr std::size_t text_max = 65536;

bool take(dom::element from, std::size_t depth, Json& into);

bool take_object(dom::object from, std::size_t depth, Json& into) {
  auto& members = (into = Json::object()).get_ref<Json::object_t&>();
  for (const auto& [key, value] : from) {
    // Most texts are our own, sorted by key.
    const std::size_t before = members.size();
    const auto place = members.try_emplace(members.end(), std::string(key));
    if (members.size() == before || !take(value, depth, place->second)) return false;
  }
  return true;
}

bool take_array(dom::array from, std::size_t depth, Json& into) {
  auto& items = (into = Json::array()).get_ref<Json::array_t&>();
  items.reserve(from.size());
  for (const dom::element item : from) {
    if (!take(item, depth, items.emplace_back())) return false;
  }
  return true;
}

/// False: a key twice, or too deep.
bool take(dom::element from, std::size_t depth, Json& into) {
  switch (from.type()) {
    case dom::element_type::OBJECT: return depth > 0 && take_object(from.get_object().value_unsafe(), depth - 1, into);
    case dom::element_type::ARRAY: return depth > 0 && take_array(from.get_array().value_unsafe(), depth - 1, into);
    case dom::element_type::STRING: into = std::string(from.get_string().value_unsafe()); return true;
    case dom::element_type::BOOL: into = from.get_bool().value_unsafe(); return true;
    case dom::element_type::NULL_VALUE: into = nullptr; return true;
    case dom::element_type::UINT64: into = from.get_uint64().value_unsafe(); return true;
    case dom::element_type::DOUBLE: into = from.get_double().value_unsafe(); return true;
    case dom::element_type::INT64: break;
  }
  const std::int64_t number = from.get_int64().value_unsafe();
  if (number < 0) {
    into = number;
  } else {
    into = static_cast<std::uint64_t>(number);  // as the other reader tells them apart
  }
  return true;
}

}  // namespace

std::optional<Json> parse_quickly(std::string_view text, std::size_t depth_max) {
  if (text.empty() || text.size() > text_max) return std::nullopt;  // one that is empty may point nowhere
  thread_local dom::parser parser(text_max);
  dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  Json value;
  if (!take(root, depth_max, value)) return std::nullopt;
  return value;
}

}  // namespace aright
