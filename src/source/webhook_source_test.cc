// Judged, kept, acknowledged: in this order, and what is kept is read as events.
#include "source/webhook/webhook_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/digest.h"
#include "source/webhook/webhook_record.h"

namespace aright::source {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const WallTime now{1'760'000'000s};

/// The other implementation of the port: in memory, and fails when told to.
class MemorySpool final : public DeliverySpool {
 public:
  Result<KeptDelivery> keep(const NewDelivery& delivery) override {
    if (fails) return std::unexpected(*fails);
    for (const std::string& id : delivery.ids) {
      if (ids.contains(id)) return KeptDelivery{true, 0};
    }
    ids.insert(delivery.ids.begin(), delivery.ids.end());
    all.push_back({first + all.size(), delivery.bytes, delivery.at, delivery.mode_max});
    return KeptDelivery{false, all.back().number};
  }
  Result<std::vector<SpooledDelivery>> read(std::uint64_t from, std::size_t records, std::size_t /*bytes*/) override {
    std::vector<SpooledDelivery> some;
    for (const SpooledDelivery& delivery : all) {
      if (delivery.number >= from && some.size() < records) some.push_back(delivery);
    }
    return some;
  }
  Result<Done> release(std::uint64_t /*done*/, WallTime /*now*/) override { return Done{}; }
  DeliverySpoolFigures figures() const override { return {first + all.size(), 0, ids.size(), 0}; }

  std::uint64_t first{0};
  std::vector<SpooledDelivery> all;
  std::set<std::string> ids;
  std::optional<Error> fails;
};

class WebhookSourceTest : public testing::Test {
 protected:
  static WebhookOptions options(std::optional<http::WebhookScheme> scheme = http::WebhookScheme::github) {
    WebhookOptions made;
    made.name = "hook";
    if (scheme) {
      made.check.emplace(*scheme, std::vector<Secret>{}, 300s, std::string());
      made.check->keys.emplace_back(std::string("key"));
    }
    made.json = {{{"", "github", "audit"}}, "at", {"action"}};
    made.body_max = 1000;
    made.commitment_key = "commitments";
    return made;
  }
  static http::Request post(std::string body, http::Headers headers) {
    http::Request request;
    request.method = "POST";
    request.path = "/hooks/hook";
    request.headers = std::move(headers);
    request.body_bytes = body.size();
    request.body = std::move(body);
    return request;
  }
  static http::Request github(const std::string& body, const std::string& id) {
    return post(body, {{"X-Hub-Signature-256", "sha256=" + hex(hmac_sha256("key", body))}, {"X-GitHub-Delivery", id}});
  }
  static http::Request standard(const std::string& body, const std::string& id, const std::string& time) {
    const Digest mac = hmac_sha256("key", id + "." + time + "." + body);
    return post(body,
                {{"webhook-id", id}, {"webhook-timestamp", time}, {"webhook-signature", "v1," + base64(as_text(mac))}});
  }
  std::uint64_t counted(WebhookOutcome outcome) const {
    return source.figures().outcomes.at(static_cast<std::size_t>(outcome));
  }
  static std::string header(const http::Response& response, const std::string& name) {
    const auto values = http::values_of(response.headers, name);
    return values.empty() ? "" : std::string(values.front());
  }

