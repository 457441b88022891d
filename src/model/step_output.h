// What a program is declared to write for the steps after it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "model/event.h"

namespace aright {

inline constexpr std::size_t output_fields_max = 16;
inline constexpr std::size_t output_items_max = 256;
inline constexpr std::size_t output_text_max = 1000;  ///< bytes

struct OutputField {
  FieldType type{FieldType::text};
  bool list{false};  ///< of up to `output_items_max` such values
  bool operator==(const OutputField&) const = default;
};

/// The fields of the one JSON object on standard output, by name. What is not declared is not looked at.
using OutputShape = std::map<std::string, OutputField>;

[[nodiscard]] Json output_shape_json(const OutputShape& shape);
/// The reverse. Errc::corrupt names the field.
[[nodiscard]] Result<OutputShape> output_shape_from(const Json& doc);

/// The declared fields of `written`, each of its type in one spelling. Errc::invalid says what is missing or otherwise:
/// then it is not what was expected of the program. Pure.
[[nodiscard]] Result<Json> read_output(const OutputShape& shape, std::string_view written);

}  // namespace aright
