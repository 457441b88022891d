#include "base/no_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cel/program.h"
#include "cel/template.h"

namespace aright::cel {
namespace {

using testing::HasSubstr;

const Json& half_known() {
  static const Json made{{"mode", "0644"}, {"content", no_value("nobody can tell")}, {"exists", true}};
  return made;
}

Environment of_resource() {
  Environment environment;
  environment.variables = {{"resource", {Kind::dyn, {}}}, {"other", {Kind::dyn, {}}}};
  return environment;
}

Result<Value> value_of(const std::string& text) {
  const auto program = compile(text, of_resource());
  if (!program) return fail(Errc::invalid, "does not compile: " + program.error().front().message);
  Bindings bindings;
  bindings.view("resource", half_known());
  bindings.view("other", half_known());
  return evaluate(*program, bindings);
}

TEST(NoValue, WhateverReadsItIsAnError) {
  for (const char* text :
       {"resource.content", "resource['content']", "has(resource.content)", "'content' in resource",
        "resource.content.exists(l, l == 'bad')", "!('good' in resource.content)", "resource.content == ['a']",
        "size(resource.content) == 1", "resource.content.filter(l, l != 'bad')", "resource == other",
        "[resource] == [other]", "resource.exists(k, resource[k] == 1)", "resource.all(k, resource[k] != 'nowhere')",
        "type(resource.content) == map", "string(resource.content)", "[resource.content]", "{'a': resource.content}",
        "resource.exists && resource.content == ['a']", "true ? resource.content : []"}) {
    const auto value = value_of(text);
    ASSERT_FALSE(value) << text;
    EXPECT_THAT(value.error().message, HasSubstr("nobody can tell")) << text;
    EXPECT_EQ(value.error().code, Errc::invalid) << text;
  }
}

TEST(NoValue, WhatDoesNotAskForItIsAsBefore) {
  for (const char* text : {"resource.mode == '0644'", "has(resource.mode)", "!('owner' in resource)",
                           "size(resource) == 3", "resource.exists || resource.content == ['a']",
                           "resource.exists(k, k == 'content')", "resource.mode == '0644' ? true : resource.content"}) {
    const auto value = value_of(text);
    ASSERT_TRUE(value) << text << ": " << value.error().message;
    EXPECT_TRUE(value->as_bool()) << text;
  }
}

TEST(NoValue, ItLeavesNoExpressionUnseen) {
  const auto all = value_of("resource");
  ASSERT_TRUE(all);
  EXPECT_THAT(to_json(*all).error().message, HasSubstr("nobody can tell"));
  EXPECT_THAT(to_text(*all).error().message, HasSubstr("nobody can tell"));
  Bindings bindings;
  bindings.view("resource", half_known());
  const auto text = compile_template("x ${ resource }", of_resource());
  ASSERT_TRUE(text);
  EXPECT_THAT(evaluate(*text, bindings).error().message, HasSubstr("nobody can tell"));
}

TEST(NoValue, BytesAreNone) {
  const Json bytes = Json::binary({1, 2});
  EXPECT_FALSE(is_no_value(bytes));
  EXPECT_TRUE(Value::view(bytes).is(Kind::bytes));
  EXPECT_EQ(Value::view(bytes).why_none(), nullptr);
}

}  // namespace
}  // namespace aright::cel
