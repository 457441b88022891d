#include "base/key_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <cstdlib>
#include <set>

#include "base/utf8.h"

namespace aright::key_text {

namespace {

/// A line's place in the text: [begin, end) without, [begin, next) with its end of line.
struct Line {
  std::size_t begin{0};
  std::size_t end{0};
  std::size_t next{0};
};

struct Occurrence {
  std::size_t number{0};  ///< of the line, from 1
  Line line;
  LineParts parts;
};

/// The part of a text before its first section, and where it sets the keys that were asked for.
struct Scan {
  std::map<std::string, std::vector<Occurrence>> occurrences;  ///< by the one form of the key, in the order of the file
  std::map<std::string, std::size_t> commented;                ///< behind the first line that is "#key …"
  std::string_view separator;  ///< between key and value, of the last line that has both; empty: there is none
  std::size_t tail{0};         ///< where the blank lines and then comments begin that lead to the section
  std::size_t end{0};          ///< where the section begins, or the text's size
};

std::string_view text_of(std::string_view text, const Line& line) {
  return text.substr(line.begin, line.end - line.begin);
}

std::string_view value_of(std::string_view text, const Occurrence& at) {
  return text.substr(at.line.begin + at.parts.value_at, at.parts.value_size);
}

/// "#key value": commented out. "# key …" is prose.
std::optional<LineParts> commented_out(std::string_view line, Syntax syntax) {
  const std::size_t inside = line.find_first_not_of('#');
  if (inside == 0 || inside == std::string_view::npos || line[inside] == ' ' || line[inside] == '\t') {
    return std::nullopt;
  }
  return read_line(line.substr(inside), syntax);
}

Line line_at(std::string_view text, std::size_t begin) {
  const std::size_t newline = text.find('\n', begin);
  if (newline == std::string_view::npos) return {begin, text.size(), text.size()};
  return {begin, newline, newline + 1};
}

/// Moves `tail` on: a comment right above a section belongs to it, and so do blank lines above that.
void follow(Scan& found, const Line& line, std::string_view bytes, bool& comment) {
  const std::size_t first = bytes.find_first_not_of(" \t\r");
  const bool blank = first == std::string_view::npos;
  if (blank && comment) found.tail = line.begin;
  const bool remark = !blank && (bytes[first] == '#' || bytes[first] == ';');
  if (!blank && !remark) found.tail = line.next;
  comment = remark;
}

/// Where the first line begins: behind the mark that some editors put before UTF-8. sshd and sysctl know none, and take
/// it for a part of the first key.
std::size_t first_line(std::string_view text, const Format& format) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  const bool skips = format.syntax == Syntax::key_value || format.syntax == Syntax::key_equals;
  return skips && text.starts_with(mark) ? mark.size() : 0;
}

/// `asked`: of which keys (in their one form) lines are noted; empty: of all.
Scan scan(std::string_view text, const Format& format, const std::set<std::string>& asked) {
  Scan found;
  found.tail = found.end = first_line(text, format);
  const auto form = [&](const LineParts& parts) { return same_key(parts.key, format.syntax, format.ignore_case); };
  const auto is_asked = [&](const std::string& key) { return asked.empty() || asked.contains(key); };
  bool comment = false;
  for (std::size_t number = 1; found.end < text.size(); ++number) {
    const Line line = line_at(text, found.end);
    const std::string_view bytes = text_of(text, line);
    if (begins_section(bytes, format.syntax)) break;
    if (auto parts = read_line(bytes, format.syntax)) {
      if (parts->value_size != 0) {
        found.separator = bytes.substr(parts->key_end, parts->value_at - parts->key_end);
      }
      std::string key = form(*parts);
      if (is_asked(key)) found.occurrences[std::move(key)].push_back({number, line, std::move(*parts)});
    } else if (const auto inside = commented_out(bytes, format.syntax)) {
      std::string key = form(*inside);
      if (is_asked(key)) found.commented.try_emplace(std::move(key), line.next);
    }
    follow(found, line, bytes, comment);
    found.end = line.next;
  }
  return found;
}

std::set<std::string> forms_of(const Wanted& wanted, const Format& format) {
  std::set<std::string> forms;
  for (const auto& [key, value] : wanted) forms.insert(same_key(key, format.syntax, format.ignore_case));
  return forms;
}

Wins wins_of(const Format& format, const std::string& form) {
  return every_line_counts(form, format.syntax) ? Wins::every : format.wins;
}

bool has_value(std::string_view text, const Occurrence& at, const Format& format, const std::string& form,
               const std::string& value) {
  return same_value(value_of(text, at), value, form, format.syntax);
}

bool in_effect(std::string_view text, const Scan& found, const Format& format, const std::string& form,
               const std::optional<std::string>& value) {
  const auto known = found.occurrences.find(form);
  if (known == found.occurrences.end()) return !value;
  if (!value) return false;
  const auto& list = known->second;
  const auto good = [&](const Occurrence& at) { return has_value(text, at, format, form, *value); };
  switch (wins_of(format, form)) {
    case Wins::first: return good(list.front());
    case Wins::last: return good(list.back());
    case Wins::every: return std::ranges::all_of(list, good);
  }
  std::abort();
}

/// Which bytes of the text something replaces. At one place, in this order: first the value that a last line without
/// end gets, then new lines, then the line that goes.
struct Place {
  std::size_t at{0};
  std::size_t end{0};
  bool new_line{false};  ///< what comes here is a line of its own
  auto operator<=>(const Place&) const = default;
};

class Editor {
 public:
  Editor(std::string_view text, const Format& format, const std::set<std::string>& asked)
      : text_(text), format_(format), found_(scan(text, format, asked)) {}

