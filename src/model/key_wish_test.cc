#include "model/key_wish.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/content.h"

namespace aright {
namespace {

using key_text::Format;
using key_text::Syntax;
using key_text::Wins;

TEST(KeyWish, GoesThroughJson) {
  for (const KeyWish& wish :
       {KeyWish{Format::sshd(), {{"Banner", std::nullopt}, {"Port", "22"}}}, KeyWish{Format::sysctl(), {{"a.b", "1"}}},
        KeyWish{{Syntax::key_value, true, Wins::last}, {{"A", ""}}}}) {
    const auto back = KeyWish::from_json(wish.to_json());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->format, wish.format);
    EXPECT_EQ(back->set, wish.set);
  }
}

TEST(KeyWish, RefusesWhatCannotBeMeant) {
  const Json good = KeyWish{Format::sshd(), {{"Banner", "x"}}}.to_json();
  ASSERT_TRUE(KeyWish::from_json(good));
  for (const auto& [field, value] :
       std::vector<std::pair<std::string, Json>>{{"format", "ini"},
                                                 {"wins", "last"},
                                                 {"wins", 1},
                                                 {"ignore_case", false},
                                                 {"set", Json::object()},
                                                 {"set", {{"Banner", 1}}},
                                                 {"set", {{"Banner", "x # y"}}},
                                                 {"set", {{"Banner", "x"}, {"banner", "y"}}}}) {
    Json bad = good;
    bad[field] = value;
    EXPECT_FALSE(KeyWish::from_json(bad)) << bad.dump();
    EXPECT_EQ(differing_keys(bad, content_json("Banner x\n")), std::vector<std::string>{"keys"});
    EXPECT_FALSE(with_keys(bad, content_json("Banner x\n")));
  }
}

TEST(KeyWish, AsksTheContent) {
  const Json wish = KeyWish{Format::sshd(), {{"Banner", "x"}, {"Port", std::nullopt}}}.to_json();
  EXPECT_TRUE(differing_keys(wish, content_json("banner x\n")).empty());
  EXPECT_EQ(differing_keys(wish, content_json("Port 1\n")), (std::vector<std::string>{"keys.Banner", "keys.Port"}));
  EXPECT_EQ(differing_keys(wish, content_json("Port 1\xFF\n")), (std::vector<std::string>{"keys.Banner", "keys.Port"}));
  EXPECT_EQ(differing_keys(wish, Json()), std::vector<std::string>{"keys"});
  EXPECT_EQ(*with_keys(wish, content_json("Port 1\n\xFF")), content_json("\xFF\nBanner x\n"));
}

TEST(KeyWish, AgreesUnlessOneKeyIsWantedInTwoWays) {
  const Json one = KeyWish{Format::sshd(), {{"Banner", "x"}}}.to_json();
  EXPECT_TRUE(agree(one, KeyWish{Format::sshd(), {{"banner", "x"}, {"Port", "1"}}}.to_json()));
  EXPECT_FALSE(agree(one, KeyWish{Format::sshd(), {{"BANNER", "y"}}}.to_json()));
  EXPECT_FALSE(agree(one, KeyWish{Format::sshd(), {{"BANNER", std::nullopt}}}.to_json()));
  EXPECT_FALSE(agree(one, KeyWish{Format::sysctl(), {{"a.b", "1"}}}.to_json()));
  EXPECT_FALSE(agree(one, Json::object()));
}

}  // namespace
}  // namespace aright
