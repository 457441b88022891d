#include "base/key_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace aright::key_text {
namespace {

constexpr Format key_value{Syntax::key_value, false, Wins::every};
constexpr Format key_equals{Syntax::key_equals, false, Wins::every};

std::string set(std::string_view text, const Format& format, const std::string& key, const std::string& value) {
  return edit(text, format, {{key, value}});
}
std::string unset(std::string_view text, const Format& format, const std::string& key) {
  return edit(text, format, {{key, std::nullopt}});
}
bool differs(std::string_view text, const Format& format, const std::string& key, const std::string& value) {
  return !differing(text, format, {{key, value}}).empty();
}

TEST(KeyText, ReadsSettingsWithTheirLines) {
  const auto list = parse("# c\n\n  Port 22\nX11Forwarding=no # off\r\n#Banner x\nMatch all\nPort 1\n", Format::sshd());
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].line, 3U);
  EXPECT_EQ(list[0].key, "Port");
  EXPECT_EQ(list[0].value, "22");
  EXPECT_EQ(list[1].line, 4U);
  EXPECT_EQ(list[1].value, "no");
}

TEST(KeyText, ChangesTheValueAndNothingElse) {
  EXPECT_EQ(set("# a\n\tPermitRootLogin \tyes  # why\r\nUsePAM yes\r\n", Format::sshd(), "PermitRootLogin", "no"),
            "# a\n\tPermitRootLogin \tno  # why\r\nUsePAM yes\r\n");
  EXPECT_EQ(set("UMASK\t\t022 \nX y", key_value, "UMASK", "027"), "UMASK\t\t027 \nX y");
  EXPECT_EQ(set("A = b # c\nID=debian", key_equals, "ID", "x y"), "A = b # c\nID=x y");
  EXPECT_EQ(set("KEY=\nOTHER=1\n", key_equals, "KEY", "v"), "KEY=v\nOTHER=1\n");
  EXPECT_EQ(set("flag\n", key_value, "flag", "on"), "flag on\n");
  EXPECT_EQ(set("Banner #none\n", Format::sshd(), "Banner", "/etc/issue"), "Banner /etc/issue #none\n");
}

TEST(KeyText, OfSshdTheFirstLineCounts) {
  const std::string text = "permitrootlogin yes\nPermitRootLogin no\n";
  EXPECT_TRUE(differs(text, Format::sshd(), "PermitRootLogin", "no"));
  EXPECT_EQ(set(text, Format::sshd(), "PermitRootLogin", "no"), "permitrootlogin no\nPermitRootLogin no\n");
  const std::string dead = "PermitRootLogin no\nPermitRootLogin yes\n";
  EXPECT_EQ(set(dead, Format::sshd(), "PermitRootLogin", "no"), dead);
}

TEST(KeyText, OfSysctlTheLastLineCounts) {
  const std::string text = "net.ipv4.ip_forward = 0\n-net/ipv4/ip_forward=1\n";
  EXPECT_FALSE(differs(text, Format::sysctl(), "net.ipv4.ip_forward", "1"));
  EXPECT_EQ(set(text, Format::sysctl(), "net.ipv4.ip_forward", "0"),
            "net.ipv4.ip_forward = 0\n-net/ipv4/ip_forward=0\n");
  EXPECT_EQ(unset(text, Format::sysctl(), "net.ipv4.ip_forward"), "");
}

TEST(KeyText, SysctlKeysAreTheSameWithDotsAndSlashes) {
  const std::string text = "net/ipv4/conf/eth0.100/rp_filter = 1\n";
  EXPECT_FALSE(differs(text, Format::sysctl(), "net.ipv4.conf.eth0/100.rp_filter", "1"));
  EXPECT_TRUE(differs(text, Format::sysctl(), "net.ipv4.conf.eth0.100.rp_filter", "1"));
  EXPECT_FALSE(differs("net.ipv4.tcp_rmem=4096\t87380  1\n", Format::sysctl(), "net.ipv4.tcp_rmem", "4096 87380 1"));
  EXPECT_TRUE(differs("a.b =\n", Format::sysctl(), "a.b", "1"));
}

