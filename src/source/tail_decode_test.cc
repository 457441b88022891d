// From lines to events: values only. The hostile lines are user names that look like the rest of a line.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "source/tail/decode.h"
#include "source/tail/syslog_line.h"

namespace aright::source {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const WallTime read_at = *parse_rfc3339("2026-11-25T04:30:00Z");

Decoded decoded(const LineDecoder& decoder, std::string_view line) {
  const auto result = decoder.decode(line, read_at);
  EXPECT_TRUE(result) << line << ": " << result.error().message;
  EXPECT_TRUE(result && *result) << line << " is skipped";
  return result && *result ? **result : Decoded{};
}
std::string malformed(const LineDecoder& decoder, std::string_view line) {
  const auto result = decoder.decode(line, read_at);
  return result ? "accepted" : result.error().message;
}

TEST(TailJson, TakesObjectsAndMarksWhatOutsidersWrote) {
  const auto decoder = json_decoder({{{"web", "nginx", ""}}, "time", {"time", "host"}});
  const auto line = decoded(*decoder, R"({"time":"2026-11-25T05:00:00.5+01:00","host":"a","agent":"x","n":{"b":1}})");
  EXPECT_EQ(line.data["n"]["b"], 1);
  EXPECT_EQ(line.time, *parse_rfc3339("2026-11-25T04:00:00.5Z"));
  EXPECT_THAT(line.outsider,
              UnorderedElementsAre(OutsiderField{"agent", FieldType::text}, OutsiderField{"n", FieldType::text}));
  EXPECT_THAT(line.log_sources, ElementsAre(LogSource{"web", "nginx", ""}));
}

TEST(TailJson, MalformedLinesSayWhy) {
  const auto decoder = json_decoder({{}, "time", {}});
  EXPECT_THAT(malformed(*decoder, R"({"a":1,"a":2})"), HasSubstr("twice"));
  EXPECT_THAT(malformed(*decoder, R"({"a":1,"\u0061":2})"), HasSubstr("twice"));
  EXPECT_NE(malformed(*decoder, "{\"a\":\"\xFF\"}"), "accepted");
  EXPECT_NE(malformed(*decoder, R"({"a":1)"), "accepted");
  EXPECT_NE(malformed(*decoder, R"({"a":1} x)"), "accepted");
  EXPECT_NE(malformed(*decoder, std::string(R"({"a":)") + std::string(100, '[') + std::string(100, ']') + "}"),
            "accepted");
  EXPECT_THAT(malformed(*decoder, "[1]"), HasSubstr("no JSON object: fields with names"));
  EXPECT_NE(malformed(*decoder, std::string("{\"a\":1}\0", 8)), "accepted");
}

/// What the decoder says of an event whose time is not there.
std::optional<NoTime> no_time(const LineDecoder& decoder, std::string_view line) {
  const Decoded read = decoded(decoder, line);
  EXPECT_FALSE(read.time && read.no_time);
  const Event event = event_of(read, "a:/log", 7, read_at);
  EXPECT_EQ(event.time, read.time.value_or(read_at));
  EXPECT_EQ(event.no_time, read.no_time);
  return read.no_time;
}

TEST(TailJson, AnEventWithoutTheTimeThatIsStatedIsOneAndSaysSo) {
  const auto decoder = json_decoder({{}, "time", {}});
  EXPECT_EQ(no_time(*decoder, R"({"ts":"2026-11-25T04:00:00Z"})"), (NoTime{"time", NoTime::Fault::missing}));
  EXPECT_EQ(no_time(*decoder, R"({"time":"yesterday"})"), (NoTime{"time", NoTime::Fault::malformed}));
  EXPECT_EQ(no_time(*decoder, R"({"time":5})"), (NoTime{"time", NoTime::Fault::malformed}));
  for (const char* beyond : {"9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2262-12-31T23:59:59+01:00"}) {
    EXPECT_EQ(no_time(*decoder, std::string(R"({"time":")") + beyond + R"("})"),
              (NoTime{"time", NoTime::Fault::out_of_range}));
  }
  for (const char* none : {"", "99", "99991231", "999x-12-31T23:59:59Z", "9999-13-31T23:59:59Z"}) {
    EXPECT_EQ(no_time(*decoder, std::string(R"({"time":")") + none + R"("})"),
              (NoTime{"time", NoTime::Fault::malformed}));
  }
  EXPECT_EQ(no_time(*decoder, R"({"time":"2026-11-25T04:00:00Z"})"), std::nullopt);
  EXPECT_EQ(no_time(*json_decoder({{}, "", {}}), R"({"ts":5})"), std::nullopt) << "its source states no time";
}

std::unique_ptr<LineDecoder> text(std::vector<TextPattern> patterns, std::string time = {}) {
  auto decoder = text_decoder({{}, std::move(patterns), std::move(time)});
  EXPECT_TRUE(decoder) << decoder.error().message;
  return std::move(*decoder);
}

TEST(TailText, FieldsAreTyped) {
  const auto decoder = text({{R"((?P<at>\S+) (?P<from>\S+) (?P<code>\d+)(?: (?P<who>.*))?)",
                              {{"from", FieldType::address}, {"code", FieldType::integer}},
                              {"at"}}},
                            "at");
  const auto line = decoded(*decoder, "2026-11-25T04:00:00Z ::ffff:192.0.2.1 404 x y");
  EXPECT_EQ(line.data, Json({{"at", "2026-11-25T04:00:00Z"}, {"from", "192.0.2.1"}, {"code", 404}, {"who", "x y"}}));
  EXPECT_EQ(line.time, *parse_rfc3339("2026-11-25T04:00:00Z"));
  EXPECT_THAT(line.outsider,
              UnorderedElementsAre(OutsiderField{"from", FieldType::address}, OutsiderField{"code", FieldType::integer},
                                   OutsiderField{"who", FieldType::text}));
  EXPECT_FALSE(decoded(*decoder, "2026-11-25T04:00:00Z 192.0.2.1 404").data.contains("who"));
  EXPECT_THAT(malformed(*decoder, "2026-11-25T04:00:00Z 192.0.2.999 404"), HasSubstr("\"from\" is no address"));
  EXPECT_THAT(malformed(*decoder, "2026-11-25T04:00:00Z ::1 99999999999999999999"), HasSubstr("whole number"));
  EXPECT_THAT(malformed(*decoder, "\xFF"), HasSubstr("not UTF-8"));
}

TEST(TailText, ALineWithANulByteIsNoneWhateverFitsIt) {
  const std::string line("2026-11-25T04:28:18Z box sshd[12]: a\0b", 38);
  EXPECT_EQ(malformed(*text({{"(?P<all>(?s:.)*)", {}, {}}}), line), "a line with a NUL byte at byte 37");
  EXPECT_EQ(malformed(*text({{"(?P<all>x)", {}, {}}}), line), "a line with a NUL byte at byte 37") << "none fits it";
  EXPECT_EQ(malformed(*sshd_decoder({}), line), "a line with a NUL byte at byte 37");
}

TEST(TailText, ATimeThatTookNoPartOrIsNoneIsToldLikeThatOfJson) {
  const auto decoder =
      text({{R"((?:(?P<at>\S+) )?failed (?P<who>\w+))", {}, {}}, {R"(gone (?P<who>\w+))", {}, {}}}, "at");
  EXPECT_EQ(no_time(*decoder, "2026-11-25T04:00:00Z failed joe"), std::nullopt);
  EXPECT_EQ(no_time(*decoder, "now failed joe"), (NoTime{"at", NoTime::Fault::malformed}));
  EXPECT_EQ(no_time(*decoder, "failed joe"), (NoTime{"at", NoTime::Fault::missing}));
  EXPECT_EQ(no_time(*decoder, "gone joe"), (NoTime{"at", NoTime::Fault::missing})) << "this pattern has none";
}

TEST(TailText, APatternIsTheWholeLine) {
  const auto decoder = text({{R"(ban (?P<a>\S+))", {}, {}}, {R"(ban (?P<b>.+) end)", {}, {}}});
  for (const char* line : {"x ban y", "ban y z", "ban ", "ban a\nban b"}) {
    const auto result = decoder->decode(line, read_at);
    EXPECT_TRUE(result && !*result) << line;
  }
  EXPECT_EQ(decoded(*decoder, "ban y end").data, Json({{"b", "y"}}));
}

TEST(TailText, RefusesPatternsThatCannotBeMeant) {
  const auto refusal = [](TextLines config) {
    const auto decoder = text_decoder(std::move(config));
    return decoder ? "accepted" : decoder.error().message;
  };
  EXPECT_THAT(refusal({{}, {}, {}}), HasSubstr("there is none"));
  EXPECT_THAT(refusal({{}, {{"(", {}, {}}}, {}}), HasSubstr("pattern \"(\": missing"));
  EXPECT_THAT(refusal({{}, {{"a(b)", {}, {}}}, {}}), HasSubstr("no named group"));
  EXPECT_THAT(refusal({{}, {{R"(foo (?P<u>\w+)|bar (?P<u>\w+))", {}, {}}}, {}}),
              HasSubstr("has two groups named \"u\""));
  EXPECT_THAT(refusal({{}, {{"(?P<a>b)", {{"c", FieldType::text}}, {}}}, {}}), HasSubstr("no group named \"c\""));
  EXPECT_THAT(refusal({{}, {{"(?P<a>b)", {}, {"c"}}}, {}}), HasSubstr("no group named \"c\""));
  EXPECT_THAT(refusal({{}, {{"(?P<a>((x{100}){100}){100})", {}, {}}}, {}}), HasSubstr("pattern \"(?P<a>(("));
  EXPECT_THAT(refusal({{}, std::vector<TextPattern>(101, {"(?P<a>b)", {}, {}}), {}}), HasSubstr("there are 101"));
}

Json sshd(const std::string& message) {
  return decoded(*sshd_decoder({}), "2026-11-25T04:28:18.5+00:00 box sshd[12]: " + message).data;
}

TEST(TailSshd, ReadsTheThreeFrames) {
  const auto decoder = sshd_decoder(std::chrono::hours{1});
  const std::string message = "Failed password for root from 192.0.2.1 port 4000 ssh2";
  for (const std::string& line :
       {"Nov 25 05:28:18 box sshd[12]: " + message, "<86>Nov 25 05:28:18 box sshd[12]: " + message,
        "2026-11-25T04:28:18Z box sshd[12]: " + message,
        "2026-11-25T05:28:18.000+01:00 box sshd-session[12]: " + message,
        "<86>1 2026-11-25T04:28:18Z box sshd 12 - - " + message,
        "<86>1 2026-11-25T04:28:18Z box sshd 12 ID [a b=\"]\\\"\"][c] \xEF\xBB\xBF" + message}) {
    const auto event = decoded(*decoder, line);
    EXPECT_EQ(event.time, *parse_rfc3339("2026-11-25T04:28:18Z")) << line;
    EXPECT_EQ(event.data["host"], "box") << line;
    EXPECT_EQ(event.data["process"], 12) << line;
    EXPECT_EQ(event.data["message"], message) << line;
    EXPECT_EQ(event.data["address"], "192.0.2.1") << line;
    EXPECT_EQ(event.data["action"], "failed") << line;
    EXPECT_THAT(event.log_sources, ElementsAre(LogSource{"", "linux", "sshd"}, LogSource{"", "linux", "auth"}));
    EXPECT_THAT(event.outsider, UnorderedElementsAre(OutsiderField{"message", FieldType::text},
                                                     OutsiderField{"user", FieldType::text}));
  }
}

TEST(TailSshd, ATimeWithoutAYearIsTheLastThatFits) {
  const auto time = [](const char* line, const char* at) { return syslog_line(line, *parse_rfc3339(at), {})->time; };
  EXPECT_EQ(time("Dec 31 23:59:59 h p: m", "2027-01-01T00:00:05Z"), *parse_rfc3339("2026-12-31T23:59:59Z"));
  EXPECT_EQ(time("Jan  1 00:00:01 h p: m", "2026-12-31T23:59:59Z"), *parse_rfc3339("2027-01-01T00:00:01Z"));
  EXPECT_EQ(time("Feb 29 00:00:01 h p: m", "2027-03-01T00:00:00Z"), *parse_rfc3339("2024-02-29T00:00:01Z"));
}

void expect_of_sshd(const char* message, const Json& expected) {
  Json seen = sshd(message);
  const std::vector<std::string> fields = sshd_fields();
  for (const auto& [name, value] : seen.items()) EXPECT_THAT(fields, testing::Contains(name));
  for (const char* frame : {"host", "program", "process", "message"}) seen.erase(frame);
  EXPECT_EQ(seen, expected) << message;
}

TEST(TailSshd, ReadsEveryForm) {
  expect_of_sshd("Failed password for invalid user bob from 2001:db8:0::1 port 22 ssh2", {{"action", "failed"},
                                                                                          {"method", "password"},
                                                                                          {"valid_user", false},
                                                                                          {"user", "bob"},
                                                                                          {"address", "2001:db8::1"},
                                                                                          {"port", 22}});
  expect_of_sshd("Failed keyboard-interactive/pam for bob from fe80::1%eth0 port 22 ssh2",
                 {{"action", "failed"},
                  {"method", "keyboard-interactive/pam"},
                  {"valid_user", true},
                  {"user", "bob"},
                  {"address", "fe80::1"},
                  {"port", 22}});
  expect_of_sshd(
      "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: ED25519 SHA256:abc/def",
      {{"action", "accepted"}, {"method", "publickey"}, {"user", "bob"}, {"address", "192.0.2.1"}, {"port", 22}});
  expect_of_sshd(
      "Invalid user  from 192.0.2.1 port 22",
      {{"action", "invalid-user"}, {"valid_user", false}, {"user", ""}, {"address", "192.0.2.1"}, {"port", 22}});
  expect_of_sshd("error: maximum authentication attempts exceeded for root from 192.0.2.1 port 22 ssh2 [preauth]",
                 {{"action", "too-many-attempts"},
                  {"valid_user", true},
                  {"user", "root"},
                  {"address", "192.0.2.1"},
                  {"port", 22}});
  expect_of_sshd("User bob from 192.0.2.1 not allowed because not listed in AllowUsers",
                 {{"action", "not-allowed"}, {"user", "bob"}, {"address", "192.0.2.1"}});
  expect_of_sshd(
      "Connection closed by authenticating user root 192.0.2.1 port 22 [preauth]",
      {{"action", "closed"}, {"valid_user", true}, {"user", "root"}, {"address", "192.0.2.1"}, {"port", 22}});
  expect_of_sshd("Connection reset by 192.0.2.1 port 22 [preauth]",
                 {{"action", "closed"}, {"address", "192.0.2.1"}, {"port", 22}});
  expect_of_sshd("Received disconnect from 192.0.2.1 port 22:11: from 198.51.100.7 port 1:11: bye [preauth]",
                 {{"action", "disconnect-received"},
                  {"address", "192.0.2.1"},
                  {"port", 22},
                  {"detail", "from 198.51.100.7 port 1:11: bye [preauth]"}});
  expect_of_sshd("message repeated 3 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]",
                 {{"action", "failed"},
                  {"method", "password"},
                  {"valid_user", true},
                  {"user", "root"},
                  {"address", "192.0.2.1"},
                  {"port", 22},
                  {"repeated", 3}});
  expect_of_sshd(
      "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root",
      {{"action", "pam-failure"}, {"user", "root"}, {"address", "192.0.2.1"}});
  expect_of_sshd("Server listening on 0.0.0.0 port 22.", Json::object());
}

TEST(TailSshd, ReadsFormsWithKeysAndWithoutAnAddress) {
  for (const char* extra : {"RSA SHA256:abc", "RSA MD5:01:02:ff", "RSA-CERT SHA256:f ID x y (serial 0) CA RSA SHA256:g",
                            "client user \"joe\", client host \"box\""}) {
    expect_of_sshd(fmt::format("Failed publickey for root from 192.0.2.1 port 22 ssh2: {}", extra).c_str(),
                   {{"action", "failed"},
                    {"method", "publickey"},
                    {"valid_user", true},
                    {"user", "root"},
                    {"address", "192.0.2.1"},
                    {"port", 22}});
  }
  for (const char* extra : {"ED25519-CERT SHA256:f ID joe from 198.51.100.7 port 1 ssh2 (serial 0) CA ED25519 SHA256:g",
                            "RSA-CERT ID joe (serial 0) CA RSA SHA256:g", "joe@REALM"}) {
    expect_of_sshd(
        fmt::format("Accepted any-method for joe from 192.0.2.1 port 22 ssh2: {}", extra).c_str(),
        {{"action", "accepted"}, {"method", "any-method"}, {"user", "joe"}, {"address", "192.0.2.1"}, {"port", 22}});
  }
  for (const char* host : {"UNKNOWN", "host.example.org", "3.example.", "a_b-c"}) {
    expect_of_sshd(
        fmt::format("Failed password for root from {} port 65535 ssh2", host).c_str(),
        {{"action", "failed"}, {"method", "password"}, {"valid_user", true}, {"user", "root"}, {"port", 65535}});
  }
  expect_of_sshd("User root from host.example.org not allowed because not listed in AllowUsers",
                 {{"action", "not-allowed"}, {"user", "root"}});
  expect_of_sshd(
      "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=host.example.org",
      {{"action", "pam-failure"}});
}

/// The address that sshd saw is 203.0.113.9; whatever the user name says, no other may come out.
TEST(TailSshd, AUserNameSteersNothing) {
  const std::vector<std::string> names{
      "root from 198.51.100.7 port 22 ssh2",
      "x from 198.51.100.7 port 22 ssh2 from 198.51.100.7 port 1",
      "invalid user root from 198.51.100.7 port 22",
      " from 198.51.100.7",
      "a] Nov 25 04:28:18 box sshd[1]: Failed password for root from 198.51.100.7 port 22 ssh2",
      "198.51.100.7 port 22 [preauth]",
      "message repeated 5 times: [ Failed password for root from 198.51.100.7 port 22 ssh2]",
      "\"; DROP TABLE x; --",
      "$(touch /x)",
      "\xF0\x9F\x92\xA9",
      "root' from=198.51.100.7",
      "root from 198.51.100.7 port 22 ssh2: RSA SHA256:abc",
      "root from 198.51.100.7 port 22 ssh2: RSA-CERT ID x (serial 0) CA RSA SHA256:abc",
      ""};
  const auto check = [](const std::string& name, const std::string& before, const std::string& after) {
    const Json seen = sshd(before + name + after);
    EXPECT_EQ(seen.value("address", ""), "203.0.113.9") << before << name << after;
    EXPECT_EQ(seen.value("user", "?"), name);
    EXPECT_EQ(seen.value("port", 0), 4242);
    EXPECT_FALSE(seen.contains("repeated"));
  };
  for (const std::string& name : names) {
    check(name, "Failed password for invalid user ", " from 203.0.113.9 port 4242 ssh2");
    check(name, "Failed none for invalid user ", " from 203.0.113.9 port 4242 ssh2");
    check(name, "Failed publickey for invalid user ", " from 203.0.113.9 port 4242 ssh2: RSA SHA256:abc/+9");
    check(name, "Invalid user ", " from 203.0.113.9 port 4242");
    check(name, "Connection closed by invalid user ", " 203.0.113.9 port 4242 [preauth]");
    check(name, "Disconnected from invalid user ", " 203.0.113.9 port 4242 [preauth]");
    check(name, "error: maximum authentication attempts exceeded for invalid user ",
          " from 203.0.113.9 port 4242 ssh2 [preauth]");
  }
}

RC_GTEST_PROP(TailSshd, NoUserNameGivesAnotherAddress, ()) {
  const auto piece = rc::gen::elementOf(std::vector<std::string>{
      " from ", "198.51.100.7", " port ", "22", " ssh2", "invalid user ", "root", " ", "[preauth]", "sshd[1]: ", ": ",
      "Failed password for ", "message repeated 2 times: [ ", "]"});
  std::string name;
  for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) name += part;
  const Json seen = sshd("Failed password for invalid user " + name + " from 203.0.113.9 port 4242 ssh2");
  RC_ASSERT(seen.value("address", "") == "203.0.113.9");
  RC_ASSERT(seen.value("user", "?") == name);
}

/// Both the user and whose certificate it is are a stranger's words: no other address may come out, rather none.
RC_GTEST_PROP(TailSshd, NoCertificateGivesAnotherAddress, ()) {
  const auto text = [] {
    const auto piece = rc::gen::elementOf(
        std::vector<std::string>{" from ", "198.51.100.7", " port ", "22", " ssh2", ": ", "root", " ", "RSA SHA256:abc",
                                 "RSA-CERT ID x", " (serial 0) CA ", "from", "client host \"", "invalid user "});
    std::string all;
    for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) all += part;
    return all;
  };
  const std::string user = text();
  const std::string id = text();
  const std::string before = "Failed publickey for " + user + " from 203.0.113.9 port 4242 ssh2: ";
  for (const std::string& extra : {"RSA-CERT SHA256:f ID " + id + " (serial 7) CA RSA SHA256:g",
                                   "client user \"a\", client host \"" + id + "\""}) {
    const Json seen = sshd(before + extra);
    const std::string address = seen.value("address", "none");
    RC_ASSERT(address == "none" || address == "203.0.113.9");
    const bool plain = (user + id).find("from") == std::string::npos;
    RC_ASSERT(!plain || address == "203.0.113.9");
  }
}

TEST(TailSshd, OtherProgramsAreSkippedAndOtherFormsMalformed) {
  const auto decoder = sshd_decoder({});
  for (const char* line : {"2026-11-25T04:28:18Z box CRON[12]: sshd[1]: Failed password",
                           "Nov 25 04:28:18 box gdm-password]: gkr-pam: unable to locate daemon control file",
                           "Nov 25 04:28:18 box last message repeated 3 times", "Nov 25 04:28:18 box -- MARK --"}) {
    const auto other = decoder->decode(line, read_at);
    EXPECT_TRUE(other && !*other) << line;
  }
  for (const char* line :
       {"nonsense", "Nov 31 00:00:00 h sshd: m", "2026-11-25T04:28:18 box sshd[1]: m",
        "<86>1 2026-11-25T04:28:18Z box sshd 12 - [open m", "<9999>Nov 25 05:28:18 h sshd: m", "",
        "2026-11-25T04:28:18Z box sshd[x]: m", "2026-11-25T04:28:18Z box", "2026-11-25T04:28:18Z box some words",
        "2026-11-25T04:28:18Z box last message repeated x times"}) {
    EXPECT_THAT(malformed(*decoder, line), HasSubstr("form of a system log")) << line;
  }
  for (const char* address : {"192.0.2.999", "1.2.3", "fe80::zz", "host;example", "::1.2"}) {
    EXPECT_THAT(
        malformed(
            *decoder,
            fmt::format("2026-11-25T04:28:18Z box sshd[1]: Failed none for x from {} port 1 ssh2", address).c_str()),
        HasSubstr("address is none"))
        << address;
  }
  EXPECT_THAT(malformed(*decoder, "2026-11-25T04:28:18Z box sshd[1]: a\xFF"), HasSubstr("not UTF-8"));
}

TEST(TailTime, TakesEveryOffset) {
  EXPECT_EQ(offset_time("2026-11-25T00:30:00.25-01:30"), *parse_rfc3339("2026-11-25T02:00:00.25Z"));
  for (const char* text : {"", "Z", "2026-11-25T00:30:00", "2026-11-25T00:30:00+0100", "2026-11-25T00:30:00+25:00",
                           "2026-11-25T00:30:00+-1:00", "2026-11-25T00:30:00+01:60"}) {
    EXPECT_FALSE(offset_time(text)) << text;
  }
}

}  // namespace
}  // namespace aright::source
