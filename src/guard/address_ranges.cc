#include "guard/address_ranges.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>

namespace aright::guard {

namespace {

constexpr std::size_t digits_max = 11;
constexpr std::array<std::string_view, 6> range_marks{"...", "..", "-", "–", "—", "~"};
constexpr std::array<std::string_view, 4> mask_words{"netmask", "wildcard", "mask", "/"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// One byte as it is written: "7", "*", "1-9".
struct WrittenByte {
  std::string_view low;
  std::string_view high;  ///< empty: the same
  bool any{false};
};
using WrittenAddress = std::array<WrittenByte, 4>;
enum class Reading : std::uint8_t { decimal, octal };

std::optional<std::uint8_t> byte_of(std::string_view digits, Reading reading) {
  const bool octal = reading == Reading::octal && digits.starts_with('0');
  unsigned value = 0;
  const auto [stop, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), value, octal ? 8 : 10);
  if (bad != std::errc{} || stop != digits.data() + digits.size() || value > 255) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

std::optional<AddressSet::Octets> octets_of(const WrittenAddress& written, Reading reading) {
  AddressSet::Octets out;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const WrittenByte& one = written.at(i);
    const auto low = one.any ? std::optional<std::uint8_t>(0) : byte_of(one.low, reading);
    const auto high = one.any ? std::optional<std::uint8_t>(255) : one.high.empty() ? low : byte_of(one.high, reading);
    if (!low || !high || *low > *high) return std::nullopt;
    out.ranges.at(i) = {*low, *high};
  }
  return out;
}

bool begins_with_zero(std::string_view digits) { return digits.size() > 1 && digits[0] == '0'; }

bool is_one(const AddressSet::Octets& octets) {
  return std::ranges::all_of(octets.ranges, [](const auto& range) { return range.first == range.second; });
}

Ip lowest_of(const AddressSet::Octets& octets) {
  Ip ip;
  for (std::size_t i = 0; i < 4; ++i) ip.bytes.at(i) = octets.ranges.at(i).first;
  return ip;
}
Ip highest_of(const AddressSet::Octets& octets) {
  Ip ip;
  for (std::size_t i = 0; i < 4; ++i) ip.bytes.at(i) = octets.ranges.at(i).second;
  return ip;
}

std::uint32_t number_of(const Ip& ip) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = (number << 8U) | ip.bytes.at(i);
  return number;
}

/// Ones, then zeros; or turned round.
bool is_contiguous(std::uint32_t mask) {
  return std::countl_one(mask) + std::countr_zero(mask) >= 32 || std::countl_zero(mask) + std::countr_one(mask) >= 32;
}

AddressSet masked(const Ip& ip, std::uint32_t mask, std::string_view shown) {
  AddressSet::Masked set{ip, {}};
  for (std::size_t i = 0; i < 4; ++i) set.mask.at(i) = static_cast<std::uint8_t>(mask >> (8U * (3 - i)));
  return {set, std::string(shown)};
}

std::optional<Ip> v6_of(std::string_view text) {
  if (text.size() > 45) return std::nullopt;
  Ip ip;
  ip.v4 = false;
  if (inet_pton(AF_INET6, std::string(text).c_str(), ip.bytes.data()) != 1) return std::nullopt;
  return ip;
}

bool is_mapped(const Ip& ip) {
  return std::ranges::all_of(ip.bytes.begin(), ip.bytes.begin() + 10, [](std::uint8_t b) { return b == 0; }) &&
         ip.bytes[10] == 0xff && ip.bytes[11] == 0xff;
}

class RangeScan {
 public:
  explicit RangeScan(std::string_view text) : text_(text) {}

  std::vector<AddressSet> all() {
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t end = std::max(four(at), six(at));
      at = end == 0 ? at + 1 : end;
    }
    return std::move(found_);
  }

