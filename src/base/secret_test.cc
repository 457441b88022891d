#include "base/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <type_traits>

#include "base/bytes.h"
#include "base/redact.h"

namespace aright {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& a) { a == a; };

static_assert(!Printable<Secret>);
static_assert(!Comparable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_constructible_v<nlohmann::json, Secret>);

TEST(Secret, TakesTheBytesAndWipesWhereTheyCameFrom) {
  for (const std::string value : {"short", "one that is longer than what a string holds in itself"}) {
    std::string from = value;
    const char* place = from.data();
    Secret secret(std::move(from));
    EXPECT_EQ(secret.reveal(), value);
    if (value.size() < 16) {  // a longer one's memory is given back
      EXPECT_EQ(std::string(place, value.size()), std::string(value.size(), '\0'));
    }
    Secret other = std::move(secret);
    EXPECT_EQ(other.reveal(), value);
    EXPECT_EQ(secret.size(), 0U);  // NOLINT(bugprone-use-after-move): that it is empty is the promise
  }
}

TEST(Secret, WipingTakesTheSpareRoomToo) {
  std::string text = "0123456789";
  text.reserve(14);
  text.resize(3);
  const char* place = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string(place, 10), std::string(10, '\0'));
}

Redactor knowing(std::string name, std::string value) {
  Redactor redactor;
  redactor.add(name, Secret(std::move(value)));
  return redactor;
}

TEST(Redactor, FindsASecretInEveryFormThatOthersGiveItBackIn) {
  const std::string value = "p\"ss w\\rd/\n+\xc3\xa4?";
  const Redactor redactor = knowing("a", value);
  for (const std::string& form :
       {value, std::string("p\\\"ss w\\\\rd/\\n+\xc3\xa4?"), std::string("p%22ss%20w%5Crd%2F%0A%2B%C3%A4%3F"),
        std::string("p%22ss+w%5crd%2f%0a%2b%c3%a4%3f"), base64(value), base64(value + "more"), hex(as_bytes(value)),
        std::string("7022737320775C72642F0A2BC3A43F")}) {
    const std::string seen = redactor.redacted("before " + form + " after", false);
    EXPECT_TRUE(seen.starts_with("before \u2039secret a\u203a")) << seen;
    EXPECT_FALSE(seen.contains(form)) << seen;
  }
  EXPECT_EQ(redactor.redacted("nothing here", false), "nothing here");
}

/// Signs of base64 that hold bits of a neighbour say less than a byte of the secret.
TEST(Redactor, FindsASecretAnywhereInALongerTextOfBase64) {
  const std::string value = "canary-\xc3\xa4?>-1234";
  const Redactor redactor = knowing("a", value);
  for (std::size_t before = 0; before < 5; ++before) {
    for (std::size_t after = 0; after < 4; ++after) {
      std::string coded = base64(std::string(before, 'b') + value + std::string(after, 'c'));
      const std::string seen = redactor.redacted(coded, false);
      const std::size_t left = seen.size() - std::string("‹secret a›").size();
      EXPECT_TRUE(seen.contains("‹secret a›")) << before << " " << after << ": " << seen;
      EXPECT_LE(left, before * 8 / 6 + after * 8 / 6 + 6) << before << " " << after << ": " << seen;
    }
  }
}

TEST(Redactor, SeveralAndOneWithinAnother) {
  Redactor redactor = knowing("short", "secret-1");
  redactor.add("long", Secret("secret-1234"));
  EXPECT_EQ(redactor.redacted("secret-1234secret-1secret-12", false), "‹secret long›‹secret short›‹secret short›2");
}

TEST(Redactor, ABeginningAtTheEndOfWhatWasCut) {
  const Redactor redactor = knowing("a", "canary-value");
  EXPECT_EQ(redactor.redacted("it is canary-va", true), "it is ‹secret a›");
  EXPECT_EQ(redactor.redacted("it is canary-va", false), "it is canary-va");
  EXPECT_EQ(redactor.redacted("it is can", true), "it is can") << "three bytes are a beginning of many words";
}

}  // namespace
}  // namespace aright
