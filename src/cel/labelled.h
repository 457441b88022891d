// Texts that say what their value is: `address=${ event.client }`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/yaml.h"
#include "cel/template.h"

namespace aright::cel {

inline constexpr std::size_t label_bytes_max = 64;
inline constexpr std::size_t labelled_bytes_max = 512;  ///< of what comes out

/// Compiles the text in `node`: a label of letters, digits, `_`, `-` and `.`, then `=`, then what has `${ … }` in it.
/// nullopt after reporting every mistake where it stands. `what` names the field; `example` is a right text; `each` is
/// what would all be one if nothing told them apart ("alert").
[[nodiscard]] std::optional<Template> compile_labelled(const yaml::Node& node, std::string_view what,
                                                       const Environment& environment, std::string_view example,
                                                       std::string_view each, Diagnostics& out);

/// What comes out, label and all, as base/subject_text.h writes it: no value looks like another label. Pure. Errors as
/// of `evaluate`; Errc::invalid: it has no label, nothing but blanks stands behind it, or it is too long.
[[nodiscard]] Result<std::string> fill_labelled(const Template& text, const Bindings& bindings);

/// What stands behind the label.
[[nodiscard]] std::string_view behind_label(std::string_view labelled);

}  // namespace aright::cel
