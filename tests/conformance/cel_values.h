// Values and types in the form of the vectors.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cel/value.h"

namespace aright::conformance {

/// {"int": "5"} and such as a value. Errc::invalid: a form we do not know.
[[nodiscard]] Result<cel::Value> cel_value(const nlohmann::json& form);
/// Whether the value is the one the form says: same type, same content; NaN is NaN, order in maps does not matter.
[[nodiscard]] bool cel_matches(const cel::Value& value, const nlohmann::json& form);
/// {"primitive": "INT64"} and such as a type; dyn where we do not know it.
[[nodiscard]] cel::Type cel_type(const nlohmann::json& form);
/// For a message.
[[nodiscard]] std::string cel_shown(const cel::Value& value);

}  // namespace aright::conformance
