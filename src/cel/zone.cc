#include "cel/zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "cel/characters.h"

namespace aright::cel {

namespace {

using namespace std::chrono;

constexpr std::size_t file_bytes_max = std::size_t{64} * 1024;

/// A number of one to three digits off the front.
std::optional<int> take_number(std::string_view& text) {
  int out = 0;
  std::size_t i = 0;
  for (; i < text.size() && i < 3 && is_digit(text[i]); ++i) out = out * 10 + (text[i] - '0');
  text.remove_prefix(i);
  return i == 0 ? std::nullopt : std::optional(out);
}

/// [+-]h[h][:mm[:ss]]
std::optional<seconds> take_time(std::string_view& text) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const auto h = take_number(text);
  if (!h) return std::nullopt;
  seconds out = hours{*h};
  if (take(text, ':')) {
    const auto m = take_number(text);
    if (!m) return std::nullopt;
    out += minutes{*m};
    if (take(text, ':')) {
      const auto s = take_number(text);
      if (!s) return std::nullopt;
      out += seconds{*s};
    }
  }
  return negative ? -out : out;
}

/// "CET" or "<+0330>"
bool take_abbreviation(std::string_view& text) {
  std::size_t length = 0;
  if (take(text, '<')) {
    length = text.find('>');
    if (length == std::string_view::npos) return false;
    text.remove_prefix(length + 1);
    return true;
  }
  while (length < text.size() &&
         ((text[length] >= 'A' && text[length] <= 'Z') || (text[length] >= 'a' && text[length] <= 'z'))) {
    ++length;
  }
  text.remove_prefix(length);
  return length >= 3;
}

/// ",M3.2.0/2", ",J60", ",59"
std::optional<ZoneRule> take_rule(std::string_view& text) {
  if (!take(text, ',')) return std::nullopt;
  ZoneRule rule;
  std::optional<int> day;
  if (take(text, 'M')) {
    const auto month = take_number(text);
    if (!month || !take(text, '.')) return std::nullopt;
    const auto week = take_number(text);
    if (!week || !take(text, '.')) return std::nullopt;
    day = take_number(text);
    rule.month = *month;
    rule.week = *week;
    if (*month < 1 || *month > 12 || *week < 1 || *week > 5 || !day || *day > 6) return std::nullopt;
  } else {
    rule.form = take(text, 'J') ? ZoneRule::Form::day_without_leap : ZoneRule::Form::day_with_leap;
    day = take_number(text);
    if (!day || *day > 365) return std::nullopt;
  }
  rule.day = *day;
  if (take(text, '/')) {
    const auto time = take_time(text);
    if (!time) return std::nullopt;
    rule.time = *time;
  }
  return rule;
}

std::int64_t big_endian(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t out = 0;
  for (const char c : bytes.substr(at, width)) out = out << 8U | static_cast<unsigned char>(c);
  if (width == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(out));
  return static_cast<std::int64_t>(out);
}

/// The counts in a header of 44 bytes.
struct Header {
  std::size_t changes, types, letters, leaps, standards, universals;
  explicit Header(std::string_view bytes) {
    const auto count = [&](std::size_t at) { return static_cast<std::size_t>(big_endian(bytes, at, 4) & 0xffffffff); };
    universals = count(20);
    standards = count(24);
    leaps = count(28);
    changes = count(32);
    types = count(36);
    letters = count(40);
  }
  [[nodiscard]] std::size_t size(std::size_t width) const {
    return changes * (width + 1) + types * 6 + letters + leaps * (width + 4) + standards + universals;
  }
  [[nodiscard]] bool sane() const {
    return std::max({changes, types, letters, leaps, standards, universals}) < file_bytes_max && types > 0;
  }
};
constexpr std::size_t header_size = 44;

bool proper_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' || c == '+' ||
           c == '/';
  };
  return !name.empty() && name.size() <= 64 && name.front() != '/' && name.back() != '/' &&
         std::ranges::all_of(name, fits);  // no dot, so no way out of the folder
}

}  // namespace

std::int64_t ZoneRule::local_second(int y) const {
  const sys_days first = sys_days{year{y} / January / 1};
  sys_days on = first;
  switch (form) {
    case Form::month_week_day: {
      const std::chrono::month in{static_cast<unsigned>(month)};
      const std::chrono::weekday wanted{static_cast<unsigned>(day)};
      on = week == 5 ? sys_days{year{y} / in / wanted[last]}
                     : sys_days{year{y} / in / wanted[static_cast<unsigned>(week)]};
      break;
    }
    case Form::day_without_leap: on = first + days{day - 1 + (year{y}.is_leap() && day >= 60 ? 1 : 0)}; break;
    case Form::day_with_leap: on = first + days{day}; break;
  }
  return sys_seconds{on}.time_since_epoch().count() + time.count();
}

