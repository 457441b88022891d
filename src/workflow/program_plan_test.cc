// From a step as written to the exact program.
#include "workflow/program_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/path_text.h"
#include "model/content.h"
#include "workflow/about.h"

namespace aright::workflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Step::Exec exec(std::vector<std::string> arguments) {
  Step::Exec step;
  step.program.arguments = {"/bin/p"};
  step.program.arguments.insert(step.program.arguments.end(), arguments.begin(), arguments.end());
  return step;
}

ErrandContext context() {
  ErrandContext c;
  c.finding = {{"id", "f-1"}, {"subject", {{"driver", "file"}, {"id", "/a b"}}}, {"occurrences", 3}};
  c.control = {{"name", "motd"}};
  c.run = {{"id", 7}, {"key", "r7-0"}};
  c.subject = {"file", "/a b"};
  return c;
}

std::string refusal(const Step::Exec& step, const ErrandContext& about) {
  const auto plan = plan_program(step, about);
  return plan ? "planned" : plan.error().message;
}

TEST(ProgramPlan, EachTextIsOneArgumentAndNeverReadAgain) {
  auto c = context();
  c.subject.id = "/a b; ${ run.id } $(x)";
  c.finding["subject"]["id"] = c.subject.id;
  const auto plan = plan_program(exec({"${ finding.subject.id }", "${ finding.subject.driver }:/a b", "n=${ run.id }",
                                       "", "$${ run.id }", "${ 1 < 2 }"}),
                                 c);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_THAT(plan->request.arguments,
              ElementsAre("/bin/p", "/a b; ${ run.id } $(x)", "file:/a b", "n=7", "", "${ run.id }", "true"));
}

ErrandContext about_file(const std::string& bytes) {
  Finding finding;
  finding.subject = "file:" + path_text(bytes);
  auto c = context();
  c.finding = about(finding);
  c.subject = subject_parts(finding.subject);
  return c;
}

/// Once a program was given how records write the name, which may be the name of another file.
TEST(ProgramPlan, AProgramGetsThePathItself) {
  for (const std::string& path :
       std::vector<std::string>{"/F/a b", "/F/a\\b", "/F/new\nline x", "/F/\xe2\x80\xaex", "/F/-rf"}) {
    const auto c = about_file(path);
    auto step = exec({"${ finding.subject.id }", "p=${ finding.subject.id }"});
    step.program.environment["A"] = "${ finding.subject.id }";
    const auto plan = plan_program(step, c);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_THAT(plan->request.arguments, ElementsAre("/bin/p", path, "p=" + path));
    EXPECT_EQ(plan->request.environment.at("A"), path);
    const Json input = Json::parse(plan->request.input);
    Json subject{{"driver", "file"}, {"id", path}};
    if (path_text(path) != path) subject["written"] = path_text(path);
    EXPECT_EQ(input.at("subject"), subject);
    EXPECT_EQ(input.at("finding").at("subject"), subject);
    EXPECT_EQ(ErrandTexts(c, "").for_people("see ${ finding.subject.id }"), "see " + path_text(path));
  }
}

TEST(ProgramPlan, APathThatIsNoTextIsNoArgumentAndInTheInputOnlyAsItIsWritten) {
  const auto c = about_file("/F/\xff\xfe");
  EXPECT_THAT(refusal(exec({"${ finding.subject.id }"}), c),
              HasSubstr("argument 1 of /bin/p: the path \"/F/\\xff\\xfe\" is not UTF-8"));
  const auto plan = plan_program(exec({"${ finding.subject.driver }"}), c);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(Json::parse(plan->request.input).at("subject"), (Json{{"driver", "file"}, {"written", "/F/\\xff\\xfe"}}));
  EXPECT_EQ(ErrandTexts(c, "").for_people("${ finding.subject.id }"), "/F/\\xff\\xfe");
}

