// Text as whoever decodes it would read it, with the place of each byte in the original.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace aright {

/// May hold secrets: its text is wiped when it goes.
struct View {
  std::string text;
  std::vector<std::uint32_t> begins;  ///< in the original, of each byte
  std::vector<std::uint32_t> ends;    ///< likewise; bytes that one escape stands for share both

  View() = default;
  View(View&&) = default;
  View& operator=(View&&) = default;
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  ~View() { wipe(text); }

  void add(char byte, std::size_t begin, std::size_t end);
  void add(std::string_view bytes, std::size_t begin, std::size_t end);
};

/// The original and its decoded forms that differ from it: escapes of JSON and C, also twice; of URLs, with `+` as it
/// is and as a blank; of HTML; without white space; as bare hex digits in lower case, whatever separates them. An
/// escape that is cut off at the end is left out. Linear in `text`, of which only the first 4 GiB are looked at.
[[nodiscard]] std::vector<View> views_of(std::string_view text);

}  // namespace aright
