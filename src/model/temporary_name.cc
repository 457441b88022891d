#include "model/temporary_name.h"

#include <algorithm>

#include "model/epochs.h"

namespace aright {

namespace {

constexpr std::string_view temporary_prefix = ".aright-";
constexpr std::size_t key_number_digits_max = 20;

bool take_key_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end > 0 && end <= key_number_digits_max;
}

bool take_key_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

std::string temporary_name(std::string_view key) { return std::string(temporary_prefix) + std::string(key); }

bool is_temporary_name(std::string_view name) {
  if (!take_key_word(name, temporary_prefix)) return false;
  const std::size_t word = name.find('-');
  if (word != std::string_view::npos && is_epoch_word(name.substr(0, word))) name.remove_prefix(word + 1);
  if (!take_key_word(name, "r") || !take_key_number(name)) return false;
  if (!take_key_word(name, "-") || !take_key_number(name)) return false;
  return name.empty() || name == "-undo";
}

}  // namespace aright
