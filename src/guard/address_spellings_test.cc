// However a set of addresses is written: held when it has a protected one in it, and nothing else is.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>

#include "guard/targets.h"

namespace aright::guard {
namespace {

using Number = std::uint32_t;

std::string dotted(Number n) { return fmt::format("{}.{}.{}.{}", n >> 24U, n >> 16U & 255U, n >> 8U & 255U, n & 255U); }

bool is_held(const std::string& text, const std::string& known) {
  const std::vector<std::string> texts{text};
  return std::holds_alternative<Hold>(protected_address(texts, {{{known, "an address of eth0"}}, {}}));
}

Number mask_of(unsigned length) { return length == 0 ? 0 : ~Number{0} << (32U - length); }

/// From 1.0.0.0 to 126.255.255.255: with room on both sides that is not protected on every machine.
Number any_address() { return *rc::gen::inRange<Number>(0x01000000, 0x7F000000); }

/// What everybody may write around it.
std::string among(const std::string& set) {
  return *rc::gen::element<std::string>("", "--source=", "src ", "(", "http://", "[", "source:", "/add/", "-d", "-F",
                                        "--d", "-s", "http://fw/v1/", "inside:", "file:/etc/") +
         set + *rc::gen::element<std::string>("", " dport 22", ")", ", and more", ";", "]");
}

std::string padded(Number n) {
  return fmt::format("{:03}.{:04}.{:03}.{}", n >> 24U, n >> 16U & 255U, n >> 8U & 255U, n & 255U);
}
std::string octal(Number n) {
  return fmt::format("0{:o}.{}.0{:o}.{}", n >> 24U, n >> 16U & 255U, n >> 8U & 255U, n & 255U);
}

/// From `low` to `high`.
std::string range(Number low, Number high) {
  const auto mark = *rc::gen::element<std::string>("-", " - ", "..", "–", "~");
  return dotted(low) + mark + dotted(high);
}

/// The network of `length` around `n`.
std::string network(Number n, unsigned length) {
  const Number mask = mask_of(length);
  const std::string base = dotted(*rc::gen::element(n, n & mask));
  return *rc::gen::element<std::string>(
      fmt::format("{}/{}", base, length), fmt::format("{}/{}", base, dotted(mask)),
      fmt::format("{}/0x{:08x}", base, mask), fmt::format("{} {}", base, dotted(mask)),
      fmt::format("{} netmask {}", base, dotted(mask)), fmt::format("{} {}", base, dotted(length < 32 ? ~mask : mask)),
      range(n & mask, n | ~mask), fmt::format("::ffff:{:x}:{:x}/{}", n >> 16U, n & 0xFFFFU, 96 + length),
      fmt::format("64:ff9b::{}/{}", base, 96 + length),
      fmt::format("2002:{:x}:{:x}::/{}", n >> 16U, n & 0xFFFFU, 16 + length));
}

RC_GTEST_PROP(Spellings, ANetworkIsHeldExactlyWhenItHasAProtectedAddressInIt, ()) {
  const Number base = any_address();
  const auto length = *rc::gen::inRange(8U, 33U);
  const Number mask = mask_of(length);
  // Right at its edges, inside, or anywhere.
  const Number own = *rc::gen::element((base & mask) - 1, base & mask, base | ~mask, (base | ~mask) + 1, any_address());
  RC_PRE(own >= 0x01000000U && own < 0x7F000000U);
  const std::string text = among(network(base, length));
  RC_LOG() << text << " and " << dotted(own);
  RC_ASSERT(is_held(text, dotted(own)) == ((own & mask) == (base & mask)));
}

RC_GTEST_PROP(Spellings, ARangeIsHeldExactlyWhenItGoesOverAProtectedAddress, ()) {
  const Number one = any_address();
  const Number other = *rc::gen::element(any_address(), one, one + 5, one | 255U);
  const auto [low, high] = std::minmax(one, other);
  const Number own = *rc::gen::element(low - 1, low, high, high + 1, low + (high - low) / 2, any_address());
  RC_PRE(own >= 0x01000000U && own < 0x7F000000U);
  const std::string text = among(range(low, high));
  RC_LOG() << text << " and " << dotted(own);
  RC_ASSERT(is_held(text, dotted(own)) == (low <= own && own <= high));
}

RC_GTEST_PROP(Spellings, RangesOfTheLastBytes, ()) {
  const Number low = any_address();
  const auto bytes = *rc::gen::inRange(1U, 4U);
  const Number tail = (Number{1} << (8 * bytes)) - 1;
  const Number high = (low & ~tail) | *rc::gen::inRange<Number>(low & tail, tail);
  const std::string whole = dotted(high);
  std::size_t at = whole.size();
  for (unsigned i = 0; i < bytes; ++i) at = whole.rfind('.', at - 1);
  const Number own = *rc::gen::element(low - 1, low, high, high + 1);
  const std::string text = among(dotted(low) + "-" + whole.substr(at + 1));
  RC_LOG() << text << " and " << dotted(own);
  RC_ASSERT(is_held(text, dotted(own)) == (low <= own && own <= high));
}

RC_GTEST_PROP(Spellings, RangesOfEachByteAndWildCards, ()) {
  const Number own = any_address();
  std::string text;
  bool in = true;
  for (unsigned i = 0; i < 4; ++i) {
    const Number mine = own >> (8 * (3 - i)) & 255U;
    // The first is never one of those that are protected everywhere.
    const Number low = i == 0 ? mine : *rc::gen::inRange<Number>(0, 256);
    const Number high = i == 0 ? mine : *rc::gen::inRange<Number>(low, 256);
    const bool any = i != 0 && *rc::gen::inRange(0, 3) == 0;
    in = in && (any || (low <= mine && mine <= high));
    text += i == 0 ? "" : ".";
    text += any           ? "*"
            : low == high ? fmt::format("{}", low)
                          : fmt::format(fmt::runtime(*rc::gen::element<std::string>("{}-{}", "[{}-{}]")), low, high);
  }
  RC_LOG() << text << " and " << dotted(own);
  RC_ASSERT(is_held(among(text), dotted(own)) == in);
}

RC_GTEST_PROP(Spellings, NumbersThatBeginWithZeroInBothReadings, ()) {
  const Number own = any_address();
  RC_ASSERT(is_held(among(padded(own)), dotted(own)));
  RC_ASSERT(is_held(among(octal(own)), dotted(own)));
  RC_ASSERT(is_held(padded(own - 1) + "-" + padded(own + 1), dotted(own)));
}

RC_GTEST_PROP(Spellings, MasksWithHoles, ()) {
  const Number own = any_address();
  const Number mask = *rc::gen::arbitrary<Number>() | 0x80000000U;
  const Number named = (own & mask) | (any_address() & ~mask);
  RC_ASSERT(is_held(fmt::format("{}/{}", dotted(named), dotted(mask)), dotted(own)));
  const Number beside = named ^ (Number{1} << *rc::gen::inRange(0U, 31U));
  const bool loopback = ((beside ^ 0x7F000000U) & mask & 0xFF000000U) == 0;
  const bool held = loopback || (beside & mask) == 0 || ((beside ^ own) & mask) == 0;
  RC_ASSERT(is_held(fmt::format("{}/{}", dotted(beside), dotted(mask)), dotted(own)) == held);
}

RC_GTEST_PROP(Spellings, AMaskOfRoutersThatIsTurnedRound, ()) {
  const Number own = any_address();
  const auto length = *rc::gen::inRange(8U, 32U);
  RC_ASSERT(is_held(among(fmt::format("{}/{}", dotted(own & mask_of(length)), dotted(~mask_of(length)))), dotted(own)));
}

RC_GTEST_PROP(Spellings, ShortAndLooseOnesAlone, ()) {
  const Number own = any_address();
  const auto length = *rc::gen::element(8U, 16U, 24U);
  std::string begin = dotted(own);
  for (unsigned i = length; i < 32; i += 8) begin.resize(begin.rfind('.'));
  const Number low = own - *rc::gen::inRange<Number>(0, 99);
  const std::vector<std::string> all{begin + ".",
                                     begin + ".*",
                                     fmt::format("{}/{}", begin, length),
                                     fmt::format("{}/{}", own, length),
                                     fmt::format("0x{:x}/{}", own, dotted(mask_of(length))),
                                     fmt::format("{}-{}", low + 0, own + 9),
                                     fmt::format("0x{:x}-0x{:x}", low, own),
                                     "203.0.113.7," + begin + ".",
                                     "!" + dotted(own ^ 1U),
                                     "! 203.0.113.0/24"};
  const std::string text = *rc::gen::elementOf(all);
  RC_LOG() << text << " and " << dotted(own);
  RC_ASSERT(is_held(*rc::gen::element<std::string>("", "--from=", "-d", "-s") + text, dotted(own)));
}

/// Letters are digits, too, where an address with colons stands; with dots they are the end of something else.
RC_GTEST_PROP(Spellings, BehindLettersThatAreDigitsToo, ()) {
  const Number own = any_address();
  const auto letters =
      *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcdefABF"))));
  const std::string before = *rc::gen::element<std::string>("", "-", "--", "x", "deny ", "a/") + letters;
  const std::string behind = *rc::gen::element<std::string>("", "/32", ":22", ".", " and more");
  RC_LOG() << before << dotted(own) << behind;
  RC_ASSERT(is_held(before + dotted(own) + behind, dotted(own)));
  RC_ASSERT_FALSE(is_held(before + dotted(own) + behind, dotted(own ^ 1U)));
}

TEST(Spellings, BehindTheLetterOfAnOption) {
  for (const char* held : {"-d127.0.0.1",
                           "-a127.0.0.1",
                           "-F127.0.0.1",
                           "-s127.0.0.1",
                           "--d192.0.2.2",
                           "-d192.0.2.2/32",
                           "cafe192.0.2.2",
                           "-d::1",
                           "-F::1",
                           "--d::1",
                           "-s::1",
                           "-sd::1",
                           "-6::1",
                           "-ab::1",
                           "-d::ffff:192.0.2.2",
                           "-d64:ff9b::192.0.2.2",
                           "-d127.1",
                           "-s127.1",
                           "-d0x7f000001",
                           "-hlocalhost",
                           "-hlocalhost:22",
                           "-d!192.0.2.7",
                           "-d127.1,203.0.113.9",
                           "-d!198.51.100.1,203.0.113.9",
                           "-d203.0.113.9,127.1",
                           "-d192.0.2.",
                           "-4127.0.0.1",
                           "x -d127.0.0.1",
                           "a=-d::1",
                           "\"-d::1\""}) {
    EXPECT_TRUE(is_held(held, "192.0.2.2")) << held;
  }
  for (const char* held : {"-dfd00::2", "-sfd00::2", "--source fd00::2", "-ffd00::2", "-abfd00::2", "-6fd00::2"}) {
    EXPECT_TRUE(is_held(held, "fd00::2")) << held;
  }
  EXPECT_TRUE(is_held("-d2001:db8::5", "2001:db8::5"));
  EXPECT_TRUE(is_held("-62001:db8::5", "2001:db8::5"));
  for (const char* other : {"-dfd00::1",
                            "-sfd00::1",
                            "-dfe80::1",
                            "fe80::1-fd00::9",
                            "-d192.0.2.20",
                            "-10.0.0.0/8",
                            "-d10.0.0.1",
                            "-deadbeef",
                            "-c7d41f01",
                            "d::1",
                            "face::1",
                            "a-d::1",
                            "-Wall",
                            "-O2",
                            "-n4",
                            "-v1.2.3",
                            "-dany",
                            "550e8400-e29b-41d4-a716-446655440000",
                            "-d550e8400-e29b-41d4-a716-446655440000",
                            "deb12.0.2",
                            "rc1.2.3.4"}) {
    EXPECT_FALSE(is_held(other, "192.0.2.2")) << other;
  }
}

/// What stands before it may be of the letters and digits that addresses have too.
TEST(Spellings, BehindOtherWords) {
  for (const char* held :
       {"http://fw/add/192.0.2.2", "/add/192.0.2.2", "/v1/192.0.2.2", "/add/192.0.2.0/24", "198.51.100.9/192.0.2.2",
        "source:192.0.2.2", "remote:192.0.2.2", "node:192.0.2.2:80", "22:192.0.2.2:22", "e.192.0.2.2.",
        "inside.192.0.2.2", "http://fw/b/192.0.2.2/ban", "b/192.0.2.2/32", "/b/3221225986", "source:0xC0000202",
        "/b/0300.0.2.2", "http://fw/b/127.0.0.1", "b/::1", "source:::1"}) {
    EXPECT_TRUE(is_held(held, "192.0.2.2")) << held;
  }
  EXPECT_TRUE(is_held("http://fw/add/fd00::2", "fd00::2"));
  EXPECT_TRUE(is_held("source:fd00::2", "fd00::2"));
  for (const char* other : {"2001:db8::1", "fe80::1", "10.192.0.2.2", "1.2.3/192.0.2.3", "source:192.0.2.20",
                            "http://fw/add/192.0.2.21/32", "cafe:fd00::2"}) {
    EXPECT_FALSE(is_held(other, "192.0.2.2")) << other;
  }
}

TEST(Spellings, OfIPv6) {
  const std::string own = "2001:db8::5";
  for (const char* held : {"2001:db8::5", "2001:db8::1-2001:db8::9", "2001:db8:: - 2001:db8::ffff",
                           "2001:db8::/ffff:ffff::", "::/0", "2001::/16", "2001:db8:0:0:0:0:0.0.0.5"}) {
    EXPECT_TRUE(is_held(held, own)) << held;
  }
  for (const char* passes : {"2001:db8::6", "2001:db8::6-2001:db8::9", "2001:db8:1::/ffff:ffff:ffff::", "2003::/16"}) {
    EXPECT_FALSE(is_held(passes, own)) << passes;
  }
  for (const char* carries :
       {"64:ff9b::cb00:7109", "64:ff9b::203.0.113.9", "64:ff9b:1::cb00:7109", "::ffff:cb00:7109",
        "0:0:0:0:0:FFFF:203.0.113.9", "::203.0.113.9", "::ffff:0:203.0.113.9", "2002:cb00:7109::1", "64:ff9b::/96",
        "::ffff:0:0/96", "2002::/16", "64:ff9b::-64:ff9b::ffff:ffff"}) {
    EXPECT_TRUE(is_held(carries, "203.0.113.9")) << carries;
  }
  EXPECT_FALSE(is_held("64:ff9b::cb00:7108", "203.0.113.9"));
}

TEST(Spellings, WordsForEveryAddress) {
  for (const char* word : {"any", "ANY", "all", "*", "any4", "default", "--source=any", "0/0", "0.0.0.0/0.0.0.0",
                           "0.0.0.0-255.255.255.255", "203.0.113.7,any"}) {
    EXPECT_TRUE(is_held(word, "192.0.2.2")) << word;
  }
  for (const char* word :
       {"--namespace=default", "any failed login", "all of it", "anyone", "call", "default-policy"}) {
    EXPECT_FALSE(is_held(word, "192.0.2.2")) << word;
  }
}

/// Words as they stand in records: no alarm, whatever of them stand together.
RC_GTEST_PROP(Spellings, OrdinaryTextIsNone, ()) {
  const auto small = [] { return *rc::gen::inRange(0, 100); };
  const auto word = [&]() -> std::string {
    const auto number = *rc::gen::arbitrary<std::uint64_t>();
    switch (*rc::gen::inRange(0, 11)) {
      case 0: return fmt::format("{}.{}.{}", small() + 1, small(), small());
      case 1: return fmt::format("lib{}-{}.{}.so.{}", small(), small(), small(), small());
      case 2:
        return fmt::format("20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}Z", small(), small() % 12 + 1, 7, 9, 59, small() % 60);
      case 3: return fmt::format("{:016x}g", number);
      case 4:
        return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}", number & 0xFFFFFFFFU, number >> 48U, small(), small());
      case 5: return fmt::format("/var/log/app-{}.{}.log.*", small(), small());
      case 6: return fmt::format("{}%", small());
      case 7: return fmt::format("{:02}/{:02}/20{:02}", small() % 12 + 1, small() % 28 + 1, small());
      case 8: return fmt::format("user{}@shop.example", small());
      case 9: return fmt::format("v{}.{}-{}", small(), small(), small());
      default: return *rc::gen::element<std::string>("all", "failed", "from", "any", "-", "to", "1-9", "3..5", "*.log");
    }
  };
  std::string text = "x";
  for (int i = *rc::gen::inRange(1, 9); i > 0; --i) text += " " + word();
  RC_LOG() << text;
  RC_ASSERT_FALSE(is_held(text, "192.0.2.2"));
  const std::string alone = word();
  RC_LOG() << alone;
  RC_ASSERT((alone == "any" || alone == "all") == is_held(alone, "192.0.2.2"));
}

TEST(Spellings, TheEdgesOfEachForm) {
  const std::string own = "198.18.7.7";
  for (const char* text :
       {"0X7f000001", "0X0:80", "!127.1", "!192.0.2.7", "-d127.1", "198.18.", "198.18.7.*", "0306.18.7.7",
        "198.18.0.0/16", "-10.0.0.0-198.19.0.0", "-d198.18.7.7", "--d198.18.7.7", "x/0Xffffffff 198.18.7.7"}) {
    EXPECT_TRUE(is_held(text, own)) << text;
  }
  for (const char* text : {"0X0", "0X1:80", "0x:80", "!x",   "!",    "-d",       "---d127.1", "-{127",    "-_1",
                           "-",   "-/x",    "-:x",   "www.", "198.", "198.300.", "198.19.",   "1.2.3.4.", "09.1",
                           "0x",  "00.x",   "/0Xff", "-a",   "`a",   "{",        "@"}) {
    EXPECT_EQ(is_held(text, own), std::string(text) == "198.") << text;
  }
  EXPECT_FALSE(is_held(std::string(200, 'a') + "/198.19.7.7", own));
  EXPECT_TRUE(is_held(std::string(200, 'a') + "/198.18.7.7", own));
}

}  // namespace
}  // namespace aright::guard