TEST(KeyText, WhereEveryLineCountsTheOthersAreTakenOut) {
  EXPECT_EQ(set("K 1\n# k\nK 2\nK 1\nK 3\n", key_value, "K", "2"), "# k\nK 2\n");
  EXPECT_EQ(set("K 1\nK 3\n", key_value, "K", "2"), "K 2\n");
  EXPECT_EQ(set("Port 22\nPORT 2222\nPort 22\n", Format::sshd(), "Port", "22"), "Port 22\nPort 22\n");
  EXPECT_FALSE(differs("K 2\nK 2\n", key_value, "K", "2"));
  EXPECT_TRUE(differs("K 2\nK 1\n", key_value, "K", "2"));
  EXPECT_FALSE(differs("K 1\nK 2\n", {Syntax::key_value, false, Wins::last}, "K", "2"));
  EXPECT_FALSE(differs("K 2\nK 1\n", {Syntax::key_value, false, Wins::first}, "K", "2"));
}

TEST(KeyText, AMissingKeyGoesBehindItsOwnLineThatIsCommentedOut) {
  EXPECT_EQ(set("A 1\n#Banner none\nB 2\n", Format::sshd(), "Banner", "x"), "A 1\n#Banner none\nBanner x\nB 2\n");
  EXPECT_EQ(set("# Banner is prose\nB 2\n", Format::sshd(), "Banner", "x"), "# Banner is prose\nB 2\nBanner x\n");
  EXPECT_EQ(set("#a.b=1\nc.d=2", Format::sysctl(), "a.b", "2"), "#a.b=1\na.b=2\nc.d=2");
}

TEST(KeyText, AMissingKeyGoesToTheEndOfThePartBeforeTheFirstSection) {
  EXPECT_EQ(set("A 1\n\n# for sftp\nMatch User x\n  Banner y\n", Format::sshd(), "Banner", "x"),
            "A 1\nBanner x\n\n# for sftp\nMatch User x\n  Banner y\n");
  EXPECT_EQ(set("a=1\n[b]\nc=2\n", key_equals, "c", "3"), "a=1\nc=3\n[b]\nc=2\n");
  EXPECT_EQ(set("match all\n", Format::sshd(), "A", "x"), "A x\nmatch all\n");
  EXPECT_EQ(set("", key_equals, "A", "x"), "A=x\n");
  EXPECT_EQ(set("B 1", key_value, "A", "x"), "B 1\nA x\n");
  EXPECT_EQ(set("B 1\r\nC 2", key_value, "A", "x"), "B 1\r\nC 2\r\nA x\r\n");
  EXPECT_EQ(set("a.b =1\n", Format::sysctl(), "c.d", "x"), "a.b =1\nc.d =x\n");
  EXPECT_EQ(edit("", Format::sysctl(), {{"a.b", "1"}, {"c.d", "2"}}), "a.b = 1\nc.d = 2\n");
  EXPECT_EQ(edit("B 1", key_value, {{"A", "x"}, {"B", std::nullopt}, {"C", ""}}), "A x\nC\n");
}

TEST(KeyText, TheMarkBeforeUtf8IsNoPartOfTheFirstKey) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_EQ(set(mark + "a=1\nb=2\n", key_equals, "a", "2"), mark + "a=2\nb=2\n");
  EXPECT_EQ(set(mark + "a 1\r\n", key_value, "a", "2"), mark + "a 2\r\n");
  EXPECT_EQ(unset(mark + "a=1\nb=2\n", key_equals, "a"), mark + "b=2\n");
  EXPECT_EQ(set(mark + "[s]\na=1\n", key_equals, "a", "2"), mark + "a=2\n[s]\na=1\n");
  EXPECT_EQ(set(mark, key_equals, "a", "2"), mark + "a=2\n");
  EXPECT_FALSE(differs(mark + "a=1\n", key_equals, "a", "1"));
  EXPECT_TRUE(differs("x\n" + mark + "a=1\n", key_equals, "a", "1")) << "only at the beginning";
  EXPECT_TRUE(differs(mark + "UsePAM yes\n", Format::sshd(), "UsePAM", "yes")) << "sshd does not pass over it";
}

