// Text from outside (paths, messages of the system, what people type) made fit for a record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace aright {

/// `text` as valid UTF-8 of at most `bytes_max` bytes: cut between characters and closed with "…" when it was longer;
/// bytes that are no UTF-8 and control characters become U+FFFD, line breaks and tabs a space. Text that already fits
/// comes back unchanged. `bytes_max` is at least 8. Any thread; cannot fail.
[[nodiscard]] std::string clip_text(std::string_view text, std::size_t bytes_max);

/// "1 control", "2 controls", "0 entries", "2 processes": `noun` as English makes its plural by rule.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace aright
