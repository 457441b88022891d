#include "cli/explain_about.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "base/path_text.h"
#include "base/utf8.h"

namespace aright::cli {

namespace fs = std::filesystem;

namespace {

/// "7", "f-0123456789abcdef"
bool names_record(const std::string& about) {
  return about.starts_with("f-") || about.find_first_not_of("0123456789") == std::string::npos;
}

bool is_relative_path(const std::string& about, const fs::path& folder) {
  if (about.empty() || about.starts_with('/') || names_record(about)) return false;
  const auto slash = about.find('/');
  const auto mark = about.find_first_of(":=");
  if (mark != std::string::npos && (slash == std::string::npos || mark < slash))
    return false;  // file:…, host=…, auth:7
  std::error_code error;
  return slash != std::string::npos || fs::symlink_status(folder / about, error).type() > fs::file_type::not_found;
}

/// Those that records have as numbers, "\\u{a}", as base/subject_text.h makes them.
bool is_numbered(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

/// "\\u{202e}" at the beginning, as a terminal shows what cannot be seen; nullopt: there is none.
std::optional<Character> shown_number(std::string_view text) {
  constexpr std::string_view begin = "\\u{";
  const std::size_t end = text.find('}');
  if (!text.starts_with(begin) || end == std::string_view::npos || end > begin.size() + 6) return std::nullopt;
  std::uint32_t code = 0;
  const auto [stop, bad] = std::from_chars(text.data() + begin.size(), text.data() + end, code, 16);
  if (bad != std::errc{} || stop != text.data() + end) return std::nullopt;
  return Character{static_cast<char32_t>(code), end + 1};
}

/// A subject of events as records have it, from how a terminal shows it or from its bytes.
std::string recorded_subject(std::string_view said) {
  std::string out;
  while (!said.empty()) {
    const auto shown = shown_number(said);
    const auto character = first_character(said);
    const std::size_t size = shown ? shown->size : character ? character->size : 1;
    if (shown && !is_numbered(shown->code) && (is_hidden(shown->code) || is_no_character(shown->code))) {
      append_character(out, shown->code);
    } else if (!shown && character && is_numbered(character->code)) {
      out += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(character->code));
    } else {
      out += said.substr(0, size);
    }
    said.remove_prefix(size);
  }
  return out;
}

/// Without "//", "/./" and a slash at its end; links and ".." stay.
std::string tidy_path(const std::string& path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    if (!part.empty() && part != ".") out += "/" + part;
    at = end + 1;
  }
  return out.empty() ? "/" : out;
}

constexpr std::string_view of_a_file = "file:/";

/// Where the path begins in "/…" and "file:/…"; nullopt: it is none.
std::optional<std::size_t> path_begin(const std::string& about) {
  if (about.starts_with(of_a_file)) return of_a_file.size() - 1;
  return about.starts_with('/') ? std::optional<std::size_t>(0) : std::nullopt;
}

Result<std::string> real_path(const fs::path& written, const std::string& about) {
  const fs::path last = written.filename();
  const bool is_folder = last.empty() || last == "." || last == "..";
  std::error_code error;
  const fs::path whole = fs::canonical(is_folder ? written : written.parent_path(), error);
  if (error) return std::unexpected(errno_error(error.value(), about));
  return path_text(is_folder ? whole.string() : (whole / last).string());
}

}  // namespace

std::string written_subject(const std::string& said) {
  const auto path = path_begin(said);
  if (!path) return said.contains('=') ? recorded_subject(said) : said;
  if (path_bytes(said.substr(*path))) return said;
  return said.substr(0, *path) + path_text(said.substr(*path));
}

Result<std::string> asked_about(const std::string& about, const std::string& folder) {
  if (const auto path = path_begin(about)) {
    return written_subject(about.substr(0, *path) + tidy_path(about.substr(*path)));
  }
  if (!is_relative_path(about, folder)) return written_subject(about);
  return real_path(fs::path(folder) / about, about);
}

std::string real_about(const std::string& asked) {
  const auto path = path_begin(asked);
  if (!path) return asked;
  const auto bytes = path_bytes(asked.substr(*path));
  const auto real = bytes ? real_path(*bytes, asked) : std::unexpected(bytes.error());
  return real ? asked.substr(0, *path) + *real : asked;
}

}  // namespace aright::cli
