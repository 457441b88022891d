#include "workflow/named_fields.h"

#include <gtest/gtest.h>

namespace aright::workflow {
namespace {

using Names = std::set<std::string>;

TEST(NamedFields, AreThoseBehindTheNounAndNotInTexts) {
  EXPECT_EQ(fields_named("event.user.id + event.host", "event"), (Names{"user", "host"}));
  EXPECT_EQ(fields_named("'event.user' + \"\\\"event.a\" + event.b", "event"), Names{"b"});
  EXPECT_EQ(fields_named("my_event.user + x.event.user", "event"), Names{});
  EXPECT_EQ(fields_named("finding.subject.id", "finding"), Names{"subject"});
  EXPECT_EQ(fields_named("event", "event"), Names{});
}

TEST(NamedFields, ExpressionsAreThoseInBraces) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(expressions_in("event.x ${ event.a } $${ event.b } ${event.c}${ {'}': 1}['}'] } y"),
            (Texts{"event.a", "event.c", "{'}': 1}['}']"}));
  EXPECT_EQ(expressions_in("event.a"), Texts{});
  EXPECT_EQ(expressions_in("event.a ${ event.b"), Texts{"event.b"});
}

}  // namespace
}  // namespace aright::workflow
