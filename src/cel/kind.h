// The kinds of values the language knows, and types made of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aright::cel {

enum class Kind : std::uint8_t {
  null,
  boolean,
  integer,           ///< 64 bits, signed
  unsigned_integer,  ///< 64 bits
  floating,          ///< IEEE 754 double
  text,              ///< UTF-8
  bytes,
  list,
  map,
  type,
  timestamp,
  duration,
  ip,
  cidr,
  dyn,  ///< only a type, never a value: known when evaluated
};

/// As the language writes it: "null_type", "bool", "int", …, "google.protobuf.Timestamp", "net.IP".
[[nodiscard]] std::string_view name(Kind kind);

/// A type as far as known before evaluation. `items`: nothing, or the element of a list, or key and value of a map.
struct Type {
  Kind kind{Kind::dyn};
  std::vector<Type> items;

  static Type list_of(Type item);
  static Type map_of(Type key, Type value);
  bool operator==(const Type&) const = default;

  [[nodiscard]] Type item() const;   ///< what a list holds or a map's key; dyn when not known
  [[nodiscard]] Type value() const;  ///< what a map's keys lead to; dyn when not known
  /// "list(int)".
  [[nodiscard]] std::string describe() const;
};

/// Whether values of both types can be equal: the same kind, any two numbers, null with anything, dyn with anything.
[[nodiscard]] bool comparable(const Type& a, const Type& b);
/// The type of something that is either: the common one, else dyn in the parts that differ.
[[nodiscard]] Type join(const Type& a, const Type& b);

[[nodiscard]] bool is_number(Kind kind);

}  // namespace aright::cel
