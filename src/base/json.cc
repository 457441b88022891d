#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/canonical.h"
#include "base/json_quick.h"
#include "base/text.h"

namespace aright {

namespace {

constexpr std::size_t said_max = 200;  ///< bytes of the parser's words, which repeat what it has read

/// Builds the value and stops the parser at the second use of a key and at too much depth; nlohmann's own builder lets
/// the last key win.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::size_t depth_max) : depth_max_(depth_max) {}

  Json value;
  std::string error;

  bool null() override { return put(nullptr); }
  bool boolean(bool item) override { return put(item); }
  bool number_integer(number_integer_t item) override { return put(item); }
  bool number_unsigned(number_unsigned_t item) override { return put(item); }
  bool number_float(number_float_t item, const string_t& /*text*/) override { return put(item); }
  bool string(string_t& item) override { return put(std::move(item)); }
  bool binary(binary_t& /*item*/) override { return false; }  // not in JSON text
  bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    auto& object = open_.back()->get_ref<Json::object_t&>();
    const auto [place, fresh] = object.try_emplace(std::move(name));
    if (!fresh) return refuse(fmt::format("key \"{}\" is written twice", place->first));
    member_ = &place->second;
    return true;
  }
  bool parse_error(std::size_t at, const std::string& /*token*/, const Json::exception& what) override {
    // JSON sets numbers no limit (RFC 8259 §6); the parser's own words would call a valid text wrong.
    if (dynamic_cast<const Json::out_of_range*>(&what) != nullptr) {
      return refuse(fmt::format("a number beyond 64-bit floating point, which ends at byte {}", at));
    }
    error = "not JSON: " + said(what.what());
    return false;
  }

 private:
  /// Without what only the library's own developers can use: "line 1, column 5: unexpected end of input; …".
  static std::string said(std::string_view what) {
    const auto skip = [&](std::string_view mark) {
      if (const auto at = what.find(mark); at != std::string_view::npos) what.remove_prefix(at + mark.size());
    };
    skip("] ");
    std::string place;
    if (what.starts_with("parse error at ")) {
      skip("parse error at ");
      place = what.substr(0, std::min(what.find(": ") + 2, what.size()));
      skip(": ");
      if (what.starts_with("syntax error while parsing")) skip(" - ");
    }
    return place + clip_text(what, said_max);
  }
  bool refuse(const std::string& why) {
    error = "not accepted as JSON: " + why;
    return false;
  }
  Json* place(Json&& item) {
    if (open_.empty()) return &(value = std::move(item));
    if (!open_.back()->is_array()) return &(*member_ = std::move(item));
    auto& list = open_.back()->get_ref<Json::array_t&>();
    return &list.emplace_back(std::move(item));
  }
  bool put(Json&& item) {
    place(std::move(item));
    return true;
  }
  bool open(Json&& container) {
    if (open_.size() >= depth_max_) return refuse(fmt::format("nested deeper than {} levels", depth_max_));
    open_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::size_t depth_max_;
  std::vector<Json*>
      open_;               ///< the containers around what comes next; a container does not grow while one in it is open
  Json* member_{nullptr};  ///< where the value of the last key goes
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  if (auto value = parse_quickly(text, json_depth_max)) return std::move(*value);
  return parse_strictly(text, json_depth_max);
}

Result<Json> parse_own_json(std::string_view text) {
  if (auto value = parse_quickly(text, own_json_depth_max)) return std::move(*value);
  return parse_strictly(text, own_json_depth_max);
}

Result<Json> parse_strictly(std::string_view text, std::size_t depth_max) {
  // nlohmann takes a NUL byte for the end and would not look at what follows.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(Errc::invalid, fmt::format("not JSON: a NUL byte at byte {}", nul + 1));
  }
  Builder builder(depth_max);
  if (!Json::sax_parse(text, &builder)) return fail(Errc::invalid, std::move(builder.error));
  return std::move(builder.value);
}

Result<std::string> canonical_json(const Json& value) {
  CanonicalWriter writer;
  writer.json(value);
  return std::move(writer).end();
}

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

}  // namespace aright
