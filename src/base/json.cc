#include "base/json.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/utf8.h"

namespace aright {

namespace {

constexpr std::int64_t integer_max = 1LL << 53U;

/// Stops the parser at the second use of a key and at too much depth; nlohmann itself lets the last key win.
class StrictKeys {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using enum Json::parse_event_t;
    const bool opens = event == object_start || event == array_start;
    if (opens && static_cast<std::size_t>(depth) >= json_depth_max) refuse("nested deeper than 64 levels");
    if (event == object_start) keys_.emplace_back();
    if (event == object_end && !keys_.empty()) keys_.pop_back();
    if (event == key && !keys_.empty() && !keys_.back().insert(parsed.get<std::string>()).second) {
      refuse(fmt::format("key \"{}\" is written twice", parsed.get<std::string>()));
    }
    return true;
  }
  struct Refused {
    std::string message;
  };

 private:
  [[noreturn]] static void refuse(std::string message) { throw Refused{std::move(message)}; }
  std::vector<std::set<std::string>> keys_;
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
  try {
    return Json::parse(text, StrictKeys{});
  } catch (const StrictKeys::Refused& refused) {
    return fail(Errc::invalid, "not accepted as JSON: " + refused.message);
  } catch (const Json::exception& error) {
    return fail(Errc::invalid, std::string("not JSON: ") + error.what());
  }
}

Result<std::string> canonical_json(const Json& value) {
  Writer writer;
  if (!writer.write(value)) return fail(Errc::invalid, writer.error);
  return std::move(writer.out);
}

}  // namespace aright
