// Secrets in what others give back, in whatever form.
#include "base/redact.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/redact_views.h"

namespace aright {
namespace {

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

std::string seen(const std::string& secret, const std::string& text, bool cut = false) {
  return knowing("a", secret).redacted(text, cut);
}

TEST(Redactor, FindsWhatSomebodyEscapedInAnotherWay) {
  const std::string secret = "k&y <\"1\"> a/b\xc3\xa4'";
  for (const std::string form :
       {"k&amp;y &lt;&quot;1&quot;&gt; a/b\xc3\xa4&#39;", "k&#38;y &#x3c;&#34;1&#34;&gt; a/b&#228;'",
        "%6B%26%79%20%3C%22%31%22%3E%20%61%2F%62%C3%A4%27", "k%26y%20%3c%221%22%3e%20a/b%c3%a4'",
        "k\\u0026y \\u003c\\\"1\\\"\\u003e a\\/b\\u00e4'", "k&y <\\\\\\\"1\\\\\\\"> a/b\\\\u00e4'",
        "k&y\\x20<\"1\">\\040a/b\\303\\244\\'", "k%26y+%3C%221%22%3E+a%2Fb%C3%A4%27"}) {
    EXPECT_EQ(seen(secret, "[" + form + "]"), "[‹secret a›]") << form;
  }
}

TEST(Redactor, FindsASignBeyondTheFirstPlaneInJson) {
  EXPECT_EQ(seen("key-\xf0\x9f\x98\x80-key", R"("key-\ud83d\ude00-key")"), R"("‹secret a›")");
}

TEST(Redactor, FindsDigitsAndSignsThatAreDivided) {
  const std::string secret = "a secret of some length";
  const std::string coded = base64(secret);
  EXPECT_EQ(seen(secret, coded.substr(0, 10) + "\r\n  " + coded.substr(10) + "."), "‹secret a›.");
  EXPECT_EQ(seen(secret, "\"" + coded.substr(0, 10) + "\\n" + coded.substr(10) + "\""), "\"‹secret a›\"");
  for (const char* between : {":", "-", " ", ", 0x", "\\n"}) {
    std::string digits;
    for (const char c : secret) {
      digits += (digits.empty() ? "" : between) + hex(as_bytes(std::string_view(&c, 1)));
    }
    EXPECT_EQ(seen(secret, "<" + digits + ">"), "<‹secret a›>") << digits;
  }
}

TEST(Redactor, ALineOfASecretOfSeveralIsOne) {
  const std::string secret = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq/hkiG9w\nshort\n-----END KEY-----\n";
  EXPECT_EQ(seen(secret, "bad line 2: MIIEvQIBADANBgkq/hkiG9w!"), "bad line 2: ‹secret a›!");
  EXPECT_EQ(seen(secret, "-----BEGIN KEY-----\r\nMIIEvQIBADANBgkq\\/hkiG9w\r\n"),
            "-----BEGIN KEY-----\r\n‹secret a›\r\n");
  EXPECT_EQ(seen(secret, "short"), "short");
  const std::string line = "MIIEvQIBADANBgkq/hkiG9w";
  for (const std::string& form : {base64(line), hex(as_bytes(line)), base64("x" + line + "y")}) {
    EXPECT_FALSE(seen(secret, form).contains(form)) << form;
  }
  EXPECT_EQ(seen(secret, base64(secret)), "‹secret a›") << "its last line break and all";
}

TEST(Redactor, AValueBehindItsNameIsOne) {
  const std::string secret =
      "[default]\nPrivateKey = Uj9+3cWx3PaUCxCX+U7L4CWLFy3WbrgEx3Xp/y6YWB8=\n"
      "machine h.example login us password hunter2-correct-horse\ntoken: "
      "abcdefghijklmnopqr\nsecret='quoted-value-0123'\n";
  EXPECT_EQ(seen(secret, "k Uj9+3cWx3PaUCxCX+U7L4CWLFy3WbrgEx3Xp/y6YWB8="), "k ‹secret a›");
  EXPECT_EQ(seen(secret, "p hunter2-correct-horse"), "p ‹secret a›");
  EXPECT_EQ(seen(secret, "t abcdefghijklmnopqr"), "t ‹secret a›");
  EXPECT_EQ(seen(secret, "q quoted-value-0123"), "q ‹secret a›");
  EXPECT_EQ(seen(secret, "machine h.example login us"), "machine h.example login us");
}

TEST(Redactor, OfAUrlWhatOpensTheDoorIsOne) {
  const std::string secret =
      "https://us:passw0rd@hooks.example.org/services/T01/B02/abcdefghijklmnop?k=qrstuvwxyz012345";
  EXPECT_EQ(seen(secret, "no_team: /services/T01/B02/abcdefghijklmnop?k=qrstuvwxyz012345"), "no_team: ‹secret a›");
  EXPECT_EQ(seen(secret, "no token abcdefghijklmnop, key qrstuvwxyz012345"), "no token ‹secret a›, key ‹secret a›");
  EXPECT_EQ(seen(secret, "login us passw0rd at hooks.example.org"), "login us ‹secret a› at hooks.example.org");
}

TEST(Redactor, OfJsonEachLongTextIsOne) {
  const std::string secret =
      R"({"id": "abcdefghijklmnop", "at": "https://example.org/token/of/all",
          "key": "-----BEGIN KEY-----\nMIIEvQIBADANBgkq/hkiG9w\nAoIBAQC7VJTUt9Us8cKj\n-----END KEY-----\n"})";
  EXPECT_EQ(seen(secret, "id abcdefghijklmnop at https://example.org/token/of/all"),
            "id ‹secret a› at https://example.org/token/of/all");
  EXPECT_EQ(seen(secret, "MIIEvQIBADANBgkq/hkiG9w\nAoIBAQC7VJTUt9Us8cKj\n"), "‹secret a›\n‹secret a›\n");
}

