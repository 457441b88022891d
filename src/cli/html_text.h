// Text from outside on its way into a page.
#pragma once

#include <string>
#include <string_view>

namespace aright::cli {

/// Nothing in it becomes markup, or turns or hides text (as `safe` in cli/terminal_text.h).
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace aright::cli
