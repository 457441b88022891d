// Enumerations as the words used in records: one table each, both directions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace aright {

/// `words[i]` is the word of the enumerator with value i. An enumerator without a word is a broken invariant.
template <class Enum, std::size_t N>
[[nodiscard]] std::string_view word_of(const std::array<std::string_view, N>& words, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  if (index >= N) std::abort();
  return words.at(index);
}

template <class Enum, std::size_t N>
[[nodiscard]] std::optional<Enum> value_of(const std::array<std::string_view, N>& words, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words.at(i) == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace aright
