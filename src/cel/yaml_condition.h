// Conditions, and texts with ${ … }, as they stand in YAML.
#pragma once

#include <optional>
#include <string>

#include "base/diagnostic.h"
#include "base/yaml.h"
#include "cel/program.h"
#include "cel/template.h"

namespace aright::cel {

/// Compiles the scalar `node` as a condition. nullopt after reporting every mistake where it stands in the file: no
/// scalar, mistakes in the expression, a result that cannot be a boolean. `what` names the field in messages. In a
/// block of several lines the place within the text is said in the message instead.
[[nodiscard]] std::optional<Program> compile_condition(const yaml::Node& node, std::string_view what,
                                                       const Environment& environment, Diagnostics& out);

/// The same for an expression whatever its type.
[[nodiscard]] std::optional<Program> compile_expression(const yaml::Node& node, std::string_view what,
                                                        const Environment& environment, Diagnostics& out);

/// What a scalar that one of the two took says in the language: YAML's other spellings of a boolean (True) are none of
/// it. Pure.
[[nodiscard]] std::string written_expression(const yaml::Node& node);

/// As `compile_expression` for a text with `${ … }` in it. Whether the value fits is the caller's question.
[[nodiscard]] std::optional<Template> compile_text(const yaml::Node& node, std::string_view what,
                                                   const Environment& environment, Diagnostics& out);

}  // namespace aright::cel
