#include "base/yaml_places.h"

#include <algorithm>

namespace aright::yaml {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Of a UTF-8 sequence that begins so.
std::size_t bytes_of(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Both are walked through at once: what is not white comes in the same order in either.
class Walk {
 public:
  Walk(std::string_view scalar, std::string_view file, std::size_t begin, std::uint32_t line, std::uint32_t column)
      : scalar_(scalar), file_(file), at_(begin), line_(line), column_(column) {}

  std::vector<Piece> pieces() {
    if (at_ >= file_.size()) return {};
    const char first = file_[at_];
    if (first == '|' || first == '>') {
      while (at_ < file_.size() && file_[at_] != '\n') advance(1);
      if (at_ < file_.size()) advance(1);
    } else if (first == '"' || first == '\'') {
      quote_ = first;
      advance(1);
    }
    std::size_t offset = 0;
    while (offset < scalar_.size()) {
      const std::size_t taken = take(offset);
      if (taken == 0) break;
      offset += taken;
    }
    return std::move(pieces_);
  }

 private:
  /// How many bytes of the scalar what stands in the file is; 0: they do not fit together.
  std::size_t take(std::size_t offset) {
    const char wanted = scalar_[offset];
    while (at_ < file_.size()) {
      const char there = file_[at_];
      if (quote_ == '"' && there == '\\') {
        const std::size_t escape = escape_size();
        if (at_ + 1 < file_.size() && is_white(file_[at_ + 1]) && file_[at_ + 1] != ' ') {  // a line that goes on
          advance(1);
          continue;
        }
        found(offset, false);
        advance(escape);
        return bytes_of(wanted);
      }
      if (there == wanted) {
        found(offset, true);
        advance(quote_ == '\'' && there == '\'' ? 2 : 1);
        return 1;
      }
      if (!is_white(there)) return is_white(wanted) ? 1 : 0;  // a line break was folded into it
      advance(1);
    }
    return is_white(wanted) ? 1 : 0;
  }

  [[nodiscard]] std::size_t escape_size() const {
    const char sign = at_ + 1 < file_.size() ? file_[at_ + 1] : ' ';
    return sign == 'x' ? 4 : sign == 'u' ? 6 : sign == 'U' ? 10 : 2;
  }

  void found(std::size_t offset, bool as_it_is) {
    const bool goes_on = as_it_is && plain_ && offset == next_offset_ && at_ == next_at_ && !pieces_.empty();
    if (!goes_on && !continues(scalar_[offset])) pieces_.push_back({offset, line_, column_});
    plain_ = as_it_is;
    next_offset_ = offset + 1;
    next_at_ = at_ + 1;
  }

  void advance(std::size_t bytes) {
    for (; bytes != 0 && at_ < file_.size(); --bytes, ++at_) {
      if (file_[at_] == '\n') {
        ++line_;
        column_ = 1;
      } else if (!continues(file_[at_])) {
        ++column_;
      }
    }
  }

  std::string_view scalar_;
  std::string_view file_;
  std::size_t at_;
  std::uint32_t line_;
  std::uint32_t column_;
  char quote_{'\0'};
  bool plain_{false};  ///< what was found last stands there as it is
  std::size_t next_offset_{0};
  std::size_t next_at_{0};
  std::vector<Piece> pieces_;
};

}  // namespace

std::uint32_t code_points(std::string_view text) {
  return static_cast<std::uint32_t>(std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

std::vector<Piece> pieces_of(std::string_view scalar, std::string_view file, std::size_t begin, std::uint32_t line,
                             std::uint32_t column) {
  if (begin > file.size()) return {};
  if (file.substr(begin).starts_with(scalar) && !scalar.contains('\n')) return {};
  return Walk(scalar, file, begin, line, column).pieces();
}

}  // namespace aright::yaml