Zone Zone::fixed(seconds offset) {
  Zone out;
  out.first_ = offset;
  return out;
}

std::optional<Zone> Zone::parse_fixed(std::string_view text) {
  if (text == "UTC" || text == "Z") return fixed(seconds{0});
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto h = take_number(text);
  if (!h || !take(text, ':')) return std::nullopt;
  const auto m = take_number(text);
  if (!m || !text.empty() || *h > 23 || *m > 59) return std::nullopt;
  const seconds offset = hours{*h} + minutes{*m};
  return fixed(negative ? -offset : offset);
}

Result<Zone> Zone::load(const std::string& folder, std::string_view name) {
  const std::string shown = clip_text(name, 64);
  if (!proper_name(name)) return fail(Errc::invalid, fmt::format("\"{}\" is not the name of a time zone", shown));
  std::ifstream in(fmt::format("{}/{}", folder, name), std::ios::binary);
  std::string bytes(file_bytes_max, '\0');
  if (in) in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (bytes.empty()) return fail(Errc::not_found, fmt::format("no time zone \"{}\" in {}", shown, folder));
  const std::string bad = fmt::format("{}/{} is not a zoneinfo file of version 2 or later", folder, name);
  std::string_view rest = bytes;
  if (rest.size() < header_size || !rest.starts_with("TZif") || rest[4] < '2') return fail(Errc::invalid, bad);
  const Header old(rest);  // the first block has 32-bit times and is passed over
  if (!old.sane() || rest.size() < 2 * header_size + old.size(4)) return fail(Errc::invalid, bad);
  rest.remove_prefix(header_size + old.size(4));
  const Header header(rest);
  if (!header.sane() || rest.size() < header_size + header.size(8)) return fail(Errc::invalid, bad);
  Zone zone;
  if (!zone.read_table(rest)) return fail(Errc::invalid, bad);
  rest.remove_prefix(header_size + header.size(8));
  if (!take(rest, '\n') || !zone.read_footer(rest.substr(0, rest.find('\n')))) return fail(Errc::invalid, bad);
  return zone;
}

bool Zone::read_table(std::string_view block) {
  const Header header(block);
  const std::size_t times = header_size;
  const std::size_t indices = times + header.changes * 8;
  const std::size_t types = indices + header.changes;
  const auto offset_of = [&](std::size_t type) { return seconds{big_endian(block, types + type * 6, 4)}; };
  first_ = offset_of(0);
  for (std::size_t i = 0; i < header.changes; ++i) {
    const auto type = static_cast<unsigned char>(block[indices + i]);
    if (type >= header.types) return false;
    changes_.push_back(big_endian(block, times + i * 8, 8));
    offsets_.push_back(offset_of(type));
  }
  return std::ranges::is_sorted(changes_);
}

bool Zone::read_footer(std::string_view text) {
  if (text.empty()) return true;
  if (!take_abbreviation(text)) return false;
  const auto west = take_time(text);
  if (!west) return false;
  standard_ = -*west;  // the text counts westward
  if (text.empty()) return true;
  if (!take_abbreviation(text)) return false;
  Summer summer;
  summer.offset = *standard_ + hours{1};
  if (!text.empty() && text.front() != ',') {
    const auto summer_west = take_time(text);
    if (!summer_west) return false;
    summer.offset = -*summer_west;
  }
  const auto begins = take_rule(text);
  const auto ends = begins ? take_rule(text) : std::nullopt;
  if (!ends || !text.empty()) return false;
  summer.begins = *begins;
  summer.ends = *ends;
  summer_ = summer;
  return true;
}

seconds Zone::offset_at(std::int64_t utc) const {
  const auto next = std::ranges::upper_bound(changes_, utc);
  if (next == changes_.end() && standard_) return offset_by_rule(utc);
  if (next == changes_.begin()) return first_;
  return offsets_[static_cast<std::size_t>(next - changes_.begin()) - 1];
}

seconds Zone::offset_by_rule(std::int64_t utc) const {
  if (!summer_) return *standard_;
  const sys_days day = floor<days>(sys_seconds{seconds{utc} + *standard_});
  const int y = static_cast<int>(year_month_day{day}.year());
  // The rules tell the time as the clock shows it just before the change.
  const std::int64_t begins = summer_->begins.local_second(y) - standard_->count();
  const std::int64_t ends = summer_->ends.local_second(y) - summer_->offset.count();
  const bool summer = begins < ends ? utc >= begins && utc < ends : utc >= begins || utc < ends;
  return summer ? summer_->offset : *standard_;
}

}  // namespace aright::cel
