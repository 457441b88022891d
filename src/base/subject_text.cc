#include "base/subject_text.h"

#include <fmt/format.h>

#include <span>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/text.h"
#include "base/utf8.h"

namespace aright {

namespace {

constexpr std::string_view instead_of_bytes = "\xEF\xBF\xBD";
constexpr std::string_view marked_equals = "\\u{3d}";
constexpr std::string_view marked_backslash = "\\u{5c}";
constexpr std::string_view marked_cut = "\\u{2026}";
constexpr std::string_view before_brace = "\\u";  ///< a mark ends with "}", so this is always somebody's own
constexpr std::size_t hash_bytes = 16;
constexpr std::size_t cut_bytes = marked_cut.size() + 2 * hash_bytes;

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029;
}

std::string mark_of_cut(std::string_view of) {
  const Digest digest = sha256(of);
  return std::string(marked_cut) + hex(std::span(digest).first(hash_bytes));
}

/// Calls `with` for each character, and its number.
template <class With>
void each_character(std::string_view text, With with) {
  while (!text.empty()) {
    const auto character = first_character(text);
    const std::size_t size = character ? character->size : 1;
    with(character ? text.substr(0, size) : instead_of_bytes, character ? character->code : U'\uFFFD');
    text.remove_prefix(size);
  }
}

}  // namespace

void SubjectText::add(std::string_view character, char32_t code, bool written) {
  if (is_control(code)) {
    text_ += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(code));
    return;
  }
  if (code == U'=') {
    if (written) blank_ = false;
    text_ += blank_ ? marked_equals : character;
    return;
  }
  if (code == U' ') blank_ = true;
  if (code == U'{' && text_.ends_with(before_brace)) {
    text_.resize(text_.size() - before_brace.size());
    text_ += marked_backslash;
    text_ += 'u';
  }
  text_ += character;
}

void SubjectText::add_written(std::string_view text) {
  each_character(text, [&](std::string_view character, char32_t code) { add(character, code, true); });
}

void SubjectText::add_value(std::string_view value, std::size_t bytes_max) {
  const std::size_t begin = text_.size();
  std::size_t safe = begin;  // bytes of the text behind which the mark of a cut still fits
  each_character(value, [&](std::string_view character, char32_t code) {
    add(character, code, false);
    if (bytes_max == no_limit || text_.size() - begin + cut_bytes <= bytes_max) safe = text_.size();
  });
  if (bytes_max == no_limit || text_.size() - begin <= bytes_max) return;
  text_.resize(safe);
  text_ += mark_of_cut(value);
}

std::string SubjectText::within(std::size_t bytes_max) const {
  if (text_.size() <= bytes_max) return text_;
  return clip_text(text_, bytes_max - cut_bytes) + mark_of_cut(text_);
}

std::optional<SubjectField> only_field(std::string_view subject) {
  const auto equals = subject.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view marked = subject.substr(equals + 1);
  if (const auto blank = marked.find(' '); blank != std::string_view::npos && marked.find('=', blank) < marked.size()) {
    return std::nullopt;
  }
  SubjectField field{std::string(subject.substr(0, equals)), std::string(marked)};
  for (std::size_t at = 0; (at = field.value.find(marked_equals, at)) != std::string::npos; ++at) {
    field.value.replace(at, marked_equals.size(), "=");
  }
  return field;
}

}  // namespace aright
