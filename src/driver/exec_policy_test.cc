// What may be asked of a program, what its end means, whose a stray is: values only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cerrno>
#include <csignal>

#include "driver/exec/policy.h"

namespace aright::driver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ProgramRequest request(std::vector<std::string> arguments = {"/usr/bin/true"}) {
  ProgramRequest asked;
  asked.key = "r1-0";
  asked.arguments = std::move(arguments);
  asked.time_limit = std::chrono::seconds{5};
  asked.output_max = 1024;
  return asked;
}

std::string refusal(const ProgramRequest& asked) {
  const auto ok = check_request(asked);
  if (ok) return "accepted";
  EXPECT_EQ(ok.error().code, Errc::invalid);
  return ok.error().message;
}

TEST(ExecPolicy, TakesAnOrdinaryRequest) {
  ProgramRequest asked = request({"/usr/bin/true", "", "a\nb", "$(id)", "\xFF"});
  asked.environment["NAME_1"] = "v";
  asked.input = R"({"a": [1, 2.5]})";
  EXPECT_EQ(refusal(asked), "accepted");
}

TEST(ExecPolicy, NamesWhatBreaksARule) {
  EXPECT_THAT(refusal(request({})), HasSubstr("list of arguments is empty"));
  EXPECT_THAT(refusal(request({"true"})), HasSubstr("program true: is not an absolute path"));
  for (const char* shell : {"/usr/bin/dash", "/bin/sh", "/usr/bin/bash", "/usr/bin/busybox"}) {
    EXPECT_THAT(refusal(request({shell, "-c", "x"})), HasSubstr("is a shell"));
  }
  EXPECT_THAT(refusal(request({"/usr/bin/true", std::string("a\0b", 3)})),
              HasSubstr("argument 1 of /usr/bin/true: has a NUL byte"));
  EXPECT_THAT(refusal(request({"/usr/bin/true", std::string(131072, 'x')})), HasSubstr("131072 bytes, the limit is"));
  EXPECT_THAT(refusal(request(std::vector<std::string>(1025, "/usr/bin/true"))), HasSubstr("1025 arguments"));
  std::vector<std::string> many(10, std::string(131000, 'x'));
  many.front() = "/usr/bin/true";
  EXPECT_THAT(refusal(request(many)), HasSubstr("arguments and environment have 1179"));
}

TEST(ExecPolicy, NamesWhatBreaksARuleBesideTheArguments) {
  ProgramRequest asked = request();
  asked.key = "R1";
  EXPECT_THAT(refusal(asked), HasSubstr("key \"R1\" is not"));
  asked = request();
  asked.time_limit = {};
  EXPECT_THAT(refusal(asked), HasSubstr("time limit"));
  asked.time_limit = std::chrono::hours{2};
  EXPECT_THAT(refusal(asked), HasSubstr("time limit 2h"));
  asked = request();
  asked.output_max = program_output_bytes_max + 1;
  EXPECT_THAT(refusal(asked), HasSubstr("of output are to be kept"));
  asked = request();
  asked.input = R"({"a":1,"a":2})";
  EXPECT_THAT(refusal(asked), HasSubstr("input: "));
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  asked.input = R"({"event":{"data":)" + nested(json_depth_max) + "}}";  // as deep as what an outsider may send
  EXPECT_EQ(refusal(asked), "accepted");
  asked.input = nested(own_json_depth_max + 1);
  EXPECT_THAT(refusal(asked), HasSubstr("input: not accepted as JSON: nested deeper than 128 levels"));
  asked.input = std::string(program_input_bytes_max + 1, ' ');
  EXPECT_THAT(refusal(asked), HasSubstr("the limit is 2097152"));
}

TEST(ExecPolicy, RefusesVariablesThatChooseCodeOrAreOurs) {
  for (const char* name : {"PATH", "LANG", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "ARIGHT_KEY"}) {
    ProgramRequest asked = request();
    asked.environment[name] = "v";
    EXPECT_THAT(refusal(asked), HasSubstr(std::string("\"") + name + "\" may not be set"));
  }
  for (const char* name : {"", "A=B", "1A", "A-B", "A B"}) {
    ProgramRequest asked = request();
    asked.environment[name] = "v";
    EXPECT_THAT(refusal(asked), HasSubstr("a name other than"));
  }
  ProgramRequest asked = request();
  asked.environment["A"] = std::string("x\0y", 3);
  EXPECT_THAT(refusal(asked), HasSubstr("has a NUL byte"));
}

