#include "http/url.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace aright::http {
namespace {

TEST(Url, IsReadInOneForm) {
  struct Case {
    std::string text, host, target, origin;
    std::uint16_t port;
  };
  const std::vector<Case> cases{
      {"https://API.Example.org", "api.example.org", "/", "https://api.example.org", 443},
      {"HTTPS://a-b_c.example:8443/x/y?z=%20&w", "a-b_c.example", "/x/y?z=%20&w", "https://a-b_c.example:8443", 8443},
      {"http://127.0.0.1:8080?q", "127.0.0.1", "/?q", "http://127.0.0.1:8080", 8080},
      {"https://[2001:DB8:0::1]/", "2001:db8::1", "/", "https://[2001:db8::1]", 443},
      {"https://[::1]:444/.well-known/..x/...", "::1", "/.well-known/..x/...", "https://[::1]:444", 444},
      {"http://localhost:80/a", "localhost", "/a", "http://localhost", 80}};
  for (const Case& c : cases) {
    const auto url = parse_url(c.text);
    ASSERT_TRUE(url) << c.text << ": " << url.error().message;
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->target, c.target);
    EXPECT_EQ(url->origin(), c.origin);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(parse_url(url->text()).value(), *url) << "its own text means the same";
  }
}

TEST(Url, WhatReadersReadDifferentlyIsRefused) {
  for (const std::string text : {"",
                                 "ftp://a/",
                                 "//a/",
                                 "file:///etc/passwd",
                                 "gopher://a",
                                 "https:/a",
                                 "https://",
                                 "https:///x",
                                 "https://user@a/",
                                 "https://a@b:c@d/",
                                 "https://a:0/",
                                 "https://a:65536/",
                                 "https://a:+80/",
                                 "https://a:/",
                                 "https://a:80:90/",
                                 "https://a b/",
                                 "https://a/ b",
                                 "https://a/\tb",
                                 "https://a/\nb",
                                 "https://a\\@b/",
                                 "https://a/\\b",
                                 "https://a/#f",
                                 "https://a#f",
                                 "https://a/%",
                                 "https://a/%2",
                                 "https://a/%zz",
                                 "https://a/../b",
                                 "https://a/./b",
                                 "https://a/b/..",
                                 "https://a/%2e%2E/b",
                                 "https://a/.%2e",
                                 "https://a..b/",
                                 "https://a./",
                                 "https://.a/",
                                 "https://-a/",
                                 "https://a-/",
                                 "https://127.1/",
                                 "https://0x7f.1/",
                                 "https://0x7f000001/",
                                 "https://2130706433/",
                                 "https://0177.0.0.1/",
                                 "https://127.0.0.1./",
                                 "https://1.2.3.4.5/",
                                 "https://a.1/",
                                 "https://256.1.1.1/",
                                 "https://[::1/",
                                 "https://[::1]x/",
                                 "https://[::1%25lo]/",
                                 "https://[127.0.0.1]/",
                                 "https://[::ffff:127.0.0.1]/",
                                 "https://[::ffff:7f00:1]/",
                                 "https://ex\xc3\xa4mple.org/",
                                 "https://a/\xc3\xa4",
                                 "https://%61/",
                                 "https://a%2eb/",
                                 "https://a/<b>",
                                 "https://a/{b}"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
  EXPECT_FALSE(parse_url("https://" + std::string(64, 'a') + "/"));
  EXPECT_FALSE(parse_url("https://a/" + std::string(url_bytes_max, 'a')));
  EXPECT_EQ(parse_url("https://a/x/%2e./b").error().message,
            "URL https://a/x/%2e./b: its path has a segment . or .., which leads elsewhere than it says");
}

RC_GTEST_PROP(UrlProperty, AnyTextIsReadOrRefusedAndReadsAgainAsItself, ()) {
  const auto text =
      "https://" + *rc::gen::container<std::string>(rc::gen::element('a', 'B', '.', '-', '1', ':', '/', '?', '%', '2',
                                                                     'e', '[', ']', '@', '#', '\\', ' '));
  const auto url = parse_url(text);
  if (url) RC_ASSERT(parse_url(url->text()).value().text() == url->text());
}

}  // namespace
}  // namespace aright::http