TEST(KeyText, SectionsAreLeftAlone) {
  const std::string text = "PermitRootLogin no\nMatch User a\nPermitRootLogin yes\n";
  EXPECT_FALSE(differs(text, Format::sshd(), "PermitRootLogin", "no"));
  EXPECT_EQ(unset(text, Format::sshd(), "PermitRootLogin"), "Match User a\nPermitRootLogin yes\n");
}

/// Ways to write a key that sshd takes and that would hide it from a reader of words.
TEST(KeyText, SshdKeysAreFoundHoweverTheyAreWritten) {
  for (const char* line :
       {"PermitRootLogin yes", "  permitROOTlogin\tyes", "PermitRootLogin=yes", "PermitRootLogin = yes",
        "\"PermitRootLogin\" yes", "Permit\"RootLogin\" yes", "=PermitRootLogin yes", " = PermitRootLogin yes",
        "PermitRootLogin \"yes\"", "PermitRootLogin 'yes' # no"}) {
    const std::string text = std::string(line) + "\nPermitRootLogin no\n";
    EXPECT_TRUE(differs(text, Format::sshd(), "PermitRootLogin", "no")) << line;
    EXPECT_FALSE(differs(text, Format::sshd(), "PermitRootLogin", "yes")) << line;
    EXPECT_FALSE(differs(set(text, Format::sshd(), "PermitRootLogin", "no"), Format::sshd(), "PermitRootLogin", "no"));
  }
  EXPECT_TRUE(differs("ChallengeResponseAuthentication yes\nKbdInteractiveAuthentication no\n", Format::sshd(),
                      "KbdInteractiveAuthentication", "no"));
  EXPECT_TRUE(parse("\"Match\" all\nPort 1\n", Format::sshd()).empty());
}

TEST(KeyText, WordsOfSshdAreComparedWithoutTheirQuotes) {
  EXPECT_FALSE(differs("Banner \"/a b\"\n", Format::sshd(), "Banner", "'/a b'"));
  EXPECT_TRUE(differs("Banner /a b\n", Format::sshd(), "Banner", "'/a b'"));
  EXPECT_FALSE(differs("AllowUsers  a\tb # c\n", Format::sshd(), "AllowUsers", "a b"));
  EXPECT_FALSE(differs("PermitRootLogin NO\n", Format::sshd(), "PermitRootLogin", "no")) << "sshd minds no case here";
  EXPECT_FALSE(
      differs("ChallengeResponseAuthentication \"No\"\n", Format::sshd(), "KbdInteractiveAuthentication", "no"));
  EXPECT_TRUE(differs("AllowUsers NO\n", Format::sshd(), "AllowUsers", "no"));
  EXPECT_TRUE(differs("PermitTunnel NO\n", Format::sshd(), "PermitTunnel", "no"));
  EXPECT_FALSE(differs("Banner a\\\"b\n", Format::sshd(), "Banner", "'a\"b'"));
  EXPECT_EQ(set("Banner \"never closed\n", Format::sshd(), "Banner", "x"), "Banner x\n");
  EXPECT_TRUE(differs("A \"x\"\n", key_value, "A", "x"));
}

TEST(KeyText, RefusesWhatWouldBeReadOtherwise) {
  const auto good = [](const Format& f, const std::string& key, const std::string& value) {
    return check(f, key, value).has_value();
  };
  EXPECT_TRUE(good(Format::sshd(), "AllowUsers", "a b"));
  EXPECT_TRUE(good(key_value, "flag", ""));
  EXPECT_TRUE(good(Format::sysctl(), "kernel.core_pattern", "|/bin/x %p"));
  EXPECT_TRUE(check(key_value, "A", std::nullopt));
  for (const char* key : {"", "a b", "#a", "a\nb", "Match", "include", "=a", "a=b", "\"a\"", "\xC3\xA4"}) {
    EXPECT_FALSE(good(Format::sshd(), key, "x")) << key;
  }
  for (const char* key : {"a=b", "#a", ";a", "[a]"}) EXPECT_FALSE(good(key_equals, key, "x")) << key;
  EXPECT_FALSE(good(Format::sysctl(), "-a.b", "1"));
  for (const char* value : {"", " x", "x ", "x\ny", "x # y", "#y", "\"x", "=x", "x\x01", "\xFF"}) {
    EXPECT_FALSE(good(Format::sshd(), "Banner", value)) << value;
  }
  EXPECT_FALSE(good(key_value, "A", std::string(value_bytes_max + 1, 'x')));
  EXPECT_EQ(check(Format::sshd(), "Banner", "se\"cret").error().message.find("se\"cret"), std::string::npos);
}