  void want(const std::string& key, const std::optional<std::string>& value) {
    const std::string form = same_key(key, format_.syntax, format_.ignore_case);
    if (in_effect(text_, found_, format_, form, value)) return;
    const auto known = found_.occurrences.find(form);
    if (known == found_.occurrences.end()) return add(key, form, *value);
    if (value) return set(known->second, form, *value);
    for (const Occurrence& at : known->second) take_out(at);
  }

  [[nodiscard]] std::string text() const {
    std::string out;
    std::size_t at = 0;
    for (const auto& [place, bytes] : edits_) {
      out += text_.substr(at, place.at - at);
      const bool first = out.size() <= first_line(text_, format_);
      if (place.new_line && !first && out.back() != '\n') out += line_end();
      out += bytes;
      at = place.end;
    }
    out += text_.substr(at);
    return out;
  }

 private:
  void set(const std::vector<Occurrence>& list, const std::string& form, const std::string& value) {
    const Wins wins = wins_of(format_, form);
    const auto good = [&](const Occurrence& at) { return has_value(text_, at, format_, form, value); };
    std::size_t keep = wins == Wins::last ? list.size() - 1 : 0;
    if (wins == Wins::every) {
      const auto first_good = std::ranges::find_if(list, good);
      if (first_good != list.end()) keep = static_cast<std::size_t>(first_good - list.begin());
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (i != keep && !good(list[i])) take_out(list[i]);
      }
    }
    if (good(list[keep])) return;
    const LineParts& parts = list[keep].parts;
    const Line& line = list[keep].line;
    const std::size_t at = line.begin + parts.value_at;
    const bool none = parts.value_size == 0;
    const bool behind_key = none && parts.value_at == parts.key_end;
    const bool before_comment = none && at < line.end && text_[at] == '#';
    edits_.emplace(Place{at, at + parts.value_size, false},
                   (behind_key ? " " : "") + value + (before_comment ? " " : ""));
  }

  void take_out(const Occurrence& at) { edits_.emplace(Place{at.line.begin, at.line.next, false}, ""); }

  void add(const std::string& key, const std::string& form, const std::string& value) {
    const auto commented = found_.commented.find(form);
    const std::size_t at = commented != found_.commented.end() ? commented->second : end();
    edits_.emplace(Place{at, at, true}, key + (value.empty() && !equals() ? "" : separator()) + value + line_end());
  }

