#include "source/tail/syslog_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "source/tail/decode.h"

namespace aright::source {

namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Up to the next blank, which is taken off too.
std::string_view word(std::string_view& rest) {
  const auto blank = rest.find(' ');
  const std::string_view taken = rest.substr(0, blank);
  rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
  return taken;
}

/// "<86>": true and taken off. Wrong ones stay and make the line no system log's.
bool priority(std::string_view& rest) {
  const auto close = rest.find('>');
  if (!rest.starts_with('<') || close == std::string_view::npos || close > 4 || !is_digits(rest.substr(1, close - 1))) {
    return false;
  }
  rest.remove_prefix(close + 1);
  return true;
}

/// "Nov  5 04:28:18": a year is tried until it fits.
std::optional<WallTime> short_time(std::string_view text, WallTime arrival, Nanos zone) {
  const auto month = std::ranges::find(months, text.substr(0, 3));
  if (month == months.end() || text[3] != ' ' || text[6] != ' ') return std::nullopt;
  const char tens = text[4] == ' ' ? '0' : text[4];
  const auto day = std::chrono::floor<std::chrono::days>(arrival + zone);
  const int year = static_cast<int>(std::chrono::year_month_day{day}.year());
  constexpr int years_back = 8;  // to the last 29th of February, also around 2100
  for (int y = year + 1; y >= year - years_back; --y) {
    const auto time = parse_rfc3339(
        fmt::format("{:04}-{:02}-{}{}T{}Z", y, month - months.begin() + 1, tens, text[5], text.substr(7)));
    constexpr std::chrono::hours ahead_max{24};
    if (time && *time - zone <= arrival + ahead_max) return *time - zone;
  }
  return std::nullopt;
}

/// What the system log says by itself, of no program: that a line came again, or that it is alive.
bool is_its_own(std::string_view message) {
  if (message == "-- MARK --") return true;
  constexpr std::string_view before = "last message repeated ";
  constexpr std::string_view after = " times";
  if (!message.starts_with(before) || !message.ends_with(after)) return false;
  return message.size() > before.size() + after.size() &&
         is_digits(message.substr(before.size(), message.size() - before.size() - after.size()));
}

/// Behind the time: "host program[12]: message" or "host program: message".
std::optional<SyslogLine> plain(std::string_view rest, WallTime time) {
  SyslogLine line;
  line.time = time;
  line.host = word(rest);
  if (!line.host.empty() && is_its_own(rest)) {
    line.program = "syslog";
    line.message = rest;
    return line;
  }
  const auto colon = rest.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  line.message = rest.substr(colon + 2);
  line.program = rest.substr(0, colon);
  // Modules of PAM write "gdm-password]" as their program.
  if (const auto open = line.program.find('['); open != std::string_view::npos && line.program.ends_with(']')) {
    line.process = line.program.substr(open + 1, line.program.size() - open - 2);
    line.program = line.program.substr(0, open);
    if (!is_digits(line.process)) return std::nullopt;
  }
  if (line.host.empty() || line.program.empty() || line.program.contains(' ')) return std::nullopt;
  return line;
}

/// Structured data is "-" or elements in brackets, in whose quoted values `"`, `\` and `]` are escaped.
bool structured_data(std::string_view& rest) {
  if (rest.starts_with("- ")) {
    rest.remove_prefix(2);
    return true;
  }
  bool quoted = false;
  bool inside = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"' && inside) {
      quoted = !quoted;
    } else if (c == '[' && !quoted && !inside) {
      inside = true;
    } else if (c == ']' && !quoted && inside) {
      inside = false;
    } else if (!inside) {
      rest.remove_prefix(c == ' ' ? i + 1 : i);
      return c == ' ' && i > 0;
    }
  }
  return false;
}

/// Behind "<86>1 ": time, host, program, process, message id, structured data, message.
std::optional<SyslogLine> structured(std::string_view rest) {
  SyslogLine line;
  const auto time = offset_time(word(rest));
  line.host = word(rest);
  line.program = word(rest);
  line.process = word(rest);
  const std::string_view id = word(rest);
  if (!time || line.host.empty() || line.program.empty() || id.empty() || !structured_data(rest)) return std::nullopt;
  line.time = *time;
  if (line.process == "-") line.process = {};
  if (!line.process.empty() && !is_digits(line.process)) return std::nullopt;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  line.message = rest;
  return line;
}

}  // namespace

std::optional<SyslogLine> syslog_line(std::string_view line, WallTime arrival, Nanos zone) {
  if (priority(line) && line.starts_with("1 ")) return structured(line.substr(2));
  constexpr std::size_t short_size = 15;
  if (line.size() > short_size && line[short_size] == ' ') {
    if (const auto time = short_time(line.substr(0, short_size), arrival, zone)) {
      return plain(line.substr(short_size + 1), *time);
    }
  }
  const auto time = offset_time(word(line));
  return time ? plain(line, *time) : std::nullopt;
}

}  // namespace aright::source
