#include "guard/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>

#include "base/ip_address.h"
#include "base/text.h"
#include "guard/address_forms.h"
#include "guard/address_ranges.h"
#include "guard/address_set.h"

namespace aright::guard {

namespace {

constexpr std::size_t shown_max = 200;
constexpr std::size_t network_max = 100;  ///< of letters that one takes, with a port and what ends a sentence
constexpr std::size_t range_max = 200;
constexpr std::size_t group_max = 4;  ///< of digits, in an address with colons

/// Of every machine.
const std::array<KnownAddress, 4> always{{{"127.0.0.0/8", "loopback"},
                                          {"::1/128", "loopback"},
                                          {"0.0.0.0/32", "the unspecified address"},
                                          {"::/128", "the unspecified address"}}};

/// An address as a network of one.
std::optional<Cidr> network(std::string_view text) {
  if (const auto cidr = parse_cidr(text)) return cidr->masked();
  if (const auto ip = parse_ip(text)) return Cidr{*ip, static_cast<std::uint8_t>(ip->bits())};
  constexpr std::string_view mapped{"::ffff:"};  // of IPv4, written with dots
  if (text.size() <= mapped.size()) return std::nullopt;
  const bool is_mapped = std::ranges::equal(text.substr(0, mapped.size()), mapped,
                                            [](char a, char b) { return a == b || a + ('a' - 'A') == b; });
  if (!is_mapped || text.find('.') == std::string_view::npos) return std::nullopt;
  return network(text.substr(mapped.size()));
}

bool may_stand_in_one(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':' || c == '/';
}

std::string_view trimmed(std::string_view text, std::string_view of) {
  const auto begin = text.find_first_not_of(of);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(of) - begin + 1);
}

/// As it stands, without what ends a sentence or a URL; only then without a port or what follows a slash.
std::optional<Cidr> network_in(std::string_view word) {
  const std::array<std::string_view, 3> parts{word, trimmed(word, "/."), trimmed(word, "/.:")};
  for (const std::string_view part : parts) {
    if (const auto found = network(part)) return found;
  }
  for (const std::string_view part : parts) {
    const auto colon = part.rfind(':');
    if (colon != std::string_view::npos && part.find(':') == colon) {
      if (const auto found = network(part.substr(0, colon))) return found;
    }
    const auto slash = part.find('/');
    if (slash != std::string_view::npos) {
      if (const auto found = network(part.substr(0, slash))) return found;
    }
  }
  return std::nullopt;
}

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex_letter(char c) { return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_decimal(char c) { return c >= '0' && c <= '9'; }

/// One to four digits and a dot: the first byte of an address, which may be octal.
bool is_first_byte(std::string_view text) {
  const auto end = text.find_first_not_of("0123456789");
  return end != std::string_view::npos && end >= 1 && end <= 4 && text[end] == '.';
}

/// Whether another word may begin at `at`: behind a slash or a colon, behind the end of a name ("e.192.0.2.7"), and,
/// with dots, behind a letter ("d192.0.2.7").
bool begins_word(std::string_view word, std::size_t at) {
  const char before = word[at - 1];
  if (before == '/' || before == ':' || (before == '.' && at > 1 && is_hex_letter(word[at - 2]))) return true;
  return is_hex_letter(before) && is_first_byte(word.substr(at));
}

/// What stands before a word.
enum class Before : std::uint8_t { nothing, letters, option };

/// "-" and "--" where a word begins: what follows is an option, and its value may follow that ("-d::1"). A dash behind
/// a word makes a range or a name.
Before before_word(std::string_view text, std::size_t at) {
  if (at == 0) return Before::nothing;
  if (is_letter_or_digit(text[at - 1])) return Before::letters;
  std::size_t dash = at;
  while (dash > 0 && text[dash - 1] == '-') --dash;
  if (dash == at) return Before::nothing;
  const bool joins = dash > 0 && (may_stand_in_one(text[dash - 1]) || is_letter_or_digit(text[dash - 1]));
  return joins ? Before::nothing : Before::option;
}

/// How many of its first letters may be options or the end of a name: an address may begin behind each. Where a zero
/// comes behind more than one it is rather an address as a whole: "-dfd00::1" is no "00::1".
std::size_t letters_before(std::string_view word, Before before) {
  std::size_t letters = 0;
  while (letters < word.size() && is_hex_letter(word[letters])) ++letters;
  if (before == Before::nothing || letters == word.size()) return 0;
  if (letters == 0) {  // "-6::1", but not "-10.0.0.0"
    const std::string_view begin = word.substr(0, std::min(word.find(':'), network_max));
    return before == Before::option && is_decimal(word[0]) && !network_in(begin) ? 1 : 0;
  }
  const bool ends_in_zero = word[letters] == '0' && (before == Before::letters || letters > 1);
  return ends_in_zero ? letters - 1 : letters;
}

/// Where in a word an address may begin. Letters and digits that may stand in one may also be the end of something
/// else: "source:192.0.2.7", "/add/192.0.2.7", or an option that it is the value of: "-d192.0.2.7". An address as a
/// whole is no such thing, unless something stands before the word: behind its own colons others seem to begin.
std::vector<std::size_t> beginnings(std::string_view word, Before before) {
  std::vector<std::size_t> places;
  const std::size_t cut = letters_before(word, before);
  bool is_whole = false;
  for (std::size_t at = 0; at < word.size(); ++at) {
    const bool is_cut = at <= cut && at + group_max >= cut;
    if (at != 0 && !is_cut && !begins_word(word, at)) continue;
    places.push_back(at);
    const bool may_be_cut = at == 0 && before != Before::nothing;
    const bool may_be_whole = word.size() - at <= network_max;  // or the search takes the square of a long word's time
    is_whole = is_whole || (!may_be_cut && may_be_whole && network(trimmed(word.substr(at), "/.")));
    if (is_whole && at >= cut) break;
  }
  return places;
}

/// Of one text; each is told once.
class Sets {
 public:
  explicit Sets(std::string_view text) : text_(text) {
    for (std::size_t at = 0; at < text.size();) {
      if (!may_stand_in_one(text[at])) {
        ++at;
        continue;
      }
      std::size_t end = at;
      while (end < text.size() && may_stand_in_one(text[end])) ++end;
      add_word(at, end);
      at = end;
    }
    add(ranges_in(text));
    add(other_forms_in(text));
  }

  std::vector<AddressSet> take() { return std::move(found_); }

 private:
  void add_word(std::size_t at, std::size_t end) {
    std::string_view word = text_.substr(at, end - at);
    const bool hexadecimal = word.ends_with("/0") && end < text_.size() && (text_[end] == 'x' || text_[end] == 'X');
    if (hexadecimal) word.remove_suffix(2);  // a mask, and no network of length 0
    for (const std::size_t place : beginnings(word, before_word(text_, at))) {
      if (const auto one = network_in(word.substr(place, network_max))) add({AddressSet::network(*one)});
      if (place != 0) add(ranges_in(text_.substr(at + place, range_max)));
    }
  }

  void add(const std::vector<AddressSet>& more) {
    for (const AddressSet& one : more) {
      if (texts_.insert(one.text).second) found_.push_back(one);
    }
  }

  std::string_view text_;
  std::vector<AddressSet> found_;
  std::set<std::string> texts_;
};

std::vector<AddressSet> sets_in(std::string_view text) { return Sets(text).take(); }

const KnownAddress* touched(const AddressSet& named, std::span<const KnownAddress> all) {
  const auto found = std::ranges::find_if(all, [&](const KnownAddress& known) {
    const auto other = network(known.address);
    return other && named.touches(*other);
  });
  return found == all.end() ? nullptr : &*found;
}

/// "is an address of eth0".
std::string what_it_is(const AddressSet& named, const KnownAddress& known) {
  if (!named.is_single()) return fmt::format("is a network with {} in it, {}", known.address, known.what);
  const auto other = network(known.address);
  const bool carries = other && other->ip.v4 && !named.is_v4();
  return carries ? fmt::format("carries {}, {}", known.address, known.what) : "is " + known.what;
}

}  // namespace

std::vector<std::string> addresses_in(std::string_view text) {
  std::vector<std::string> list;
  for (AddressSet& one : sets_in(text)) list.push_back(std::move(one.text));
  return list;
}

Verdict protected_address(std::span<const std::string> texts, const Surroundings& around) {
  for (const std::string& text : texts) {
    for (const AddressSet& named : sets_in(text)) {
      const KnownAddress* known = touched(named, always);
      if (known == nullptr) known = touched(named, around.addresses);
      const std::string shown = clip_text(named.text, shown_max);
      if (known != nullptr) return Hold{"protected", fmt::format("{} {}", shown, what_it_is(named, *known))};
      if (!around.trouble.empty()) {
        return Hold{"protected",
                    fmt::format("whether {} is one of this machine's cannot be told: {}", shown, around.trouble)};
      }
    }
  }
  return Admit{};
}

}  // namespace aright::guard