 private:
  char look(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  std::string_view shown(std::size_t from, std::size_t to) const { return text_.substr(from, to - from); }

  std::string_view digits(std::size_t at) const {
    std::size_t end = at;
    while (is_digit(look(end)) && end - at < digits_max) ++end;
    return shown(at, end);
  }

  std::size_t after_blanks(std::size_t at) const {
    while (is_blank(look(at))) ++at;
    return at;
  }

  template <class Marks>
  std::size_t after_mark(std::size_t at, const Marks& marks) const {
    for (const std::string_view mark : marks) {
      if (text_.substr(at).starts_with(mark)) return at + mark.size();
    }
    return at;
  }

  /// One byte, of which "-" and a number behind it are a part if `range_ends` says so of what follows them.
  template <class RangeEnds>
  std::optional<WrittenByte> byte(std::size_t& at, RangeEnds range_ends) const {
    if (look(at) == '*') {
      ++at;
      return WrittenByte{{}, {}, true};
    }
    const bool bracket = look(at) == '[';
    std::size_t end = at + (bracket ? 1 : 0);
    WrittenByte one{digits(end), {}};
    if (one.low.empty()) return std::nullopt;
    end += one.low.size();
    const std::string_view high = look(end) == '-' ? digits(end + 1) : std::string_view();
    const std::size_t behind = end + 1 + high.size();
    if (!high.empty() && (bracket ? look(behind) == ']' : range_ends(look(behind)))) {
      one.high = high;
      end = behind + (bracket ? 1 : 0);
    } else if (bracket) {
      return std::nullopt;
    }
    at = end;
    return one;
  }

  std::optional<WrittenAddress> address(std::size_t& at) const {
    WrittenAddress written;
    std::size_t end = at;
    for (std::size_t i = 0; i < written.size(); ++i) {
      const bool last = i + 1 == written.size();
      const auto one = byte(end, [&](char behind) { return last ? behind != '.' : behind == '.'; });
      if (!one || (!last && look(end++) != '.')) return std::nullopt;
      written.at(i) = *one;
    }
    if (is_digit(look(end)) || (look(end) == '.' && is_digit(look(end + 1)))) return std::nullopt;
    at = end;
    return written;
  }

  /// The end of an address with what belongs to it; 0: there is none.
  std::size_t four(std::size_t begin) {
    const char before = begin == 0 ? ' ' : text_[begin - 1];
    if (is_digit(before) || before == '.' || before == '*') return 0;
    std::size_t end = begin;
    const auto written = address(end);
    if (!written) return 0;
    std::size_t far = end;
    const bool padded = std::ranges::any_of(
        *written, [](const WrittenByte& one) { return begins_with_zero(one.low) || begins_with_zero(one.high); });
    for (const Reading reading : {Reading::decimal, Reading::octal}) {
      const auto octets = reading == Reading::decimal || padded ? octets_of(*written, reading) : std::nullopt;
      if (!octets) continue;
      if (!is_one(*octets)) {
        found_.push_back({*octets, std::string(shown(begin, end))});
      } else if (padded) {
        found_.push_back(AddressSet::network({lowest_of(*octets), 32}));
      }
      const bool common = is_one(*octets) && !padded;
      far = std::max({far, common ? 0 : with_length(begin, end, *octets), with_mask(begin, end, *octets, reading),
                      up_to(begin, end, *octets, *written, reading)});
    }
    return far;
  }

  /// "192.0.*.1/16": each byte as far as the length lets it go.
  std::size_t with_length(std::size_t begin, std::size_t at, AddressSet::Octets octets) {
    const std::string_view length = look(at) == '/' ? digits(at + 1) : std::string_view();
    const std::size_t end = at + 1 + length.size();
    unsigned bits = 0;
    const auto read = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (length.empty() || read.ec != std::errc{} || bits > 32 || look(end) == '.') return 0;
    for (unsigned i = 0; i < 4; ++i) {
      const auto mask = static_cast<std::uint8_t>(0xff00U >> (std::clamp(bits, 8 * i, 8 * i + 8) - 8 * i));
      auto& [low, high] = octets.ranges.at(i);
      low &= mask;
      high |= static_cast<std::uint8_t>(~mask);
    }
    found_.push_back({octets, std::string(shown(begin, end))});
    return end;
  }

  /// Behind a slash any mask is one; behind a blank, where another address may stand, only one without holes.
  std::size_t with_mask(std::size_t begin, std::size_t at, const AddressSet::Octets& octets, Reading reading) {
    const bool close = look(at) == '/';
    const std::size_t blanks = after_blanks(at);
    if (!close && blanks == at) return 0;
    std::size_t end = after_blanks(after_mark(blanks, mask_words));
    std::uint32_t mask = 0;
    if (close && look(end) == '0' && (look(end + 1) == 'x' || look(end + 1) == 'X')) {
      const auto [stop, bad] = std::from_chars(text_.data() + end + 2, text_.data() + text_.size(), mask, 16);
      if (bad != std::errc{}) return 0;
      end = static_cast<std::size_t>(stop - text_.data());
    } else {
      const auto written = address(end);
      const auto read = written ? octets_of(*written, reading) : std::nullopt;
      if (!read || !is_one(*read)) return 0;
      mask = number_of(lowest_of(*read));
      if (!close && (!is_contiguous(mask) || mask == 0)) return 0;
    }
    const bool turned = (mask >> 31U) == 0;  // as routers write it
    for (const Ip& ip : {lowest_of(octets), highest_of(octets)}) {
      if (close || !turned) found_.push_back(masked(ip, mask, shown(begin, end)));
      if (turned) found_.push_back(masked(ip, ~mask, shown(begin, end)));
    }
    return end;
  }

  std::size_t up_to(std::size_t begin, std::size_t at, const AddressSet::Octets& from, const WrittenAddress& written,
                    Reading reading) {
    const std::size_t mark = after_blanks(at);
    const std::size_t behind = after_mark(mark, range_marks);
    if (behind == mark) return 0;
    std::size_t end = after_blanks(behind);
    auto last = address(end);
    if (!last && mark == at && end == behind) last = tail(end, written);
    const auto to = last ? octets_of(*last, reading) : std::nullopt;
    if (!to) return 0;
    found_.push_back(AddressSet::span(lowest_of(from), highest_of(*to), std::string(shown(begin, end))));
    return end;
  }

  /// "192.0.2.1-3.9": the last bytes only.
  std::optional<WrittenAddress> tail(std::size_t& at, const WrittenAddress& first) const {
    std::vector<WrittenByte> bytes;
    std::size_t end = at;
    do {
      if (!bytes.empty()) ++end;
      bytes.push_back({digits(end), {}});
      if (bytes.back().low.empty() || bytes.size() > 3) return std::nullopt;
      end += bytes.back().low.size();
    } while (look(end) == '.' && is_digit(look(end + 1)));
    WrittenAddress whole = first;
    std::ranges::copy(bytes, whole.end() - static_cast<std::ptrdiff_t>(bytes.size()));
    at = end;
    return whole;
  }

  std::string_view six_at(std::size_t at) const {
    std::size_t end = at;
    while (is_hex(look(end)) || look(end) == ':' || (look(end) == '.' && is_digit(look(end + 1)))) ++end;
    return shown(at, end);
  }

  /// The end of an IPv6 address with what belongs to it; 0: there is none.
  std::size_t six(std::size_t begin) {
    const char before = begin == 0 ? ' ' : text_[begin - 1];
    if (is_hex(before) || before == ':' || before == '.') return 0;
    const std::string_view word = six_at(begin);
    const auto ip = std::ranges::count(word, ':') < 2 ? std::nullopt : v6_of(word);
    if (!ip) return 0;
    const std::size_t end = begin + word.size();
    if (is_mapped(*ip)) {
      Ip inner;
      std::ranges::copy(ip->bytes.begin() + 12, ip->bytes.end(), inner.bytes.begin());
      found_.push_back(AddressSet::network({inner, 32}));
    }
    return std::max({end, six_masked(begin, end, *ip), six_up_to(begin, end, *ip)});
  }

  std::size_t six_masked(std::size_t begin, std::size_t at, const Ip& ip) {
    if (look(at) != '/') return 0;
    const std::string_view word = six_at(at + 1);
    const std::size_t end = at + 1 + word.size();
    if (const auto mask = word.contains(':') ? v6_of(word) : std::nullopt) {
      found_.push_back({AddressSet::Masked{ip, mask->bytes}, std::string(shown(begin, end))});
      return end;
    }
    unsigned length = 0;
    const auto [stop, bad] = std::from_chars(word.data(), word.data() + word.size(), length);
    if (bad != std::errc{} || stop != word.data() + word.size() || length > 128) return 0;
    found_.push_back(AddressSet::network({ip, static_cast<std::uint8_t>(length)}));
    return end;
  }

  std::size_t six_up_to(std::size_t begin, std::size_t at, const Ip& from) {
    const std::size_t mark = after_blanks(at);
    const std::size_t behind = after_mark(mark, range_marks);
    if (behind == mark) return 0;
    const std::size_t last = after_blanks(behind);
    const std::string_view word = six_at(last);
    const auto to = v6_of(word);
    if (!to) return 0;
    found_.push_back(AddressSet::span(from, *to, std::string(shown(begin, last + word.size()))));
    return last + word.size();
  }

  std::string_view text_;
  std::vector<AddressSet> found_;
};

}  // namespace

std::vector<AddressSet> ranges_in(std::string_view text) { return RangeScan(text).all(); }

}  // namespace aright::guard