TEST(ProgramPlan, ContentThatIsNoTextIsNoArgument) {
  auto c = context();
  c.resource = State{{{"exists", true}, {"mode", "0644"}, {"content", content_json("J\xfcrgen")}}, false};
  EXPECT_THAT(refusal(exec({"${ resource.content.size() }"}), c), HasSubstr("the content is no text (6 bytes)"));
  EXPECT_EQ(refusal(exec({"${ resource.mode }"}), c), "planned");
}

TEST(ProgramPlan, WhatIsNoSingleTextIsRefusedByItsPlace) {
  EXPECT_THAT(refusal(exec({"${ [1] }"}), context()), HasSubstr("argument 1 of /bin/p: `${ [1] }` is no single text"));
  EXPECT_THAT(refusal(exec({"x", "${ finding.nope }"}), context()), HasSubstr("argument 2 of /bin/p"));
  EXPECT_THAT(refusal(exec({"${ event.x }"}), context()), HasSubstr("argument 1"));
  auto step = exec({});
  step.program.environment["A"] = "${ null }";
  EXPECT_THAT(refusal(step, context()), HasSubstr("environment variable A of /bin/p"));
}

TEST(ProgramPlan, ANulByteIsRefusedBeforeAnythingIsAnnounced) {
  auto c = context();
  c.control["name"] = std::string("mo\0td", 5);
  const std::string why = "`n=${ control.name }` has a NUL byte, which no argument can have";
  EXPECT_THAT(refusal(exec({"x", "n=${ control.name }"}), c), HasSubstr("argument 2 of /bin/p: " + why));
  auto step = exec({});
  step.program.environment["A"] = "n=${ control.name }";
  EXPECT_THAT(refusal(step, c), HasSubstr("environment variable A of /bin/p: " + why));
}

/// It was told only when the program was to be started, of the one that confirms after the first had been.
TEST(ProgramPlan, WhatIsTooLongIsRefusedBeforeAnythingIsAnnounced) {
  auto c = context();
  c.control["name"] = std::string(program_argument_bytes_max, 'x');
  EXPECT_EQ(refusal(exec({"${ control.name }"}), c), "planned");
  EXPECT_THAT(refusal(exec({"x", "n=${ control.name }"}), c),
              HasSubstr("argument 2 of /bin/p: has 131073 bytes, the limit is 131071"));
  auto step = exec({});
  step.program.environment["A"] = "${ control.name }";  // the kernel counts its name, too
  EXPECT_THAT(refusal(step, c), HasSubstr("environment variable A of /bin/p: has 131073 bytes, the limit is 131071"));
  EXPECT_THAT(refusal(exec(std::vector<std::string>(9, "${ control.name }")), c),
              HasSubstr("/bin/p: its arguments and environment have 1179655 bytes, the limit is 1048576"));
  auto confirmed = exec({});
  confirmed.confirm = Step::Confirm{};
  confirmed.confirm->program.arguments = {"/bin/look", "n=${ control.name }"};
  EXPECT_THAT(refusal(confirmed, c), HasSubstr("argument 1 of /bin/look: has 131073 bytes"));
}

TEST(ProgramPlan, AnOutsidersTextIsInTheInputButNoArgument) {
  auto c = context();
  c.event = Event{.source = "auth:/log",
                  .offset = 5,
                  .time = {},
                  .log_sources = {},
                  .data = {{"user", "--evil"}, {"ip", "192.0.2.1"}, {"host", "here"}},
                  .outsider = {{"user", FieldType::text}, {"ip", FieldType::address}}};
  EXPECT_EQ(refusal(exec({"${ event.user }"}), c),
            "argument 1 of /bin/p: `user` was written by an outsider; name it in `trusted:` of source auth, or let the "
            "program read it on standard input");
  EXPECT_THAT(refusal(exec({"${ event.usr }"}), c), HasSubstr("no such key: usr"));
  c.event->source = "hook";  // a webhook
  EXPECT_EQ(refusal(exec({"${ event.user }"}), c),
            "argument 1 of /bin/p: `user` was written by an outsider; name it in `trusted:` of source hook (that helps "
            "where it stands in the body; what comes from a header is not signed), or let the program read it on "
            "standard input");
  const auto plan = plan_program(exec({"${ event.ip }", "${ event.host }"}), c);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_THAT(plan->request.arguments, ElementsAre("/bin/p", "192.0.2.1", "here"));
  EXPECT_EQ(parse_json(plan->request.input)->at("event").at("data").at("user"), "--evil");
}

