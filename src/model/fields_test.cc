#include "model/fields.h"

#include <gtest/gtest.h>

#include "model/doc.h"

namespace aright {
namespace {

TEST(Fields, BecomeTheBytesOfTheObjectTheyAre) {
  Fields fields{{"run", 3U}, {"differs", std::vector<std::string>{"mode"}}, {"at", "x"}};
  fields["kind"] = "step.done";
  fields["run"] = 4U;
  fields.add({{"ok", false}});
  const Json tree{{"run", 4U}, {"differs", {"mode"}}, {"at", "x"}, {"kind", "step.done"}, {"ok", false}};
  EXPECT_EQ(fields.canonical().value(), canonical_json(tree).value());
  EXPECT_EQ(*fields.find("run"), 4U);
  EXPECT_EQ(fields.find("none"), nullptr);
}

TEST(Fields, ANameThatIsThereTwiceIsNoObject) {
  Fields fields{{"run", 3U}};
  fields.add({{"run", 4U}});
  EXPECT_FALSE(fields.canonical());
}

TEST(Fields, AreReadLikeATree) {
  const Fields fields{{"run", 3U}, {"name", "a"}, {"none", nullptr}};
  DocReader in(fields, "entry");
  EXPECT_EQ(in.number("run"), 3U);
  EXPECT_EQ(in.text("name"), "a");
  EXPECT_FALSE(in.has("none"));
  EXPECT_TRUE(in.finish());
  EXPECT_EQ(in.text("run"), "");
  EXPECT_FALSE(in.finish());
}

}  // namespace
}  // namespace aright
