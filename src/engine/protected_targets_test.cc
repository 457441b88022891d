// What of a plan no workflow may name to a program: where the words come from, and which texts are asked about.
#include "engine/protected_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aright::engine {
namespace {

using Given = OwnPlaces::Given;

/// "/own" in any text; a folder above it only where it was filled in.
class FixedPlaces final : public OwnPlaces {
 public:
  std::string named_in(std::string_view text, Given given) const override {
    if (given == Given::program) return text == "/bin/own" ? "is own" : "";
    if (text.contains("/own")) return "leads to /own";
    return given == Given::filled && text == "/" ? "is a folder above /own" : "";
  }
  std::uint64_t process() const override { return 4242; }
  std::string why_kept(std::string_view path) const override { return path == "/own" ? "it is own" : ""; }
};

class ProtectedTargets : public testing::Test {
 protected:
  ProtectedTargets() {
    hands_.own = &places_;
    written_.program.arguments = {"/bin/touch"};
  }

  /// Of one text more: written as it is, or by an expression.
  void argument(const std::string& text, bool filled) { argument(text, filled ? "${ event.x }" : text); }
  void argument(const std::string& text, const std::string& written) {
    written_.program.arguments.push_back(written);
    planned_.request.arguments = written_.program.arguments;
    planned_.request.arguments.back() = text;
  }

  std::string said() const {
    DoErrandPlan work;
    work.errand = written_;
    work.context.event = event_;
    work.context.subject = {"user", "root"};
    return protected_target(hands_, work, ErrandPlan{planned_});
  }

  FixedPlaces places_;
  Hands hands_;
  /// What the event says of `field`, and what an outsider wrote of it.
  std::string said_of(const Json& data, std::vector<OutsiderField> outsider = {}) {
    event_ = Event{"log", 1, {}, {}, data, std::move(outsider)};
    return said();
  }

  Step::Exec written_;
  ProgramPlan planned_;
  std::optional<Event> event_;
};

TEST_F(ProtectedTargets, EachArgumentOfTheProgram) {
  argument("/tmp/x", true);
  EXPECT_EQ(said(), "");
  argument("/", false);
  EXPECT_EQ(said(), "");
  argument("/own/pause", false);
  EXPECT_EQ(said(), "argument 3 of /bin/touch leads to /own");
}

TEST_F(ProtectedTargets, WhatAnEventFillsInMayNotLeadAboveEither) {
  argument("/", true);
  EXPECT_EQ(said(), "argument 1 of /bin/touch is a folder above /own");
}

TEST_F(ProtectedTargets, NamesOfArightThatWereFilledIn) {
  argument("aright.service", false);
  EXPECT_EQ(said(), "") << "the author's own word";
  argument("aright", std::string("${ control.owner }"));
  EXPECT_EQ(said(), "") << "his as well";
  argument("aright-exporter.service", true);
  EXPECT_EQ(said(), "");
  argument("aright.service", true);
  EXPECT_EQ(said(), "argument 4 of /bin/touch names aright.service, which is Aright itself");
}

TEST_F(ProtectedTargets, TheProcessOfTheDaemon) {
  argument("4242", false);
  EXPECT_EQ(said(), "");
  argument("4241", true);
  EXPECT_EQ(said(), "");
  written_.program.environment["PID"] = "${ finding.subject.id }";
  planned_.request.environment["PID"] = "4242";
  EXPECT_EQ(said(), "PID in the environment of /bin/touch names process 4242, which is Aright itself");
}

TEST_F(ProtectedTargets, TheProgramItself) {
  written_.program.arguments = {"/bin/own"};
  planned_.request.arguments = {"/bin/own"};
  EXPECT_EQ(said(), "program /bin/own is own");
}

TEST_F(ProtectedTargets, TheEnvironment) {
  argument("x", false);
  written_.program.environment["WHERE"] = "${ x }";
  planned_.request.environment["WHERE"] = "/";
  EXPECT_EQ(said(), "WHERE in the environment of /bin/touch is a folder above /own");
}

TEST_F(ProtectedTargets, TheProgramThatLooks) {
  argument("x", false);
  written_.confirm.emplace();
  written_.confirm->program.arguments = {"/bin/test", "-e", "/own"};
  planned_.confirm.emplace();
  planned_.confirm->request.arguments = written_.confirm->program.arguments;
  EXPECT_EQ(said(), "argument 2 of /bin/test leads to /own");
}

TEST_F(ProtectedTargets, AnAddressThatTheProgramThatLooksIsGiven) {
  argument("x", false);
  written_.confirm.emplace();
  written_.confirm->program.arguments = {"/bin/echo", "127.0.0.1", "${ x }"};
  planned_.confirm.emplace();
  planned_.confirm->request.arguments = {"/bin/echo", "127.0.0.1", "203.0.113.7"};
  EXPECT_EQ(said(), "") << "the author's own word";
  planned_.confirm->request.arguments.back() = "127.0.0.2";
  EXPECT_EQ(said(), "127.0.0.2 is loopback");
  planned_.confirm->request.arguments.back() = "203.0.113.7";
  written_.confirm->program.environment["WHERE"] = "${ x }";
  planned_.confirm->request.environment["WHERE"] = "127.0.0.3";
  EXPECT_EQ(said(), "127.0.0.3 is loopback");
}

TEST_F(ProtectedTargets, AnAddressIsHeldWhateverElseIsNamed) {
  argument("126.0.0.0-128.0.0.0", true);
  EXPECT_EQ(said(), "126.0.0.0-128.0.0.0 is a network with 127.0.0.0/8 in it, loopback");
}

TEST_F(ProtectedTargets, AnAddressThatTheEventNamesOnStandardInput) {
  argument("x", false);
  EXPECT_EQ(said_of({{"address", "127.0.0.1"}}), "127.0.0.1 is loopback");
  EXPECT_EQ(said_of({{"address", "127.0.0.1"}}, {{"address", FieldType::address}}), "127.0.0.1 is loopback");
  EXPECT_EQ(said_of({{"ban", {"203.0.113.7", "127.0.0.0/8"}}}),
            "127.0.0.0/8 is a network with 127.0.0.0/8 in it, loopback");
  EXPECT_EQ(said_of({{"address", "203.0.113.7"}}), "");
}

TEST_F(ProtectedTargets, WhatNamesNoTargetOnStandardInputIsNotLookedAt) {
  argument("x", false);
  EXPECT_EQ(said_of({{"note", "127.0.0.1"}}, {{"note", FieldType::text}}), "") << "an outsider wrote it";
  EXPECT_EQ(said_of({{"message", "listening on 127.0.0.1"}}), "") << "a sentence";
  EXPECT_EQ(said_of({{"took", "0:22"}}), "") << "a time";
  EXPECT_EQ(said_of({{"at", "2026-11-28"}, {"host", "localhost"}, {"n", 2130706433}}), "");
}

TEST_F(ProtectedTargets, AResourceUnderAnotherName) {
  EXPECT_EQ(protected_target(hands_, ResourceId{"file", "/own"}), "file:/own is protected: it is own");
  EXPECT_EQ(protected_target(hands_, ResourceId{"file", "/etc/motd"}), "");
  EXPECT_EQ(protected_target(Hands{}, ResourceId{"file", "/own"}), "");
}

/// Of a desired state that is filled in: what the author wrote or the file had before is nobody's new word.
class ProtectedContents : public testing::Test {
 protected:
  struct Here final : SurroundingsReader {
    Surroundings read() override { return {{{"192.0.2.2", "an address of eth0"}}, {}}; }
  };

