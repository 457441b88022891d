#include "guard/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

/// Whether another word may begin at `at`: behind a slash or a colon, and behind the end of a name ("e.192.0.2.7").
bool begins_word(std::string_view word, std::size_t at) {
  const char before = word[at - 1];
  return before == '/' || before == ':' || (before == '.' && at > 1 && is_hex_letter(word[at - 2]));
}

/// Where in a word an address may begin. Letters and digits that may stand in one may also be the end of something
/// else: "source:192.0.2.7", "/add/192.0.2.7". An address as a whole is no such thing, unless it is the end of a longer
/// word (`is_end`): behind its own colons others seem to begin.
std::vector<std::size_t> beginnings(std::string_view word, bool is_end) {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (at != 0 && !begins_word(word, at)) continue;
    places.push_back(at);
    const bool may_be_cut = at == 0 && is_end;
    const bool may_be_whole = word.size() - at <= network_max;  // or the search takes the square of a long word's time
    if (!may_be_cut && may_be_whole && network(trimmed(word.substr(at), "/."))) break;
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
    const bool is_end = at != 0 && is_letter_or_digit(text_[at - 1]);
    for (const std::size_t place : beginnings(word, is_end)) {
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
