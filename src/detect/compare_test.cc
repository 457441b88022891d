#include "detect/compare.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/content.h"
#include "model/key_wish.h"

namespace aright::detect {
namespace {

const Json root_login = KeyWish{key_text::Format::sshd(), {{"PermitRootLogin", "no"}}}.to_json();

Json state(const std::string& text) { return {{"exists", true}, {"content", content_json(text)}, {"mode", "0644"}}; }

TEST(Compare, KeysAreLookedUpInTheContent) {
  const Json desired{{"exists", true}, {"keys", root_login}, {"mode", "0600"}};
  EXPECT_EQ(differing_fields(desired, state("PermitRootLogin yes\n")),
            (std::vector<std::string>{"keys.PermitRootLogin", "mode"}));
  EXPECT_EQ(differing_fields(desired, state("# other\npermitrootlogin no\n")), std::vector<std::string>{"mode"});
  EXPECT_EQ(differing_fields(desired, {{"exists", false}}), std::vector<std::string>{"exists"});
}

TEST(Compare, WhatMayBeAbsentIsComparedOnlyWhileItIsThere) {
  const Json desired{{"keys", root_login}, {"mode", "0600"}};
  EXPECT_TRUE(differing_fields(desired, {{"exists", false}}).empty());
  EXPECT_EQ(differing_fields(desired, state("PermitRootLogin no\n")), std::vector<std::string>{"mode"});
}

TEST(Compare, WishesContradictWhereNoStateIsAsBothWant) {
  const Json keys{{"exists", true}, {"keys", root_login}};
  const Json other{{"exists", true}, {"keys", KeyWish{key_text::Format::sshd(), {{"Port", "22"}}}.to_json()}};
  const Json yes{{"exists", true}, {"keys", KeyWish{key_text::Format::sshd(), {{"PermitRootLogin", "yes"}}}.to_json()}};
  EXPECT_FALSE(contradict(keys, other));
  EXPECT_TRUE(contradict(keys, yes));
  EXPECT_FALSE(contradict(keys, state("PermitRootLogin no\n")));
  EXPECT_TRUE(contradict(keys, state("")));
  EXPECT_TRUE(contradict(state(""), keys));
  EXPECT_FALSE(contradict({{"exists", true}, {"mode", "0644"}}, {{"exists", true}, {"owner", "root"}}));
  EXPECT_TRUE(contradict({{"exists", true}, {"mode", "0644"}}, {{"exists", false}}));
}

TEST(Compare, OfNamedFieldsIsTheSameAsOfThatPart) {
  const Json states[] = {{{"exists", true}, {"mode", "0644"}},
                         {{"exists", true}, {"mode", "0600"}, {"owner", "root"}},
                         {{"exists", false}},
                         {{"mode", "0644"}},
                         Json::object()};
  for (const Json& desired : states) {
    for (const std::vector<std::string>& names :
         {std::vector<std::string>{}, {"mode"}, {"owner", "mode"}, {"exists"}, {"group"}}) {
      Json part = Json::object();
      for (const std::string& name : names) {
        if (desired.contains(name)) part[name] = desired[name];
      }
      if (desired.contains("exists")) part["exists"] = desired["exists"];
      for (const Json& state : states) {
        EXPECT_EQ(is_as_desired(desired, names, state), differing_fields(part, state).empty())
            << desired << " " << Json(names) << " " << state;
      }
    }
  }
}

}  // namespace
}  // namespace aright::detect