  MemorySpool spool;
  int told{0};
  WebhookSource source{options(), spool, [this] { ++told; }};
};

TEST_F(WebhookSourceTest, KeepsWhatIsSignedAndReadsItAsAnEvent) {
  const auto said =
      source.take(github(R"({"action":"deleted","by":"mallory","at":"2026-01-02T03:04:05Z"})", "d1"), now);
  EXPECT_EQ(said.status, 200U);
  EXPECT_EQ(said.body, R"({"duplicate":false,"number":0})");
  EXPECT_EQ(told, 1);
  const auto read = source.read(0, now + 1s);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->source, "hook");
  EXPECT_EQ(read->mode_max, Mode::auto_);
  ASSERT_EQ(read->events.size(), 1U);
  const Event& event = read->events[0];
  EXPECT_EQ(event.source, "hook");
  EXPECT_EQ(event.offset, 0U);
  EXPECT_EQ(rfc3339(event.time), "2026-01-02T03:04:05.000000Z");
  EXPECT_EQ(event.log_sources, (std::vector<LogSource>{{"", "github", "audit"}}));
  EXPECT_EQ(event.data.at("by"), "mallory");
  EXPECT_EQ(event.outsider, (std::vector<OutsiderField>{{"at", FieldType::text}, {"by", FieldType::text}}));
  EXPECT_EQ(read->lanes, (std::vector<Lane>{{"hook", 0, 1, nullptr, 0, 0}}));
  EXPECT_THAT(source.read(1, now)->events, IsEmpty());
  EXPECT_EQ(source.read(1, now)->lanes[0].next, 1U);
}

TEST_F(WebhookSourceTest, ARepeatedDeliveryIsAnsweredAndNotTakenAgain) {
  EXPECT_EQ(source.take(github("{}", "d1"), now).status, 200U);
  for (const char* id : {"d1", "another-id-for-the-same-signature"}) {
    const auto said = source.take(github("{}", id), now);
    EXPECT_EQ(said.status, 200U);
    EXPECT_EQ(said.body, R"({"duplicate":true})");
  }
  EXPECT_EQ(source.take(github(R"({"other":1})", "d1"), now).body, R"({"duplicate":true})");
  EXPECT_EQ(spool.all.size(), 1U);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(counted(WebhookOutcome::taken), 1U);
  EXPECT_EQ(counted(WebhookOutcome::duplicate), 3U);
}

TEST_F(WebhookSourceTest, StandardWebhooksAreTheSameByTheirIdAlone) {
  source.adopt(options(http::WebhookScheme::standard));
  EXPECT_EQ(source.take(standard("{}", "m1", "1760000000"), now).body, R"({"duplicate":false,"number":0})");
  EXPECT_EQ(source.take(standard("{}", "m1", "1760000009"), now).body, R"({"duplicate":true})") << "sent again";
  EXPECT_EQ(source.take(standard("{}", "m2", "1760000000"), now).body, R"({"duplicate":false,"number":1})");
}

TEST_F(WebhookSourceTest, WhatIsNotSignedRightlyIsRefusedCountedAndNotKept) {
  source.adopt(options(http::WebhookScheme::standard));
  const struct {
    http::Request request;
    WebhookOutcome outcome;
    std::string why;
  } cases[] = {
      {post("{}", {}), WebhookOutcome::not_signed, "webhook-id is missing"},
      {standard("{}", "m1", "1759999699"), WebhookOutcome::too_old, "signed 301 s ago"},
      {standard("{}", "m1", "1760000301"), WebhookOutcome::too_new, "ahead of our clock"},
      {standard("{}", "m1", "yesterday"), WebhookOutcome::bad_header, "webhook-timestamp"},
      {post("{}", standard("{ }", "m1", "1760000000").headers), WebhookOutcome::wrong, "not ours"},
  };
  for (const auto& c : cases) {
    const auto said = source.take(c.request, now);
    EXPECT_EQ(said.status, 401U) << c.why;
    EXPECT_EQ(said.content_type, "application/problem+json");
    EXPECT_THAT(said.body, HasSubstr(c.why));
    EXPECT_EQ(header(said, "WWW-Authenticate"), "HMAC-SHA256");
    EXPECT_EQ(counted(c.outcome), 1U) << c.why;
  }
  EXPECT_THAT(spool.all, IsEmpty());
  EXPECT_EQ(told, 0);
}

TEST_F(WebhookSourceTest, WithoutAKeyNothingIsTaken) {
  WebhookOptions keyless = options();
  keyless.check->keys.clear();
  source.adopt(std::move(keyless));
  EXPECT_EQ(source.take(github("{}", "d1"), now).status, 503U);
  EXPECT_EQ(counted(WebhookOutcome::unavailable), 1U);
  EXPECT_THAT(spool.all, IsEmpty());
}

TEST_F(WebhookSourceTest, ADeliveryWithoutTheTimeThatIsStatedIsAnEventAndSaysSo) {
  for (const char* body : {R"({"n":1})", R"({"at":"noon"})", R"({"at":"2026-01-02T03:04:05Z"})"}) {
    EXPECT_EQ(source.take(github(body, body), now).status, 200U) << body;
  }
  const auto read = source.read(0, now);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->events.size(), 3U);
  EXPECT_EQ(read->events[0].no_time, (NoTime{"at", NoTime::Fault::missing}));
  EXPECT_EQ(read->events[1].no_time, (NoTime{"at", NoTime::Fault::malformed}));
  EXPECT_EQ(read->events[2].no_time, std::nullopt);
}

