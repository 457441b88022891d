// How far answers go by themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aright {

/// How far a workflow may go by itself, in rising order.
enum class Mode : std::uint8_t { off, observe, plan, propose, auto_ };
[[nodiscard]] std::string_view name(Mode mode);
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view text);
[[nodiscard]] std::vector<std::string> mode_names();  ///< in rising order

}  // namespace aright