/// A record has neither; an event of another tool has what it likes.
TEST(ProgramPlan, FractionsAndLargeIntegersOfAnEventAreToldAsTheyAre) {
  auto c = context();
  c.event = Event{.source = "auth",
                  .offset = 5,
                  .time = {},
                  .log_sources = {},
                  .data = {{"ms", 0.25}, {"ns", 1764271234123456789}, {"all", 18446744073709551615U}},
                  .outsider = {}};
  const auto plan = plan_program(exec({"${ event.ms }", "${ event.ns }"}), c);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_THAT(plan->request.input,
              HasSubstr(R"("data":{"all":18446744073709551615,"ms":0.25,"ns":1764271234123456789})"));
  EXPECT_THAT(plan->request.arguments, ElementsAre("/bin/p", "0.25", "1764271234123456789"));
}

TEST(ProgramPlan, MoreEvidenceMakesNoOtherProgram) {
  auto c = context();
  const auto one = plan_program(exec({"x"}), c);
  c.finding["occurrences"] = 4;
  EXPECT_EQ(one->to_json(), plan_program(exec({"x"}), c)->to_json());
  c.run["id"] = 8;
  EXPECT_NE(one->to_json(), plan_program(exec({"x"}), c)->to_json());
}

TEST(ProgramPlan, TheSubjectIsReadOnlyWhereItIsNamed) {
  EXPECT_FALSE(names_resource(exec({"resource", "${ finding.subject.id }"})));
  EXPECT_TRUE(names_resource(exec({"${ resource.mode }"})));
  auto step = exec({});
  step.confirm = Step::Confirm{};
  step.confirm->program.arguments = {"/bin/look", "x ${ resource.mode }"};
  EXPECT_TRUE(names_resource(step));
}

TEST(ProgramPlan, ItsJsonIsItselfWithTheKeyOfTheRun) {
  auto step = exec({"x"});
  step.program.expect = {{0, 2}, "done"};
  step.program.environment["A"] = "b";
  step.confirm = Step::Confirm{};
  step.confirm->program.arguments = {"/bin/look"};
  step.confirm->absent = {1, 4};
  const Json doc = plan_program(step, context())->to_json();
  const auto back = ProgramPlan::from_json(doc, "r7-0");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->to_json(), doc);
  EXPECT_EQ(back->request.key, "r7-0");
  EXPECT_EQ(back->confirm->request.key, "r7-0-confirm");
  EXPECT_THAT(back->confirm->absent, ElementsAre(1, 4));
  for (const auto& [field, value] : doc.items()) {
    if (field == "confirm") continue;
    Json broken = doc;
    broken.erase(field);
    EXPECT_FALSE(ProgramPlan::from_json(broken, "r7-0")) << field;
  }
}

TEST(ProgramPlan, AWorkflowKeepsItsSteps) {
  Workflow w;
  w.name = "w";
  Step::Exec step = exec({"${ run.id }"});
  step.confirm = Step::Confirm{};
  step.confirm->program.arguments = {"/bin/look"};
  step.sensitive = true;
  w.steps = {Step{}, {step}};
  const auto back = Workflow::from_json(w.to_json());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->to_json(), w.to_json());
  EXPECT_EQ(back->version(), w.version());
  step.confirm->absent = {2};
  w.steps[1] = {step};
  EXPECT_NE(back->version(), w.version());
}

}  // namespace
}  // namespace aright::workflow