TEST_F(WebhookSourceTest, ATimeMayStandInAHeader) {
  WebhookOptions stated = options();
  stated.json.time_field = "sent";
  stated.headers = {{"sent", "X-Sent"}};
  source.adopt(std::move(stated));
  for (const char* sent : {"2026-01-02T03:04:05Z", "noon"}) {
    auto request = github(R"({"n":")" + std::string(sent) + "\"}", sent);
    request.headers.emplace_back("X-Sent", sent);
    EXPECT_EQ(source.take(request, now).status, 200U) << sent;
  }
  EXPECT_EQ(source.take(github("{}", "none"), now).status, 200U);
  const auto read = source.read(0, now);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->events.size(), 3U);
  EXPECT_EQ(read->events[0].no_time, std::nullopt);
  EXPECT_EQ(read->events[0].time, parse_rfc3339("2026-01-02T03:04:05Z"));
  EXPECT_EQ(read->events[1].no_time, (NoTime{"sent", NoTime::Fault::malformed}));
  EXPECT_EQ(read->events[2].no_time, (NoTime{"sent", NoTime::Fault::missing}));
}

TEST_F(WebhookSourceTest, MalformedBodiesAreKeptAsideAndSaidSo) {
  const struct {
    std::string body;
    http::Headers more;
    unsigned status;
    std::string why;
  } cases[] = {
      {"", {}, 422, "expected"},
      {R"({"a":1)", {}, 422, "JSON"},
      {R"({"a":1,"a":2})", {{"Content-Type", "application/json; charset=utf-8"}}, 422, "a"},
      {"[1]", {}, 422, "object"},
      {std::string("{\"a\":\"\0\"}", 9), {}, 422, "JSON"},
      {"{\"a\":\"\xff\"}", {}, 422, "UTF-8"},
      {"payload=%7B%7D", {{"Content-Type", "application/x-www-form-urlencoded"}}, 415, "JSON"},
  };
  std::uint64_t number = 0;
  for (const auto& c : cases) {
    http::Request request = github(c.body, "d" + std::to_string(number));
    request.headers.insert(request.headers.end(), c.more.begin(), c.more.end());
    const auto said = source.take(request, now);
    EXPECT_EQ(said.status, c.status) << c.body;
    EXPECT_THAT(said.body, HasSubstr(c.why));
    EXPECT_THAT(said.body, HasSubstr("number " + std::to_string(number)));
    EXPECT_EQ(source.take(request, now).body, R"({"duplicate":true})");
    ++number;
  }
  EXPECT_EQ(counted(WebhookOutcome::malformed), std::size(cases));
  EXPECT_EQ(source.take(github(R"({"good":1})", "last"), now).status, 200U);
  const auto read = source.read(0, now);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->events.size(), 1U) << "a malformed one stops nothing";
  ASSERT_EQ(read->quarantined.size(), std::size(cases));
  EXPECT_EQ(read->quarantined[1].offset, 1U);
  EXPECT_EQ(read->quarantined[1].bytes, 6U);
  EXPECT_EQ(read->quarantined[1].beginning, R"({"a":1)");
  EXPECT_EQ(read->quarantined[1].commitment, hex(hmac_sha256("commitments", R"({"a":1)")));
  EXPECT_EQ(read->lanes[0].next, std::size(cases) + 1);
}

TEST_F(WebhookSourceTest, UnsignedSourcesAreForObservingOnly) {
  source.adopt(options(std::nullopt));
  EXPECT_EQ(source.take(post("{}", {}), now).status, 200U);
  EXPECT_EQ(source.take(post("{}", {}), now).body, R"({"duplicate":false,"number":1})") << "nothing tells them apart";
  EXPECT_EQ(source.read(0, now)->mode_max, Mode::observe);
}

