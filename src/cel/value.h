// The values of the language. A value is cheap to copy: what is large is shared and never changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/json.h"
#include "base/result.h"
#include "cel/instant.h"
#include "cel/kind.h"

namespace aright::cel {

/// Any thread may read one value; its parts are immutable. A value made by `view` refers to JSON it does not own, and
/// so do the texts, lists and maps taken out of it: they must not outlive that JSON. All others own or share what they
/// need.
class Value {
 public:
  struct Text {
    std::shared_ptr<const std::string> text;
  };
  struct Bytes {
    std::shared_ptr<const std::string> bytes;
  };
  using Items = std::vector<Value>;
  using Entry = std::pair<Value, Value>;
  struct Entries {
    std::vector<Entry> sorted;  ///< by key
  };
  struct None {
    std::shared_ptr<const std::string> why;
  };
  using Data =
      std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, Text, Bytes, std::shared_ptr<const Items>,
                   std::shared_ptr<const Entries>, std::shared_ptr<const Json>, Kind, Instant, Span, Ip, Cidr, None>;

  Value() = default;  ///< null
  static Value boolean(bool value) { return Value(Data(value)); }
  static Value integer(std::int64_t value) { return Value(Data(value)); }
  static Value unsigned_integer(std::uint64_t value) { return Value(Data(value)); }
  static Value floating(double value) { return Value(Data(value)); }
  static Value text(std::string value);   ///< UTF-8
  static Value bytes(std::string value);  ///< any bytes
  static Value list(Items items);
  /// Keys are bool, int, uint or string; `1` and `1u` are the same key. Errc::invalid: another kind, a key twice.
  static Result<Value> map(std::vector<Entry> entries);
  static Value timestamp(Instant value) { return Value(Data(value)); }
  static Value duration(Span value) { return Value(Data(value)); }
  static Value ip(Ip value) { return Value(Data(value)); }
  static Value cidr(Cidr value) { return Value(Data(value)); }
  static Value type(Kind value) { return Value(Data(value)); }

  /// JSON as a value, without a copy. Whole numbers are int where they fit, else uint; other numbers double. A place
  /// without a value (base/no_value.h) may lie in it: whatever reads that fails.
  static Value view(const Json& json);
  static Value view(Json&&) = delete;  ///< would dangle
  /// The same, sharing ownership of the tree that `json` points into. Not null.
  static Value share(const std::shared_ptr<const Json>& json);

  /// dyn of a place without a value.
  [[nodiscard]] Kind kind() const;
  /// Why no value stands here; nullptr: one does.
  [[nodiscard]] const std::string* why_none() const;
  [[nodiscard]] bool is(Kind other) const { return kind() == other; }
  /// These need the kind they name; any other aborts.
  [[nodiscard]] bool as_bool() const { return std::get<bool>(data_); }
  [[nodiscard]] std::int64_t as_int() const { return std::get<std::int64_t>(data_); }
  [[nodiscard]] std::uint64_t as_uint() const { return std::get<std::uint64_t>(data_); }
  [[nodiscard]] double as_double() const { return std::get<double>(data_); }
  [[nodiscard]] const std::string& as_text() const { return *std::get<Text>(data_).text; }
  [[nodiscard]] const std::string& as_bytes() const { return *std::get<Bytes>(data_).bytes; }
  [[nodiscard]] Instant as_timestamp() const { return std::get<Instant>(data_); }
  [[nodiscard]] Span as_duration() const { return std::get<Span>(data_); }
  [[nodiscard]] const Ip& as_ip() const { return std::get<Ip>(data_); }
  [[nodiscard]] const Cidr& as_cidr() const { return std::get<Cidr>(data_); }
  [[nodiscard]] Kind as_type() const { return std::get<Kind>(data_); }

  [[nodiscard]] std::size_t size() const;             ///< of a list or map; else 0
  [[nodiscard]] Value item(std::size_t index) const;  ///< of a list; index < size()
  [[nodiscard]] std::vector<Value> keys() const;      ///< of a map, sorted: false, true, numbers, texts by bytes
  [[nodiscard]] Items elements() const;               ///< of a list, all; of a map, its keys
  /// Of a map: what `key` leads to. A double finds the whole number it equals. A key of another kind finds nothing.
  [[nodiscard]] std::optional<Value> find(const Value& key) const;
  /// The same for a text key, without making a value of it.
  [[nodiscard]] std::optional<Value> find(std::string_view key) const;

 private:
  explicit Value(Data data) : data_(std::move(data)) {}
  Data data_;
};

/// The most of a result that becomes JSON or text: parts of a value may be shared, so that little memory looks large.
inline constexpr std::size_t result_nodes_max = 100'000;
inline constexpr std::size_t result_depth_max = 256;

/// Owns everything. bytes become base64; timestamp, duration, ip, cidr and type their text; keys of maps text.
/// Errc::invalid: NaN or infinity, two keys with the same text, a place without a value. Errc::denied: over the limits
/// above.
[[nodiscard]] Result<Json> to_json(const Value& value);

/// The text that stands for the value inside other text: a string itself, what `string()` gives, "true", "null", a list
/// or map as JSON on one line. Errors as `to_json`; Errc::invalid also for bytes that are no UTF-8.
[[nodiscard]] Result<std::string> to_text(const Value& value);

/// What `string()` gives for a number: "5", "0.1", "1e+300"; "NaN", "Infinity", "-Infinity".
[[nodiscard]] std::string number_text(double value);

}  // namespace aright::cel
