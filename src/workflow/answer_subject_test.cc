// What a workflow says a finding of a Sigma rule is about.
#include "workflow/answer_subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright::workflow {
namespace {

using testing::HasSubstr;

Event event(nlohmann::json data, std::vector<OutsiderField> outsider = {}) {
  return {"app:/log", 7, WallTime{}, {}, std::move(data), std::move(outsider)};
}

Result<SubjectOfAnswer::Made> made(const AnswerSubject& written, const Event& of) {
  const auto subject = SubjectOfAnswer::make(written);
  EXPECT_TRUE(subject);
  return subject->of(of);
}

TEST(AnswerSubject, ATypedOneNamesATargetWhoeverWroteIt) {
  const Event outside = event({{"peer", "2001:DB8::0:1"}, {"port", "0022"}}, {{"peer", {}}, {"port", {}}});
  const auto address = made({"address=${ event.peer }", FieldType::address}, outside);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->text, "address=2001:db8::1");
  EXPECT_TRUE(address->typed);
  EXPECT_EQ(made({"port=${ event.port }", FieldType::integer}, outside)->text, "port=22");
}

TEST(AnswerSubject, AnUntypedOneDoesOnlyIfItRestsOnWhatIsTrusted) {
  const AnswerSubject user{"user=${ event.user }"};
  EXPECT_TRUE(made(user, event({{"user", "bob"}}))->typed);
  EXPECT_FALSE(made(user, event({{"user", "bob"}}, {{"user", FieldType::text}}))->typed);
  EXPECT_TRUE(made(user, event({{"user", "bob"}, {"note", "x"}}, {{"note", FieldType::text}}))->typed);
  const AnswerSubject guess{"user=${ has(event.user) ? event.user : 'root' }"};
  EXPECT_FALSE(made(guess, event({{"user", "bob"}}, {{"user", FieldType::text}}))->typed) << "another one without it";
}

TEST(AnswerSubject, AnEventThatHasNoneSaysWhy) {
  const AnswerSubject address{"address=${ event.peer }", FieldType::address};
  EXPECT_THAT(made(address, event({{"other", 1}})).error().message, HasSubstr("peer"));
  EXPECT_EQ(made(address, event({{"peer", "web1; reboot"}})).error().message, "\"web1; reboot\" is no address");
  EXPECT_EQ(made({"user=${ event.peer }"}, event({{"peer", " "}})).error().message, "nothing stands behind `user= `");
  EXPECT_THAT(made({"user=${ event.peer }"}, event({{"peer", std::string(600, 'a')}})).error().message,
              HasSubstr("the limit is 512"));
  EXPECT_THAT(made({"a=${ event.a }", FieldType::text}, event({{"a", std::string(200, '\a')}})).error().message,
              HasSubstr("1002 bytes as it is shown, the limit is 512"));
}

TEST(AnswerSubject, IsPartOfTheVersionAndKeptWithIt) {
  Workflow w;
  w.name = "w";
  w.answers = {{"c", "", std::nullopt}};
  w.steps = {{Step::Ensure{}}};
  const std::string before = w.version();
  w.answers[0].subject = AnswerSubject{"address=${ event.peer }", FieldType::address};
  EXPECT_NE(w.version(), before);
  const auto again = Workflow::from_json(w.to_json());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->answers, w.answers);
  EXPECT_NE(AnswerSubject{"address=${ event.peer }"}.id(), w.answers[0].subject->id()) << "the type is part of it";
}

TEST(AnswerSubject, WithoutALabelThereIsNone) {
  const auto subject = SubjectOfAnswer::make({"port ${ 1 }", FieldType::text});
  ASSERT_TRUE(subject);
  const auto made = subject->of(Event{});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::invalid);
  EXPECT_EQ(made.error().message, "`port 1` has no label");
}

}  // namespace
}  // namespace aright::workflow