// ---- any text, any wish ----

rc::Gen<std::string> any_text() {
  static const std::vector<std::string> parts{"A",      "a",  "B",        "Port", "port",     "x.y",   "x/y",  "=",
                                              " ",      "\t", "\n",       "\n",   "\n",       "\r\n",  "#",    ";",
                                              "\"",     "'",  "\\",       "1",    "2",        "#A",    "-",    "[",
                                              "Match ", "\f", "\xC3\xA4", "\xFF", "Include ", "A 1\n", "A=1\n"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(parts)), [](const auto& list) {
    std::string text;
    for (const std::string& part : list) text += part;
    return text;
  });
}

rc::Gen<Format> any_format() {
  return rc::gen::element(key_value, key_equals, Format::sshd(), Format::sysctl(),
                          Format{Syntax::key_value, true, Wins::first}, Format{Syntax::key_equals, true, Wins::last});
}

Wanted draw_wish(const Format& format) {
  Wanted wanted;
  std::vector<std::string> forms;
  const auto keys =
      *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("A", "B", "Port", "x.y", "x/y", "C"));
  for (const std::string& key : keys) {
    const std::string form = same_key(key, format.syntax, format.ignore_case);
    if (std::ranges::find(forms, form) != forms.end()) continue;
    forms.push_back(form);
    auto value = *rc::gen::element<std::optional<std::string>>(std::nullopt, "1", "2", "x y", "\"q\"", "");
    if (!check(format, key, value)) value = "1";
    wanted[key] = value;
  }
  return wanted;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

RC_GTEST_PROP(KeyTextAlways, WhatIsWantedIsInEffectAfterwards, ()) {
  const Format format = *any_format();
  const std::string text = *any_text();
  const Wanted wanted = draw_wish(format);
  const std::string after = edit(text, format, wanted);
  RC_ASSERT(differing(after, format, wanted).empty());
  RC_ASSERT(edit(after, format, wanted) == after);
  if (differing(text, format, wanted).empty()) RC_ASSERT(after == text);
}

/// Lines that set no wanted key stay, byte for byte and in order; so does all that follows the first section.
RC_GTEST_PROP(KeyTextAlways, NothingElseIsTouched, ()) {
  const Format format = *any_format();
  const std::string text = *any_text();
  const Wanted wanted = draw_wish(format);
  const std::string after = edit(text, format, wanted);
  std::vector<std::string> forms;
  for (const auto& [key, value] : wanted) forms.push_back(same_key(key, format.syntax, format.ignore_case));
  const auto others = [&](std::string_view whole) {
    std::vector<std::string> kept;
    bool section = false;
    for (std::string& line : lines_of(whole)) {
      section = section || begins_section(line, format.syntax);
      const auto parts = read_line(line, format.syntax);
      const bool ours =
          !section && parts &&
          std::ranges::find(forms, same_key(parts->key, format.syntax, format.ignore_case)) != forms.end();
      if (!ours) kept.push_back(std::move(line));
    }
    return kept;
  };
  std::vector<std::string> before_lines = others(text);
  std::vector<std::string> after_lines = others(after);
  // The last line may have got the end of line it lacked, in the form that the file has.
  if (!before_lines.empty() && before_lines.size() == after_lines.size() &&
      after_lines.back() == before_lines.back() + "\r")
    after_lines.back().pop_back();
  RC_ASSERT(before_lines == after_lines);
}

}  // namespace
}  // namespace aright::key_text
