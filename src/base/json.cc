#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"

namespace aright {

namespace {

constexpr std::size_t said_max = 200;  ///< bytes of the parser's words, which repeat what it has read
constexpr std::int64_t integer_max = 1LL << 53U;

/// Builds the value and stops the parser at the second use of a key and at too much depth; nlohmann's own builder lets
/// the last key win.
class Builder final : public nlohmann::json_sax<Json> {
 public:
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
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/, const Json::exception& what) override {
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
    if (open_.size() >= json_depth_max) return refuse("nested deeper than 64 levels");
    open_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<Json*>
      open_;               ///< the containers around what comes next; a container does not grow while one in it is open
  Json* member_{nullptr};  ///< where the value of the last key goes
};

class Writer {
 public:
  bool write(const Json& value) {
    switch (value.type()) {
      case Json::value_t::null: out += "null"; return true;
      case Json::value_t::boolean: out += value.get<bool>() ? "true" : "false"; return true;
      case Json::value_t::number_integer: return write_integer(value.get<std::int64_t>());
      case Json::value_t::number_unsigned: return write_unsigned(value.get<std::uint64_t>());
      case Json::value_t::string: return write_string(value.get_ref<const std::string&>());
      case Json::value_t::array: return write_array(value);
      case Json::value_t::object: return write_object(value);
      case Json::value_t::number_float: error = "a floating-point number has no place in a record"; return false;
      case Json::value_t::binary:
      case Json::value_t::discarded: error = "not a JSON value"; return false;
    }
    return false;
  }
  std::string out;
  std::string error;

 private:
  bool write_unsigned(std::uint64_t number) {
    if (number <= static_cast<std::uint64_t>(integer_max)) return write_integer(static_cast<std::int64_t>(number));
    error = fmt::format("integer {} is beyond 2^53; write it as a string", number);
    return false;
  }

  bool write_integer(std::int64_t number) {
    if (number < -integer_max || number > integer_max) {
      error = fmt::format("integer {} is beyond 2^53; write it as a string", number);
      return false;
    }
    const fmt::format_int digits(number);
    out.append(digits.data(), digits.size());
    return true;
  }

  bool write_string(const std::string& text) {
    if (!is_utf8(text)) {
      error = "a string is not UTF-8";
      return false;
    }
    out += '"';
    std::size_t plain = 0;  // most text needs no escapes: copied in runs
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c >= 0x20 && c != '"' && c != '\\') continue;
      out.append(text, plain, i - plain);
      write_escaped(text[i]);
      plain = i + 1;
    }
    out.append(text, plain);
    out += '"';
    return true;
  }

  void write_escaped(char c) {  // RFC 8785 §3.2.2.2
    switch (c) {
      case '"': out += "\\\""; return;
      case '\\': out += "\\\\"; return;
      case '\b': out += "\\b"; return;
      case '\f': out += "\\f"; return;
      case '\n': out += "\\n"; return;
      case '\r': out += "\\r"; return;
      case '\t': out += "\\t"; return;
      default: break;
    }
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }

  bool write_array(const Json& list) {
    out += '[';
    bool first = true;
    for (const Json& item : list) {
      if (!first) out += ',';
      first = false;
      if (!write(item)) return false;
    }
    out += ']';
    return true;
  }

  bool write_object(const Json& object) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : object.get_ref<const Json::object_t&>()) {
      if (!first) out += ',';
      first = false;
      if (!write_string(key)) return false;
      out += ':';
      if (!write(item)) return false;
    }
    out += '}';
    return true;
  }
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  // nlohmann takes a NUL byte for the end and would not look at what follows.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(Errc::invalid, fmt::format("not JSON: a NUL byte at byte {}", nul + 1));
  }
  Builder builder;
  if (!Json::sax_parse(text, &builder)) return fail(Errc::invalid, std::move(builder.error));
  return std::move(builder.value);
}

Result<std::string> canonical_json(const Json& value) {
  Writer writer;
  if (!writer.write(value)) return fail(Errc::invalid, writer.error);
  return std::move(writer.out);
}

}  // namespace aright