TEST(ExecPolicy, TheEnvironmentIsWhatIsStatedAndThreeMore) {
  ProgramRequest asked = request();
  asked.environment["ZONE"] = "a=b";
  EXPECT_THAT(environment_of(asked),
              ElementsAre("ARIGHT_KEY=r1-0", "LANG=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "ZONE=a=b"));
}

TEST(ExecPolicy, EveryFailureToStartIsNamed) {
  const auto error = [](int err) { return start_error(err, request({"/usr/bin/x\n"})); };
  EXPECT_EQ(error(ENOENT).message, "program /usr/bin/x : the interpreter it asks for does not exist");
  EXPECT_EQ(error(ENOENT).code, Errc::not_found);
  EXPECT_EQ(error(ENOEXEC).code, Errc::invalid);
  EXPECT_EQ(error(ETXTBSY).code, Errc::unavailable);
  EXPECT_EQ(error(ETXTBSY).retry, Retry::yes);
  EXPECT_THAT(error(E2BIG).message, HasSubstr("more than the system takes"));
  EXPECT_EQ(error(EACCES).code, Errc::denied);
  EXPECT_EQ(error(EAGAIN).retry, Retry::yes);
  EXPECT_THAT(error(ELOOP).message, HasSubstr("cannot be started"));
}

std::string judged(const ProgramExpect& expect, const ProgramOutcome& outcome) {
  const auto ok = judge(request(), expect, outcome);
  return ok ? "ok" : ok.error().message;
}

TEST(ExecPolicy, SuccessIsWhatIsExpected) {
  ProgramOutcome outcome;
  EXPECT_EQ(judged({}, outcome), "ok");
  outcome.number = 3;
  outcome.errors.kept = "no such\nhost";
  EXPECT_EQ(judged({}, outcome), "program /usr/bin/true: exit code 3, expected 0; it says \"no such host\"");
  EXPECT_EQ(judged({{0, 3}, {}}, outcome), "ok");
  EXPECT_THAT(judged({{0, 2}, {}}, outcome), HasSubstr("expected 0 or 2"));
  outcome.signalled = true;
  outcome.number = SIGSEGV;
  EXPECT_THAT(judged({{SIGSEGV}, {}}, outcome), HasSubstr("was ended by SIGSEGV"));
  outcome.cut = ProgramCut::time_limit;
  EXPECT_THAT(judged({}, outcome), HasSubstr("did not end within 5s"));
  outcome.cut = ProgramCut::stopped;
  EXPECT_THAT(judged({}, outcome), HasSubstr("we were stopped"));
}

TEST(ExecPolicy, SuccessMayAskForText) {
  ProgramOutcome outcome;
  outcome.output = {"all good\n", 9};
  EXPECT_EQ(judged({{0}, "good"}, outcome), "ok");
  EXPECT_THAT(judged({{0}, "bad"}, outcome), HasSubstr("\"bad\" is not in the 9 bytes of its output"));
  outcome.output.total = 70;
  EXPECT_THAT(judged({{0}, "bad"}, outcome), HasSubstr("in the first 9 of 70 bytes"));
  outcome.number = 1;
  EXPECT_THAT(judged({{0}, "good"}, outcome), HasSubstr("exit code 1"));
}

TEST(ExecPolicy, AStrayWithAKeyFollowsItsRequest) {
  EXPECT_EQ(fate_of({"r1-0", 5}, {{"r1-0", 5}}, true), Fate::leave);
  EXPECT_EQ(fate_of({"r1-0", 5}, {{"r2-0", 1}}, true), Fate::end);
  EXPECT_EQ(fate_of({"r1-0", 5}, {}, false), Fate::end);
}

TEST(ExecPolicy, AStrayWithoutAKeyOutlivesNoRequestThatCouldHaveMadeIt) {
  EXPECT_EQ(fate_of({{}, 5}, {}, true), Fate::end);
  EXPECT_EQ(fate_of({{}, 5}, {{"r1-0", 6}}, true), Fate::end);
  EXPECT_EQ(fate_of({{}, 5}, {{"r1-0", 5}}, true), Fate::leave);
  EXPECT_EQ(fate_of({{}, 5}, {{"r1-0", 9}, {"r2-0", 4}}, true), Fate::leave);
  EXPECT_EQ(fate_of({{}, 5}, {}, false), Fate::unclear);
}

/// Nothing that a request running may need is ever ended, and once no request runs nothing of ours is left.
RC_GTEST_PROP(ExecPolicy, NeverEndsWhatARunningRequestMade,
              (const std::map<std::uint8_t, std::uint8_t>& requests, std::uint8_t maker, bool keeps_key,
               std::uint8_t later)) {
  std::map<std::string, std::uint64_t> running;
  for (const auto& [number, started] : requests) running["r" + std::to_string(number)] = started;
  const std::string key = "r" + std::to_string(maker);
  const auto began = running.contains(key) ? running[key] : 0;
  Stray stray{std::nullopt, began + later};
  if (keeps_key) stray.key = key;
  if (running.contains(key)) RC_ASSERT(fate_of(stray, running, true) == Fate::leave);
  RC_ASSERT(fate_of(stray, {}, true) == Fate::end);
}

}  // namespace
}  // namespace aright::driver