TEST_F(WebhookSourceTest, WhatIsKeptGoesNoFurtherThanWhenItWasTaken) {
  source.adopt(options(std::nullopt));
  EXPECT_EQ(source.take(post("{}", {}), now).status, 200U);
  source.adopt(options());
  EXPECT_EQ(source.take(github("{}", "d1"), now).status, 200U);
  EXPECT_EQ(source.take(github("{ }", "d2"), now).status, 200U);
  auto read = source.read(0, now);
  EXPECT_EQ(read->mode_max, Mode::observe) << "whoever reads it now";
  EXPECT_EQ(read->events.size(), 1U) << "of one batch all go as far";
  ASSERT_EQ(read->lanes.front().next, 1U);
  read = source.read(1, now);
  EXPECT_EQ(read->mode_max, Mode::auto_);
  EXPECT_EQ(read->events.size(), 2U);
  WebhookOptions lower = options();
  lower.mode = Mode::plan;
  source.adopt(std::move(lower));
  EXPECT_EQ(source.read(0, now)->mode_max, Mode::observe);
  EXPECT_EQ(source.read(1, now)->mode_max, Mode::plan) << "nor further than now";
  spool.all[0].mode_max.reset();  // by a version that did not keep it
  EXPECT_EQ(source.read(0, now)->mode_max, Mode::plan);
  EXPECT_EQ(source.read(0, now)->events.size(), 3U);
}

TEST_F(WebhookSourceTest, ATokenSaysWhoAndTheSameBytesCountAgain) {
  WebhookOptions made = options(http::WebhookScheme::bearer);
  made.mode = Mode::propose;
  source.adopt(std::move(made));
  const http::Headers with{{"Authorization", "Bearer key"}};
  EXPECT_EQ(source.take(post("{}", with), now).body, R"({"duplicate":false,"number":0})");
  EXPECT_EQ(source.take(post("{}", with), now).body, R"({"duplicate":false,"number":1})");
  EXPECT_EQ(source.read(0, now)->mode_max, Mode::propose);
  EXPECT_EQ(source.read(0, now)->events.size(), 2U);
  const http::Response refused = source.take(post("{}", {{"Authorization", "Bearer other"}}), now);
  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(refused.headers, (http::Headers{{"WWW-Authenticate", "Bearer"}}));
  EXPECT_EQ(refused.body.find("other"), std::string::npos);
  EXPECT_EQ(source.take(post("{}", {}), now).status, 401U);
  const auto outcomes = source.figures().outcomes;
  EXPECT_EQ(outcomes.at(static_cast<std::size_t>(WebhookOutcome::wrong)), 1U);
  EXPECT_EQ(outcomes.at(static_cast<std::size_t>(WebhookOutcome::not_signed)), 1U);
  for (const SpooledDelivery& kept : spool.all) EXPECT_EQ(kept.bytes.find("Bearer"), std::string::npos);
}

TEST_F(WebhookSourceTest, FieldsFromHeadersAreAnOutsidersAndNeverReplaceTheBodys) {
  WebhookOptions with = options();
  with.headers = {{"event", "X-GitHub-Event"}, {"action", "X-Action"}, {"absent", "X-Absent"}};
  source.adopt(std::move(with));
  http::Request request = github(R"({"action":"opened"})", "d1");
  request.headers.emplace_back("x-github-event", "push");
  request.headers.emplace_back("x-action", "forged");
  ASSERT_EQ(source.take(request, now).status, 200U);
  const auto read = source.read(0, now);
  ASSERT_EQ(read->events.size(), 1U);
  EXPECT_EQ(read->events[0].data, (Json{{"action", "opened"}, {"event", "push"}}));
  EXPECT_EQ(read->events[0].outsider, (std::vector<OutsiderField>{{"event", FieldType::text}}));
  EXPECT_EQ(read->events[0].time, now) << "it came then";
}

