#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "driver/file_driver_fixture.h"
#include "model/key_wish.h"

namespace aright::driver {
namespace {

Json wish(const key_text::Format& format, key_text::Wanted set) { return KeyWish{format, std::move(set)}.to_json(); }

TEST_F(FileDriverTest, PlansTheContentInWhichTheKeysAreInEffect) {
  write("f", "# c\nPermitRootLogin yes # x\nMatch all\nPermitRootLogin yes\n");
  const Json keys = wish(key_text::Format::sshd(), {{"PermitRootLogin", "no"}, {"Banner", std::nullopt}});
  const Plan p = plan("f", {{"keys", keys}, {"mode", "0600"}});
  EXPECT_EQ(p.names, (std::vector<std::string>{"content", "exists", "mode"}));
  EXPECT_FALSE(p.after.fields.contains("keys"));
  ASSERT_EQ(difference(p.before, p.after).size(), 2U);
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  EXPECT_EQ(text("f"), "# c\nPermitRootLogin no # x\nMatch all\nPermitRootLogin yes\n");
  EXPECT_EQ(driver_.read(id("f"))->fields, p.after.fields);
  EXPECT_TRUE(plan("f", {{"keys", keys}, {"mode", "0600"}}).empty());
}

TEST_F(FileDriverTest, KeysOfAFileThatIsNoTextAreFoundToo) {
  write("f", std::string("A=1\nB=\xE4\0x\n", 10));
  EXPECT_TRUE(apply("f", plan("f", {{"keys", wish({key_text::Syntax::key_equals}, {{"A", "2"}})}})));
  EXPECT_EQ(text("f"), std::string("A=2\nB=\xE4\0x\n", 10));
}

TEST_F(FileDriverTest, RefusesKeysWithoutAFileToSetThemIn) {
  const Json keys = wish(key_text::Format::sysctl(), {{"a.b", "1"}});
  const auto none = driver_.plan(id("f"), {{{"exists", true}, {"keys", keys}}, false});
  EXPECT_EQ(none.error().code, Errc::invalid);
  write("f", "");
  const auto both = driver_.plan(id("f"), {{{"exists", true}, {"keys", keys}, {"content", content_json("x")}}, false});
  EXPECT_EQ(both.error().code, Errc::invalid);
  const auto broken = driver_.plan(id("f"), {{{"exists", true}, {"keys", {{"format", "sysctl"}}}}, false});
  EXPECT_EQ(broken.error().code, Errc::corrupt);
  const Json large = wish(key_text::Format::sysctl(), {{"a.b", std::string(1000, '1')}});
  FileDriver small({.bytes_max = 500});
  EXPECT_EQ(small.plan(id("f"), {{{"exists", true}, {"keys", large}}, false}).error().code, Errc::invalid);
}

TEST_F(FileDriverTest, WhatMayBeAbsentIsNotMade) {
  const Desired desired{{{"keys", wish(key_text::Format::sysctl(), {{"a.b", "1"}})}, {"mode", "0600"}}, false};
  EXPECT_TRUE(driver_.plan(id("f"), desired)->empty());
  write("f", "a.b = 2\n");
  const auto there = driver_.plan(id("f"), desired);
  ASSERT_TRUE(there);
  EXPECT_EQ(there->after.fields.at("mode"), "0600");
  EXPECT_NE(std::ranges::find(there->names, "exists"), there->names.end()) << "and it must still be there afterwards";
  EXPECT_TRUE(apply("f", *there));
  EXPECT_EQ(text("f"), "a.b = 1\n");
}

TEST_F(FileDriverTest, TheDifferenceOfASensitiveFileShowsNoValue) {
  write("f", "password=old-secret\n");
  ASSERT_EQ(chmod(path("f").c_str(), 0600), 0);
  const Plan p = plan("f", {{"keys", wish({key_text::Syntax::key_equals}, {{"password", "new-secret"}})}});
  EXPECT_TRUE(p.before.sensitive && p.after.sensitive);
  EXPECT_EQ(difference(p.before, p.after).dump().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace aright::driver
