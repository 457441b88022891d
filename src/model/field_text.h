// Texts that have the form of a type, in one spelling.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/event.h"

namespace aright {

/// The one form of an address that equal addresses share: RFC 5952, IPv4 inside IPv6 as IPv4. nullopt: not exactly one.
[[nodiscard]] std::optional<std::string> plain_address(std::string_view text);

/// `text` in the one spelling of `type`; a text is itself. nullopt: it has another form.
[[nodiscard]] std::optional<std::string> plain_form(FieldType type, std::string_view text);

}  // namespace aright
