#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/utf8.h"
#include "cel/value.h"

namespace aright::cel {

namespace {

class Converter {
 public:
  Result<Json> convert(const Value& value, std::size_t depth) {
    if (depth > result_depth_max || nodes_++ >= result_nodes_max) {
      return fail(Errc::denied, fmt::format("the result is larger than {} values or nested deeper than {} levels",
                                            result_nodes_max, result_depth_max));
    }
    if (value.why_none() != nullptr) return fail(Errc::invalid, *value.why_none());
    switch (value.kind()) {
      case Kind::null: return Json(nullptr);
      case Kind::boolean: return Json(value.as_bool());
      case Kind::integer: return Json(value.as_int());
      case Kind::unsigned_integer: return Json(value.as_uint());
      case Kind::floating:
        if (std::isfinite(value.as_double())) return Json(value.as_double());
        return fail(Errc::invalid, number_text(value.as_double()) + " has no place in JSON");
      case Kind::bytes: return Json(base64(value.as_bytes()));
      case Kind::list: return list(value, depth);
      case Kind::map: return map(value, depth);
      case Kind::text: return Json(value.as_text());
      case Kind::type:
      case Kind::timestamp:
      case Kind::duration:
      case Kind::ip:
      case Kind::cidr:
      case Kind::dyn: break;
    }
    auto text = to_text(value);
    if (!text) return std::unexpected(text.error());
    return Json(std::move(*text));
  }

 private:
  Result<Json> list(const Value& value, std::size_t depth) {
    Json out = Json::array();
    for (std::size_t i = 0; i < value.size(); ++i) {
      auto item = convert(value.item(i), depth + 1);
      if (!item) return item;
      out.push_back(std::move(*item));
    }
    return out;
  }
  Result<Json> map(const Value& value, std::size_t depth) {
    Json out = Json::object();
    for (const Value& key : value.keys()) {
      auto text = to_text(key);
      auto item = text ? convert(*value.find(key), depth + 1) : Result<Json>(std::unexpected(text.error()));
      if (!item) return item;
      if (!out.emplace(*text, std::move(*item)).second) {
        return fail(Errc::invalid, fmt::format("two keys of a map both become \"{}\" in JSON", *text));
      }
    }
    return out;
  }
  std::size_t nodes_{0};
};

}  // namespace

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return fmt::format("{}", value);
}

Result<Json> to_json(const Value& value) { return Converter().convert(value, 0); }

Result<std::string> to_text(const Value& value) {
  if (value.why_none() != nullptr) return fail(Errc::invalid, *value.why_none());
  switch (value.kind()) {
    case Kind::null: return "null";
    case Kind::boolean: return value.as_bool() ? "true" : "false";
    case Kind::integer: return fmt::format("{}", value.as_int());
    case Kind::unsigned_integer: return fmt::format("{}", value.as_uint());
    case Kind::floating: return number_text(value.as_double());
    case Kind::text: return value.as_text();
    case Kind::bytes:
      if (is_utf8(value.as_bytes())) return value.as_bytes();
      return fail(Errc::invalid, "bytes that are not UTF-8 have no text");
    case Kind::type: return std::string(name(value.as_type()));
    case Kind::timestamp: return to_text(value.as_timestamp());
    case Kind::duration: return to_text(value.as_duration());
    case Kind::ip: return value.as_ip().text();
    case Kind::cidr: return value.as_cidr().text();
    case Kind::list:
    case Kind::map:
    case Kind::dyn: break;
  }
  const auto json = to_json(value);
  if (!json) return std::unexpected(json.error());
  return json->dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace aright::cel
