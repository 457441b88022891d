// Reading our own JSON documents back: every access is checked, the first thing wrong becomes one Error.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/fields.h"

namespace aright {

class DocReader {
 public:
  /// `what` names the document in the error: "run", "entry 12".
  DocReader(const Json& doc, std::string what) : doc_(&doc), what_(std::move(what)) {}
  DocReader(const Fields& fields, std::string what) : fields_(&fields), what_(std::move(what)) {}

  std::string text(std::string_view key) {
    const Json* value = find(key);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    wrong(key);
    return {};
  }
  std::uint64_t number(std::string_view key) {
    const Json* value = find(key);
    if (value != nullptr && value->is_number_unsigned()) return value->get<std::uint64_t>();
    if (value != nullptr && value->is_number_integer() && value->get<std::int64_t>() >= 0) {
      return static_cast<std::uint64_t>(value->get<std::int64_t>());
    }
    wrong(key);
    return 0;
  }
  /// Lengths of time, written as whole numbers; no longer than nanoseconds can hold.
  std::chrono::milliseconds millis(std::string_view key) { return length<std::chrono::milliseconds>(key); }
  std::chrono::microseconds micros(std::string_view key) { return length<std::chrono::microseconds>(key); }
  /// As `offset_json` writes it.
  std::uint64_t offset(std::string_view key) {
    const Json* value = find(key);
    if (value == nullptr || !value->is_string()) return number(key);
    const auto& digits = value->get_ref<const std::string&>();
    std::uint64_t parsed = 0;
    const auto [stop, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
    if (digits.empty() || bad != std::errc{} || stop != digits.data() + digits.size()) wrong(key);
    return parsed;
  }
  bool boolean(std::string_view key) {
    const Json* value = find(key);
    if (value != nullptr && value->is_boolean()) return value->get<bool>();
    wrong(key);
    return false;
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> list;
    for (const Json& item : array(key)) {
      if (item.is_string()) {
        list.push_back(item.get<std::string>());
      } else {
        wrong(key);
      }
    }
    return list;
  }
  std::vector<int> integers(std::string_view key) {
    std::vector<int> list;
    for (const Json& item : array(key)) {
      const auto value = item.is_number_integer() ? item.get<std::int64_t>() : std::int64_t{-1};
      if (!item.is_number_integer() || !std::in_range<int>(value)) wrong(key);
      list.push_back(static_cast<int>(value));
    }
    return list;
  }
  std::map<std::string, std::string> text_map(std::string_view key) {
    std::map<std::string, std::string> map;
    for (const auto& [name, value] : object(key).items()) {
      if (!value.is_string()) wrong(key);
      map[name] = value.is_string() ? value.get<std::string>() : std::string();
    }
    return map;
  }
  const Json& array(std::string_view key) { return of_type(key, Json::value_t::array); }
  const Json& object(std::string_view key) { return of_type(key, Json::value_t::object); }
  bool has(std::string_view key) {
    const Json* value = find(key);
    return value != nullptr && !value->is_null();
  }
  WallTime time(std::string_view key) {
    const auto parsed = parse_rfc3339(text(key));
    if (parsed) return *parsed;
    wrong(key);
    return {};
  }
  std::optional<WallTime> optional_time(std::string_view key) {
    if (!has(key)) return std::nullopt;
    return time(key);
  }
  /// Looks `text(key)` up with `parse`, which returns an optional.
  template <class Parse>
  auto word(std::string_view key, Parse parse) {
    const auto parsed = parse(text(key));
    if (!parsed) wrong(key);
    return parsed.value_or(typename decltype(parsed)::value_type{});
  }
  void wrong(std::string_view key) {
    if (error_.empty()) error_ = what_ + ": field \"" + std::string(key) + "\" is missing or not what it must be";
  }
  [[nodiscard]] Result<Done> finish() const {
    if (!error_.empty()) return fail(Errc::corrupt, error_);
    return Done{};
  }

 private:
  template <class Unit>
  Unit length(std::string_view key) {
    const std::uint64_t count = number(key);
    if (std::cmp_less_equal(count, Nanos::max() / Unit{1})) return Unit{count};
    wrong(key);
    return {};
  }
  const Json* find(std::string_view key) const {
    if (fields_ != nullptr) return fields_->find(key);
    if (!doc_->is_object()) return nullptr;
    const auto found = doc_->find(key);
    return found == doc_->end() ? nullptr : &*found;
  }
  const Json& of_type(std::string_view key, Json::value_t type) {
    static const Json no_list = Json::array();
    static const Json no_map = Json::object();
    const Json* value = find(key);
    if (value != nullptr && value->type() == type) return *value;
    wrong(key);
    return type == Json::value_t::array ? no_list : no_map;
  }

  const Json* doc_{nullptr};       ///< either this …
  const Fields* fields_{nullptr};  ///< … or these
  std::string what_;
  std::string error_;
};

/// A number where canonical JSON has it exactly, else its digits.
[[nodiscard]] inline Json offset_json(std::uint64_t offset) {
  constexpr std::uint64_t exact = std::uint64_t{1} << 53U;
  return offset <= exact ? Json(offset) : Json(std::to_string(offset));
}

[[nodiscard]] inline Json json_time(const std::optional<WallTime>& time) {
  return time ? Json(rfc3339(*time)) : Json(nullptr);
}

}  // namespace aright
