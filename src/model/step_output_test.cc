// What a program writes for the steps after it.
#include "model/step_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright {
namespace {

using testing::HasSubstr;

const OutputShape shape{
    {"host", {FieldType::address, false}}, {"count", {FieldType::integer, false}}, {"users", {FieldType::text, true}}};

TEST(StepOutput, OnlyWhatIsDeclaredInOneSpelling) {
  const auto read = read_output(shape, R"({"host":"::FFFF:192.0.2.1","count":-3,"users":["a","b"],"more":{"x":1}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, Json::parse(R"({"host":"192.0.2.1","count":-3,"users":["a","b"]})"));
}

TEST(StepOutput, AnythingElseIsNotAsDeclared) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "no JSON object"},
      {"[]", "no JSON object"},
      {R"({"host":"192.0.2.1","count":1})", "no field `users`"},
      {R"({"host":"evil.example","count":1,"users":[]})", "`host` is no address"},
      {R"({"host":"192.0.2.1","count":"1","users":[]})", "`count` is no integer"},
      {R"({"host":"192.0.2.1","count":1.5,"users":[]})", "`count` is no integer"},
      {R"({"host":"192.0.2.1","count":1,"users":"a"})", "`users` is no list"},
      {R"({"host":"192.0.2.1","count":1,"users":[1]})", "`users` is no list of values of type text"},
      {R"({"host":"192.0.2.1","count":1,"users":[],)", "no JSON object"},
      {R"({"host":"192.0.2.1","count":1,"count":2,"users":[]})", "its output has key `count` twice"},
      {R"({"host":"192.0.2.1","count":1,"users":[],"more":{"hidden":1,"hidden":2}})",
       "has a key twice, none that its"}};
  for (const auto& [written, why] : cases) {
    const auto read = read_output(shape, written);
    ASSERT_FALSE(read) << written;
    EXPECT_THAT(read.error().message, HasSubstr(why)) << written;
  }
}

TEST(StepOutput, HasLimits) {
  Json many{{"host", "192.0.2.1"}, {"count", 1}, {"users", Json::array()}};
  for (std::size_t i = 0; i <= output_items_max; ++i) many["users"].push_back("u");
  EXPECT_THAT(read_output(shape, many.dump()).error().message, HasSubstr("the limit is 256"));
  many["users"] = {std::string(output_text_max + 1, 'x')};
  EXPECT_FALSE(read_output(shape, many.dump()));
  many["users"] = {std::string(output_text_max, 'x')};
  EXPECT_TRUE(read_output(shape, many.dump()));
}

TEST(StepOutput, AsJsonAndBack) {
  const auto back = output_shape_from(output_shape_json(shape));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, shape);
  EXPECT_FALSE(output_shape_from(Json{{"a", {{"type", "path"}, {"list", false}}}}));
}

}  // namespace
}  // namespace aright
