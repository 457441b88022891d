#include "cel_values.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/bytes.h"

namespace aright::conformance {

namespace {

using cel::Kind;
using cel::Value;
using nlohmann::json;

template <class Number>
std::optional<Number> number(const json& text) {
  if (!text.is_string()) return std::nullopt;
  const auto& digits = text.get_ref<const std::string&>();
  Number out{};
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (code != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

std::unexpected<Error> unknown(const json& form) { return fail(Errc::invalid, "not a value: " + form.dump()); }

Result<Value> list(const json& form) {
  Value::Items items;
  for (const json& item : form) {
    auto value = cel_value(item);
    if (!value) return value;
    items.push_back(std::move(*value));
  }
  return Value::list(std::move(items));
}

Result<Value> map(const json& form) {
  std::vector<Value::Entry> entries;
  for (const json& pair : form) {
    if (!pair.is_array() || pair.size() != 2) return unknown(pair);
    auto key = cel_value(pair[0]);
    if (!key) return key;
    auto value = cel_value(pair[1]);
    if (!value) return value;
    entries.emplace_back(std::move(*key), std::move(*value));
  }
  return Value::map(std::move(entries));
}

Result<Value> moment(const json& form, bool timestamp) {
  const json& s = form.value("seconds", json(0));
  const auto seconds = s.is_string() ? number<std::int64_t>(s) : std::optional(s.get<std::int64_t>());
  const json& n = form.value("nanos", json(0));
  const auto nanos = n.is_string() ? number<std::int64_t>(n) : std::optional(n.get<std::int64_t>());
  if (!seconds || !nanos) return unknown(form);
  if (!timestamp) return Value::duration(cel::Span{*seconds * 1'000'000'000 + *nanos});
  const auto time = cel::instant(*seconds, *nanos);
  return time ? Result<Value>(Value::timestamp(*time)) : unknown(form);
}

bool matches_list(const Value& value, const json& items) {
  if (!value.is(Kind::list) || value.size() != items.size()) return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!cel_matches(value.item(i), items[i])) return false;
  }
  return true;
}

bool matches_map(const Value& value, const json& pairs) {
  if (!value.is(Kind::map) || value.size() != pairs.size()) return false;
  for (const json& pair : pairs) {
    bool found = false;
    for (const Value& key : value.keys()) {
      found = found || (cel_matches(key, pair[0]) && cel_matches(*value.find(key), pair[1]));
    }
    if (!found) return false;
  }
  return true;
}

/// Equal as the vectors mean it, for what is neither list nor map.
bool same(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  if (a.is(Kind::floating)) {
    return std::isnan(a.as_double()) ? std::isnan(b.as_double()) : a.as_double() == b.as_double();
  }
  if (a.is(Kind::bytes)) return a.as_bytes() == b.as_bytes();
  if (a.is(Kind::duration)) return a.as_duration() == b.as_duration();
  const auto x = cel::to_text(a);
  const auto y = cel::to_text(b);
  return x && y && *x == *y;
}

std::optional<Kind> kind_named(const std::string& name) {
  for (int i = 0; i < static_cast<int>(Kind::dyn); ++i) {
    if (cel::name(static_cast<Kind>(i)) == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

}  // namespace

Result<Value> cel_value(const json& form) {
  if (!form.is_object() || form.size() != 1) return unknown(form);
  const std::string& kind = form.begin().key();
  const json& content = form.begin().value();
  if (kind == "null") return Value();
  if (kind == "bool" && content.is_boolean()) return Value::boolean(content.get<bool>());
  if (kind == "string" && content.is_string()) return Value::text(content.get<std::string>());
  if (kind == "list" && content.is_array()) return list(content);
  if (kind == "map" && content.is_array()) return map(content);
  if (kind == "timestamp" || kind == "duration") return moment(content, kind == "timestamp");
  if (kind == "int") {
    if (const auto n = number<std::int64_t>(content)) return Value::integer(*n);
  }
  if (kind == "uint") {
    if (const auto n = number<std::uint64_t>(content)) return Value::unsigned_integer(*n);
  }
  if (kind == "double") {
    if (const auto n = number<double>(content)) return Value::floating(*n);
  }
  if (kind == "type" && content.is_string()) {
    if (const auto named = kind_named(content.get<std::string>())) return Value::type(*named);
  }
  if (kind == "bytes_b64" && content.is_string()) {
    auto bytes = unbase64(content.get_ref<const std::string&>());
    if (bytes) return Value::bytes(std::move(*bytes));
  }
  return unknown(form);
}

bool cel_matches(const Value& value, const json& form) {
  if (form.is_object() && form.contains("list")) return matches_list(value, form["list"]);
  if (form.is_object() && form.contains("map")) return matches_map(value, form["map"]);
  const auto wanted = cel_value(form);
  return wanted && same(value, *wanted);
}

cel::Type cel_type(const json& form) {
  static const std::map<std::string, Kind> primitives{
      {"BOOL", Kind::boolean},    {"INT64", Kind::integer}, {"UINT64", Kind::unsigned_integer},
      {"DOUBLE", Kind::floating}, {"STRING", Kind::text},   {"BYTES", Kind::bytes}};
  if (!form.is_object()) return {};
  if (form.contains("primitive") && form["primitive"].is_string()) {
    const auto found = primitives.find(form["primitive"].get<std::string>());
    return found == primitives.end() ? cel::Type{} : cel::Type{found->second, {}};
  }
  if (form.contains("null")) return {Kind::null, {}};
  if (form.contains("list")) return cel::Type::list_of(cel_type(form["list"]));
  if (form.contains("map") && form["map"].is_array() && form["map"].size() == 2) {
    return cel::Type::map_of(cel_type(form["map"][0]), cel_type(form["map"][1]));
  }
  return {};
}

std::string cel_shown(const Value& value) {
  return fmt::format("{} {}", cel::name(value.kind()), cel::to_text(value).value_or("?"));
}

}  // namespace aright::conformance