TEST(Redactor, ABeginningWithinAnEscapeAtTheEndOfWhatWasCut) {
  EXPECT_EQ(seen("key/of/the/house", "it is key%2Fof%2", true), "it is ‹secret a›");
  EXPECT_EQ(seen("key\"of\"the\"house", "it is key\\\"of\\", true), "it is ‹secret a›");
  EXPECT_EQ(seen("key&of&the&house", "it is key&amp;of&am", true), "it is ‹secret a›");
}

RC_GTEST_PROP(RedactorProperty, WhoeverDecodesFindsNothing, ()) {
  const std::string alphabet = "aB3 %+\\\"/&<;:-,\n\xc3\xa4";
  const auto piece = [&] { return *rc::gen::container<std::string>(rc::gen::elementOf(alphabet)); };
  const std::string secret = *rc::gen::suchThat(rc::gen::container<std::string>(rc::gen::elementOf(alphabet)),
                                                [](const std::string& s) { return s.size() >= 8; });
  const std::vector<std::function<std::string(const std::string&)>> coders{
      [](const std::string& s) { return s; }, [](const std::string& s) { return base64(s); },
      [](const std::string& s) { return hex(as_bytes(s)); },
      [](const std::string& s) {
        std::string all;
        for (const char c : s) all += "%" + hex(as_bytes(std::string_view(&c, 1)));
        return all;
      }};
  const auto coder = *rc::gen::inRange<std::size_t>(0, coders.size());
  const std::string coded = coders[coder](secret);
  const std::string text = piece() + coded + piece();
  const std::string masked = knowing("a", secret).redacted(text, false);
  RC_ASSERT(!masked.contains(coded));
  RC_ASSERT(masked.contains("‹secret a›"));
  for (const View& view : views_of(masked)) RC_ASSERT(!view.text.contains(secret));
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
