// A flat JSON object while it is being put together: an entry before it is bytes.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace aright {

/// A list instead of a tree: there are a dozen fields, each looked up a few times. In the order in which they were
/// given.
class Fields {
 public:
  /// A literal: it outlives whatever it names.
  class Name {
   public:
    template <std::size_t N>
    consteval Name(const char (&text)[N]) : text_(text, N - 1) {}  // NOLINT(*-explicit-*, *-c-arrays)
    [[nodiscard]] std::string_view text() const { return text_; }

   private:
    std::string_view text_;
  };
  struct Field {
    template <class T>
    Field(Name of, T&& item) : name(of.text()), value(std::forward<T>(item)) {}
    explicit Field(Json&& item) : value(std::move(item)) {}
    std::string_view name;
    mutable Json value;  ///< taken out of an initializer list, whose items are const
  };

  Fields() = default;
  Fields(std::initializer_list<Field> fields) {
    fields_.reserve(fields.size() + 6);  // what every entry has comes on top
    add(fields);
  }

  /// The value of this name; null and new if there was none. Until the next call.
  Json& operator[](Name name) {
    for (Field& field : fields_) {
      if (field.name == name.text()) return field.value;
    }
    return fields_.emplace_back(name, nullptr).value;
  }
  void add(std::initializer_list<Field> fields) {
    for (const Field& field : fields) fields_.emplace_back(std::move(field.value)).name = field.name;
  }
  void append(Fields other) {
    for (Field& field : other.fields_) fields_.push_back(std::move(field));
  }
  [[nodiscard]] Json* find(std::string_view name) {
    for (Field& field : fields_) {
      if (field.name == name) return &field.value;
    }
    return nullptr;
  }
  [[nodiscard]] const Json* find(std::string_view name) const {
    for (const Field& field : fields_) {
      if (field.name == name) return &field.value;
    }
    return nullptr;
  }
  /// RFC 8785. Errc::invalid as `canonical_json`; also a name that is there twice.
  [[nodiscard]] Result<std::string> canonical() const;

 private:
  std::vector<Field> fields_;
};

}  // namespace aright