TEST_F(WebhookSourceTest, IsScreenedBeforeTheBodyIsRead) {
  http::Request request = github("{}", "d1");
  EXPECT_FALSE(source.screen(request));
  request.method = "GET";
  auto said = source.screen(request);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->status, 405U);
  EXPECT_EQ(header(*said, "Allow"), "POST");
  request.method = "POST";
  request.body_bytes = 1001;
  said = source.screen(request);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->status, 413U);
  EXPECT_THAT(said->body, HasSubstr("1001 bytes, at most 1000"));
  request.body_bytes = 1000;
  source.close(true);
  said = source.screen(request);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->status, 503U);
  EXPECT_EQ(header(*said, "Retry-After"), "30");
  EXPECT_TRUE(source.figures().closed);
  source.close(false);
  EXPECT_FALSE(source.screen(request)) << "goes on by itself";
  EXPECT_EQ(counted(WebhookOutcome::not_post), 1U);
  EXPECT_EQ(counted(WebhookOutcome::oversized), 1U);
  EXPECT_EQ(counted(WebhookOutcome::no_space), 1U);
}

TEST_F(WebhookSourceTest, NothingIsAcknowledgedThatIsNotKept) {
  for (const Errc code : {Errc::no_space, Errc::unavailable, Errc::corrupt}) {
    spool.fails = Error{code, Retry::yes, "/var/lib/aright/secret-place: full"};
    const auto said = source.take(github("{}", "d1"), now);
    EXPECT_EQ(said.status, 503U);
    EXPECT_EQ(header(said, "Retry-After"), "30");
    EXPECT_EQ(said.body.find("/var/lib"), std::string::npos) << "paths of ours are nothing to a sender";
    const std::string room = code == Errc::no_space ? "there is no room to keep them: " : "";
    EXPECT_EQ(source.figures().refusal, room + "/var/lib/aright/secret-place: full") << "but they are to the operator";
  }
  EXPECT_EQ(counted(WebhookOutcome::no_space), 1U);
  EXPECT_EQ(counted(WebhookOutcome::unavailable), 2U);
  EXPECT_EQ(told, 1) << "without room somebody is to make some";
  spool.fails.reset();
  EXPECT_EQ(source.take(github("{}", "d1"), now).body, R"({"duplicate":false,"number":0})");
  EXPECT_EQ(source.figures().refusal, "");
}

TEST_F(WebhookSourceTest, WhatIsNotThereAnyMoreIsAGap) {
  spool.first = 7;
  ASSERT_EQ(source.take(github("{}", "d1"), now).status, 200U);
  const auto read = source.read(3, now);
  ASSERT_EQ(read->gaps.size(), 1U);
  EXPECT_EQ(read->gaps[0].offset, 3U);
  EXPECT_THAT(read->gaps[0].reason, HasSubstr("3 to 6"));
  EXPECT_EQ(read->events.size(), 1U);
}

TEST_F(WebhookSourceTest, ADeliveryIsReadAgainWhileItIsKept) {
  spool.first = 7;
  ASSERT_EQ(source.take(github(R"({"a":1})", "d1"), now).status, 200U);
  ASSERT_EQ(source.take(github("{", "d2"), now).status, 422U);
  const auto read = source.read(7, now);
  ASSERT_TRUE(read);
  const auto again = source.read_again(7);
  ASSERT_TRUE(again && again->event);
  EXPECT_EQ(again->event->to_json(), read->events.front().to_json());
  EXPECT_THAT(source.read_again(8)->why_none, HasSubstr("malformed"));
  for (const std::uint64_t number : {6U, 9U}) {
    const auto gone = source.read_again(number);
    ASSERT_FALSE(gone) << number;
    EXPECT_EQ(gone.error().message, "delivery " + std::to_string(number) + " is not in the spool any more");
  }
}

TEST(WebhookRecord, IsReadAsItWasWrittenAndNothingElseIs) {
  const std::string body("a \0 \n b", 7);
  const std::string bytes = encode_webhook({{{"event", "pu\nsh\xff"}}, body});
  const auto read = decode_webhook(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->body, body);
  EXPECT_EQ(read->fields, (std::map<std::string, std::string>{{"event", "pu\nsh\xEF\xBF\xBD"}}));
  for (const char* bad : {"", "{}", "[]\n", "{\"a\":1}\n", "x\n"}) EXPECT_FALSE(decode_webhook(bad)) << bad;
}

}  // namespace
}  // namespace aright::source
