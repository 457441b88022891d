#include "model/line_difference.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "model/resource.h"

namespace aright {
namespace {

Json op(const char* what, const char* path) { return {{"op", what}, {"path", path}}; }
Json op(const char* what, const char* path, const char* value) {
  return {{"op", what}, {"path", path}, {"value", value}};
}

TEST(LineDifference, ALineIsOneOperationWhereverItStands) {
  const Json lines{"a", "b", "c", "b", ""};
  EXPECT_EQ(line_difference("/x", lines, lines), Json::array());
  EXPECT_EQ(line_difference("/x", lines, {"a", "b", "N", "c", "b", ""}), Json::array({op("add", "/x/2", "N")}));
  EXPECT_EQ(line_difference("/x", lines, {"b", "c", "b", ""}), Json::array({op("remove", "/x/0")}));
  EXPECT_EQ(line_difference("/x", lines, {"a", "b", "N", "b", ""}), Json::array({op("replace", "/x/2", "N")}));
  EXPECT_EQ(line_difference("/x", lines, {"a", "M", "b", "c", "b"}),
            Json::array({op("add", "/x/1", "M"), op("remove", "/x/5")}));
}

TEST(LineDifference, OfManyLinesIsByPlace) {
  Json before = Json::array();
  for (int i = 0; i < 600; ++i) before.push_back(std::to_string(i));
  Json after = before;
  after[0] = "x";
  after[599] = "y";
  EXPECT_EQ(line_difference("", before, after), Json::array({op("replace", "/0", "x"), op("replace", "/599", "y")}));
}

RC_GTEST_PROP(LineDifferenceAlways, MakesTheOneIntoTheOther, ()) {
  const auto lines = [] {
    return Json(*rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("a", "b", "c", "")));
  };
  const State before{{{"exists", true}, {"content", lines()}, {"mode", "0644"}}};
  const State after{{{"exists", true}, {"content", lines()}, {"owner", "x"}}};
  const Json patch = difference(before, after);
  RC_ASSERT(before.fields.patch(patch) == after.fields);
}

TEST(Difference, OfASensitiveStateShowsLinesAndNoValues) {
  const State before{{{"exists", true}, {"content", {"a", "b"}}}, true};
  const State after{{{"exists", true}, {"content", {"a", "secret", "b"}}}, true};
  EXPECT_EQ(difference(before, after), Json::array({{{"op", "add"}, {"path", "/content/1"}, {"value", nullptr}}}));
  const State binary{{{"exists", true}, {"content", {{"base64", "AAAA"}}}}, false};
  EXPECT_EQ(before.fields.patch(difference({before.fields, false}, binary)), binary.fields);
}

}  // namespace
}  // namespace aright
