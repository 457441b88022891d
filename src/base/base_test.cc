#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"

namespace aright {
namespace {

using namespace std::chrono_literals;

TEST(ParseJson, RefusesWhatTwoReadersWouldReadDifferently) {
  for (const char* text : {R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})", "{} x", "{\"a\":\"\xFF\"}", "{", ""}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
  EXPECT_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_TRUE(parse_json(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"));
}

TEST(CanonicalJson, SortsEscapesAndRefusesWhatHasNoPlaceInARecord) {
  EXPECT_EQ(*canonical_json(Json{{"b", 1}, {"a", "x\n\"\\\x01"}}), "{\"a\":\"x\\n\\\"\\\\\\u0001\",\"b\":1}");
  EXPECT_FALSE(canonical_json(Json(1.5)));
  EXPECT_FALSE(canonical_json(Json((1LL << 53) + 1)));
  EXPECT_TRUE(canonical_json(Json(1LL << 53)));
  EXPECT_FALSE(canonical_json(Json("\xC3")));
}

TEST(Bytes, Base64IsStrict) {
  for (const char* text : {"", "f", "fo", "foo", "foob"}) EXPECT_EQ(*unbase64(base64(text)), text);
  for (const char* bad : {"Zg", "Zh==", "Z===", "Zm9v\n", "Zm9=Zm9v"}) EXPECT_FALSE(unbase64(bad)) << bad;
}

TEST(Bytes, Utf8IsRfc3629) {
  EXPECT_TRUE(is_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* bad : {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Digest, KnownAnswers) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, EachKeyIsTheOneThatIsGiven) {  // RFC 4231, test cases 2 and 6, and no key, in turn
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_sha256({}, "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  }
}

TEST(Time, ElapsedTakesTheSafeSide) {
  const Now start{WallTime{100h}, 10h, "boot"};
  const Moment then = Moment::of(start);
  EXPECT_EQ(elapsed(then, {WallTime{102h}, 11h, "boot"}), 1h);          // the wall clock jumped ahead
  EXPECT_EQ(elapsed_at_most(then, {WallTime{102h}, 11h, "boot"}), 2h);  // an approval expires by the larger
  EXPECT_EQ(elapsed(then, {WallTime{99h}, 11h, "boot"}), 0h);           // it stepped back
  EXPECT_EQ(elapsed(then, {WallTime{103h}, 1h, "other"}), 3h);          // another boot: only the wall clock compares
}

TEST(Time, TextRoundTrips) {
  const WallTime time = *parse_rfc3339("2026-11-24T00:18:04.000123Z");
  EXPECT_EQ(rfc3339(time), "2026-11-24T00:18:04.000123Z");
  for (const char* bad :
       {"2026-13-01T00:00:00Z", "2026-11-24 00:18:04Z", "2026-11-24T00:18:04", "-026-11-24T00:18:04Z"}) {
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
  }
  EXPECT_EQ(*parse_duration("10m"), 10min);
  for (const char* bad : {"10", "m", "-5s", "5 s", "0s", "1.5h", "99999999999999d"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
  EXPECT_EQ(format_duration(10min), "10m");
}

}  // namespace
}  // namespace aright
