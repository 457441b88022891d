// Writes RFC 8785 bytes as they come, without a tree of values in between.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace aright {

/// The bytes so far and the first thing that was wrong. Values only; members are written by `CanonicalObject`.
class CanonicalWriter {
 public:
  void text(std::string_view value);  ///< a mistake: it is not UTF-8
  void boolean(bool value) { out_ += value ? "true" : "false"; }
  void null() { out_ += "null"; }
  void number(std::integral auto value) {  ///< a mistake: beyond ±2^53
    if constexpr (std::signed_integral<decltype(value)>) {
      integer(value);
    } else {
      whole(value);
    }
  }
  void texts(std::span<const std::string> values);
  void json(const Json& value);  ///< mistakes as of `canonical_json`
  void mistake(std::string what);
  /// Errc::invalid: the first mistake.
  [[nodiscard]] Result<std::string> end() &&;

 private:
  friend class CanonicalObject;
  friend class CanonicalList;
  void integer(std::int64_t value);
  void whole(std::uint64_t value);
  void escaped(char c);

  std::string out_;
  std::string error_;
};

/// One object, from its construction to its end. A mistake: a name that does not come after the one before it.
class CanonicalObject {
 public:
  explicit CanonicalObject(CanonicalWriter& out) : out_(out) { out_.out_ += '{'; }
  ~CanonicalObject() { out_.out_ += '}'; }
  CanonicalObject(const CanonicalObject&) = delete;
  CanonicalObject& operator=(const CanonicalObject&) = delete;

  /// The value is what is written next to the writer that comes back. `name` is UTF-8 and lives as long as the object.
  CanonicalWriter& at(std::string_view name);
  void text(std::string_view name, std::string_view value) { at(name).text(value); }
  void number(std::string_view name, std::integral auto value) { at(name).number(value); }
  void boolean(std::string_view name, bool value) { at(name).boolean(value); }
  void texts(std::string_view name, std::span<const std::string> values) { at(name).texts(values); }
  void json(std::string_view name, const Json& value) { at(name).json(value); }

 private:
  CanonicalWriter& out_;
  std::string_view last_;
  bool empty_{true};
};

/// One list, from its construction to its end.
class CanonicalList {
 public:
  explicit CanonicalList(CanonicalWriter& out) : out_(out) { out_.out_ += '['; }
  ~CanonicalList() { out_.out_ += ']'; }
  CanonicalList(const CanonicalList&) = delete;
  CanonicalList& operator=(const CanonicalList&) = delete;

  /// The next item is what is written next to the writer that comes back.
  CanonicalWriter& next();

 private:
  CanonicalWriter& out_;
  bool empty_{true};
};

/// Reads what `CanonicalWriter` has written, member by member, where it is known what comes: ten times as fast as a
/// tree, for rows that are read by the ten thousand. Refuses more than is wrong (texts with escapes, or beyond ASCII):
/// whoever is told no reads the text with `parse_json`.
class CanonicalReader {
 public:
  explicit CanonicalReader(std::string_view text) : rest_(text) {}
  bool open() { return first_ = take('{'); }
  bool close();
  /// The next member's name; `open` or a value came before.
  bool name(std::string_view name);
  bool any_name(std::string& name);
  /// The first member of an object is this one; for those that may be absent.
  [[nodiscard]] bool begins_with(std::string_view name) const;
  bool text(std::string_view& value);  ///< a part of what is read
  bool text(std::string& value);
  bool number(std::uint64_t& value);
  bool boolean(bool& value);
  /// Another member follows.
  [[nodiscard]] bool more() const { return !rest_.starts_with('}'); }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  bool take(char expected);
  bool comma() { return std::exchange(first_, false) || take(','); }
  std::string_view rest_;
  bool first_{false};  ///< no member came yet
};

}  // namespace aright