  /// The end of the part before the first section.
  [[nodiscard]] std::size_t end() const { return found_.end == text_.size() ? text_.size() : found_.tail; }

  [[nodiscard]] bool equals() const { return format_.syntax == Syntax::key_equals || format_.syntax == Syntax::sysctl; }

  /// As the last setting writes it.
  [[nodiscard]] std::string separator() const {
    if (!equals()) return " ";
    if (!found_.separator.empty()) return std::string(found_.separator);
    return format_.syntax == Syntax::sysctl ? " = " : "=";
  }

  [[nodiscard]] std::string line_end() const {
    const std::size_t newline = text_.find('\n');
    const bool windows = newline != std::string_view::npos && newline > 0 && text_[newline - 1] == '\r';
    return windows ? "\r\n" : "\n";
  }

  std::string_view text_;
  const Format& format_;
  Scan found_;
  std::multimap<Place, std::string> edits_;  ///< equal places in the order of the keys
};

bool has_controls(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
}

/// `line` is made of a key and `value`: whether reading gives all of `value` back, as something that counts.
bool reads_back(std::string_view line, const std::string& value, Syntax syntax) {
  const auto parts = read_line(line, syntax);
  if (!parts || parts->value_size != value.size() || !line.ends_with(value)) return false;
  if (syntax != Syntax::sshd) return true;
  const auto words = value_words(value, syntax);
  const bool never_closed = words.size() == 1 && words.front() == value && value.find_first_of("\"'") != value.npos;
  return !words.empty() && !never_closed;
}

}  // namespace

std::vector<Setting> parse(std::string_view text, const Format& format) {
  const Scan found = scan(text, format, {});
  std::vector<Setting> list;
  for (const auto& [form, occurrences] : found.occurrences) {
    for (const Occurrence& at : occurrences) {
      list.push_back({at.number, at.parts.key, std::string(value_of(text, at))});
    }
  }
  std::ranges::sort(list, {}, &Setting::line);
  return list;
}

std::vector<std::string> differing(std::string_view text, const Format& format, const Wanted& wanted) {
  const Scan found = scan(text, format, forms_of(wanted, format));
  std::vector<std::string> keys;
  for (const auto& [key, value] : wanted) {
    const std::string form = same_key(key, format.syntax, format.ignore_case);
    if (!in_effect(text, found, format, form, value)) keys.push_back(key);
  }
  return keys;
}

std::string edit(std::string_view text, const Format& format, const Wanted& wanted) {
  Editor editor(text, format, forms_of(wanted, format));
  for (const auto& [key, value] : wanted) editor.want(key, value);
  return editor.text();
}

Result<Done> check(const Format& format, const std::string& key, const std::optional<std::string>& value) {
  const auto refuse = [&](std::string_view why) { return fail(Errc::invalid, fmt::format("key `{}` {}", key, why)); };
  const bool ascii = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7F; });
  if (key.empty() || key.size() > key_bytes_max || !ascii) {
    return fail(Errc::invalid,
                fmt::format("a key must be 1 to {} printable ASCII characters without blanks", key_bytes_max));
  }
  const bool equals = format.syntax == Syntax::key_equals || format.syntax == Syntax::sysctl;
  const auto line_of = [&](const std::string& text) { return key + (equals ? "=" : " ") + text; };
  const auto alone = read_line(line_of("x"), format.syntax);
  const std::string form = same_key(key, format.syntax, format.ignore_case);
  const bool is_block =
      begins_section(line_of("x"), format.syntax) || (format.syntax == Syntax::sshd && form == "include");
  if (is_block) return refuse("is no setting: it says where others are read");
  if (!alone || alone->key != key) return refuse("cannot be a key in this format");
  if (!value) return Done{};
  if (value->size() > value_bytes_max || !is_utf8(*value) || has_controls(*value)) {
    return refuse(
        fmt::format("needs a value of one line, without control characters, of at most {} bytes", value_bytes_max));
  }
  if (!reads_back(line_of(*value), *value, format.syntax)) {
    return refuse("cannot have this value in this format: it would be read otherwise");
  }
  return Done{};
}

}  // namespace aright::key_text