  std::string said(const std::string& text, std::vector<std::string> before, std::vector<std::string> after) {
    Hands hands;
    hands.around = &here_;
    Plan plan;
    plan.before.fields = {{"exists", true}, {"content", std::move(before)}};
    plan.after.fields = {{"exists", true}, {"content", std::move(after)}};
    return protected_target(hands, Desired{{{"filled", {{"content", text}}}}, false}, plan);
  }

  Here here_;
};

TEST_F(ProtectedContents, AnAddressThatWasFilledInIsHeld) {
  const std::string text = "ALL: ${ finding.subject.id }\n";
  EXPECT_THAT(said(text, {""}, {"ALL: 192.0.2.2", ""}), testing::HasSubstr("an address of eth0"));
  EXPECT_THAT(said(text, {""}, {"ALL: 127.0.0.1", ""}), testing::HasSubstr("loopback"));
  EXPECT_EQ(said(text, {""}, {"ALL: 203.0.113.7", ""}), "");
  EXPECT_THAT(said("${ '127.0.0.' + string(finding.occurrences) }", {""}, {"127.0.0.1"}),
              testing::HasSubstr("loopback"));
}

TEST_F(ProtectedContents, WhatTheAuthorWroteOrTheFileHadIsNot) {
  EXPECT_EQ(
      said("127.0.0.1 localhost\ndefault\n# ${ finding.id }\n", {""}, {"127.0.0.1 localhost", "default", "# f-1", ""}),
      "");
  EXPECT_EQ(
      said("${ resource.content + [finding.subject.id] }", {"192.0.2.2 me", ""}, {"192.0.2.2 me", "", "203.0.113.7"}),
      "");
  EXPECT_THAT(
      said("${ resource.content + [finding.subject.id] }", {"127.0.0.1 me", ""}, {"127.0.0.1 me", "", "192.0.2.2"}),
      testing::HasSubstr("eth0"));
}

TEST_F(ProtectedContents, WithoutAnExpressionNothingIsAsked) {
  Hands hands;
  Plan plan;
  plan.after.fields = {{"content", {"192.0.2.2"}}};
  EXPECT_EQ(protected_target(hands, Desired{{{"content", {"192.0.2.2"}}}, false}, plan), "");
}

}  // namespace
}  // namespace aright::engine
