#include "guard/own_names.h"

#include <fmt/format.h>

namespace aright::guard {

namespace {

constexpr std::string_view gaps = " \t\r\n";
/// Not "@" (a host or an instance stands behind it), nor "-" and ".", which make other names of it.
constexpr std::string_view between_words = " \t\r\n=,;|&<>()[]{}'\"`";
constexpr std::uint64_t told_numbers_min = 100;

struct Stretch {
  std::size_t begin{0};
  std::size_t end{0};
};

/// What of `text` is not just what stands before and behind the expressions of `written`.
Stretch filled_in(std::string_view text, std::string_view written) {
  const auto open = written.find("${");
  const auto close = written.rfind('}');
  std::string_view before = written.substr(0, open);
  if (open == std::string_view::npos || !text.starts_with(before)) before = {};  // `$${` comes out otherwise
  std::string_view behind = open == std::string_view::npos || close == std::string_view::npos || close < open
                                ? std::string_view()
                                : written.substr(close + 1);
  if (!text.substr(before.size()).ends_with(behind)) behind = {};
  return {before.size(), text.size() - behind.size()};
}

bool is_sentence(std::string_view value) {
  const auto begin = value.find_first_not_of(gaps);
  if (begin == std::string_view::npos) return false;
  return value.substr(begin, value.find_last_not_of(gaps) - begin + 1).find_first_of(gaps) != std::string_view::npos;
}

bool is_option_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view last_part(std::string_view path) {
  while (path.ends_with('/') || path.ends_with("/.")) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool is_own_program(std::string_view word) {
  const auto is_it = [](std::string_view name) { return name == "aright" || name == "aright.service"; };
  const bool option = word.size() > 2 && word[0] == '-' && is_option_letter(word[1]);  // "-uaright"
  return is_it(last_part(word)) || (option && is_it(last_part(word.substr(2))));
}

/// "4242", "-4242" (its group), "+04242"; "/proc/4242/fd".
bool is_own_process(std::string_view word, std::uint64_t process) {
  if (process == 0) return false;
  const std::string number = fmt::to_string(process);
  constexpr std::string_view proc{"/proc/"};
  if (word.starts_with(proc)) {
    word.remove_prefix(proc.size());
    return word.substr(0, word.find('/')) == number;
  }
  if (process < told_numbers_min) return false;
  if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
  while (word.starts_with('0')) word.remove_prefix(1);
  return word == number;
}

}  // namespace

std::string own_name_in(std::string_view text, std::string_view written, std::uint64_t process) {
  const Stretch filled = filled_in(text, written);
  if (is_sentence(text.substr(filled.begin, filled.end - filled.begin))) return {};
  for (std::size_t at = 0; at < filled.end;) {
    const auto stop = text.find_first_of(between_words, at);
    const std::size_t end = stop == std::string_view::npos ? text.size() : stop;
    const std::string_view word = text.substr(at, end - at);
    const bool any_filled = end > filled.begin && filled.begin < filled.end;
    at = end + 1;
    if (!any_filled) continue;
    // "unit:aright" and "aright:aright", but no "203.0.113.7:4242": a port.
    const std::string_view behind_colon = word.substr(word.rfind(':') + 1);
    const std::string_view before_colon = word.substr(0, word.find(':'));
    for (const std::string_view part : {word, before_colon, behind_colon}) {
      if (is_own_program(part)) return fmt::format("names {}, which is Aright itself", part);
    }
    if (is_own_process(word, process)) return fmt::format("names process {}, which is Aright itself", process);
  }
  return {};
}

}  // namespace aright::guard
