#include "http/webhook_auth.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/digest.h"

namespace aright::http {
namespace {

using namespace std::chrono_literals;
using enum WebhookRefusal;

const WallTime now{1'760'000'000s};
const std::string body = R"({"id":"evt_1","n":1})";

std::string hmac_hex(const std::string& key, const std::string& text) { return hex(hmac_sha256(key, text)); }
std::string hmac_base64(const std::string& key, const std::string& text) {
  return base64(as_text(hmac_sha256(key, text)));
}
WebhookCheck check_of(WebhookScheme scheme, std::vector<std::string> keys = {"key"}) {
  WebhookCheck check{scheme, {}, 300s, {}};
  for (std::string& key : keys) check.keys.emplace_back(std::move(key));
  return check;
}
Headers github(const std::string& signature) { return {{"X-Hub-Signature-256", signature}}; }
Headers stripe(const std::string& value) { return {{"Stripe-Signature", value}}; }
Headers standard(const std::string& id, const std::string& time, const std::string& signatures) {
  return {{"webhook-id", id}, {"webhook-timestamp", time}, {"webhook-signature", signatures}};
}
std::string signed_at(const std::string& time, const std::string& key = "key") {
  return "t=" + time + ",v1=" + hmac_hex(key, time + "." + body);
}

void refused(const WebhookCheck& check, const Headers& headers, WebhookRefusal why, const std::string& part) {
  const auto judged = authenticate(check, headers, body, now);
  ASSERT_FALSE(judged) << part;
  EXPECT_EQ(name(judged.error().why), name(why)) << judged.error().message;
  EXPECT_NE(judged.error().message.find(part), std::string::npos) << judged.error().message;
  EXPECT_EQ(judged.error().message.find(hmac_hex("key", body)), std::string::npos);
}

TEST(WebhookAuth, TakesTheExampleOfGitHubsDocumentation) {
  const auto delivery =
      authenticate(check_of(WebhookScheme::github, {"It's a Secret to Everybody"}),
                   {{"x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
                    {"X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"}},
                   "Hello, World!", now);
  ASSERT_TRUE(delivery) << delivery.error().message;
  EXPECT_EQ(delivery->id, "72d3162e-cc78-11e3-81ab-4c9367dc0958");
  EXPECT_EQ(delivery->signature, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
  EXPECT_FALSE(delivery->signed_at);
}

TEST(WebhookAuth, RefusesWhatIsNotGitHubs) {
  const auto check = check_of(WebhookScheme::github);
  const std::string good = "sha256=" + hmac_hex("key", body);
  ASSERT_TRUE(authenticate(check, github(good), body, now));
  EXPECT_EQ(authenticate(check, github(good), body, now)->id, hmac_hex("key", body));
  refused(check, {}, missing, "X-Hub-Signature-256");
  refused(check, {{"X-Hub-Signature-256", good}, {"x-hub-signature-256", good}}, repeated, "twice");
  for (const std::string& bad :
       {std::string(), good.substr(7), good + "00", good.substr(0, 69), "sha1=" + good.substr(7)}) {
    refused(check, github(bad), malformed, "64 hex digits");
  }
  refused(check, github("sha256=" + hmac_hex("other", body)), wrong, "not ours");
  refused(check, github("sha256=" + hmac_hex("key", body + " ")), wrong, "not ours");
  refused(check, {{"X-Hub-Signature-256", good}, {"X-GitHub-Delivery", "a b"}}, malformed, "X-GitHub-Delivery");
  refused(check, {{"X-Hub-Signature-256", good}, {"X-GitHub-Delivery", "a"}, {"x-github-delivery", "b"}}, repeated,
          "X-GitHub-Delivery");
}

TEST(WebhookAuth, InAHeaderOfAnotherNameTheAlgorithmMayBeLeftOut) {
  auto check = check_of(WebhookScheme::github);
  check.signature_header = "X-Grafana-Alerting-Signature";
  const std::string good = hmac_hex("key", body);
  EXPECT_TRUE(authenticate(check, {{"X-Grafana-Alerting-Signature", good}}, body, now));
  EXPECT_TRUE(authenticate(check, {{"X-Grafana-Alerting-Signature", "sha256=" + good}}, body, now));
  refused(check, {{"X-Grafana-Alerting-Signature", good + "00"}}, malformed, "64 hex digits");
  refused(check, {{"X-Grafana-Alerting-Signature", hmac_hex("other", body)}}, wrong, "not ours");
  refused(check, {{"X-Hub-Signature-256", "sha256=" + good}}, missing, "X-Grafana-Alerting-Signature");
}

TEST(WebhookAuth, EveryDigitOfTheSignatureCounts) {
  const std::string good = hmac_hex("key", body);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(authenticate(check_of(WebhookScheme::github), github("sha256=" + changed), body, now)) << i;
  }
}

TEST(WebhookAuth, WithoutAKeyNothingIsTaken) {
  refused(check_of(WebhookScheme::github, {}), github("sha256=" + hmac_hex("", body)), no_key, "no key");
  refused(check_of(WebhookScheme::github, {"key", ""}), github("sha256=" + hmac_hex("key", body)), no_key, "no key");
}

TEST(WebhookAuth, StripesTimeIsSignedAndBounded) {
  const auto check = check_of(WebhookScheme::stripe);
  for (const char* time : {"1760000000", "1759999700", "1760000300"}) {
    const auto delivery = authenticate(check, stripe(signed_at(time)), body, now + 999ms);
    ASSERT_TRUE(delivery) << time << delivery.error().message;
    EXPECT_EQ(delivery->id, "evt_1");
    EXPECT_TRUE(delivery->signed_at);
  }
  refused(check, stripe(signed_at("1759999699")), too_old, "301 s ago");
  refused(check, stripe(signed_at("1760000301")), too_new, "compare the clocks");
  refused(check, stripe(signed_at("999999999999")), malformed, "seconds since 1970");
  refused(check, stripe(signed_at("-1")), malformed, "seconds since 1970");
  refused(check, stripe(signed_at("+1760000000")), malformed, "seconds since 1970");
  refused(check, stripe(signed_at("")), malformed, "seconds since 1970");
  refused(check, stripe("v1=" + hmac_hex("key", body)), malformed, "no time");
  refused(check, stripe("t=1,t=1760000000,v1=" + hmac_hex("key", "1760000000." + body)), malformed, "two times");
  refused(check, stripe("t=1760000000,v0=" + hmac_hex("key", "1760000000." + body)), malformed, "no signature");
  refused(check, stripe("t=1760000001,v1=" + hmac_hex("key", "1760000000." + body)), wrong, "not ours");
  refused(check, stripe(signed_at("1759999699", "other")), wrong, "not ours");  // said before the time is looked at
}

TEST(WebhookAuth, StripesHeaderMayHaveAnotherName) {
  auto check = check_of(WebhookScheme::stripe);
  check.signature_header = "Signature";
  EXPECT_TRUE(authenticate(check, {{"signature", signed_at("1760000000")}}, body, now));
  refused(check, stripe(signed_at("1760000000")), missing, "Signature");
}

TEST(WebhookAuth, OneOfSeveralSignaturesAndKeysIsEnough) {
  const std::string text = "m1.1760000000." + body;
  for (const auto& keys : {std::vector<std::string>{"new", "old"}, {"old", "new"}, {"new"}, {"old"}}) {
    const std::string list = "v1,AAAA v2,zzz v1," + hmac_base64("old", text) + "  v1," + hmac_base64("new", text);
    const auto delivery =
        authenticate(check_of(WebhookScheme::standard, keys), standard("m1", "1760000000", list), body, now);
    ASSERT_TRUE(delivery) << delivery.error().message;
    EXPECT_EQ(delivery->id, "m1");
    EXPECT_EQ(delivery->signature, hmac_hex(keys.back(), text));
  }
  const std::string header =
      "t=1760000000,v1=" + hmac_hex("old", "1760000000." + body) + ", v1=" + hmac_hex("new", "1760000000." + body);
  EXPECT_TRUE(authenticate(check_of(WebhookScheme::stripe, {"new"}), stripe(header), body, now));
  EXPECT_TRUE(authenticate(check_of(WebhookScheme::stripe, {"old"}), stripe(header), body, now));
  refused(check_of(WebhookScheme::stripe, {"third"}), stripe(header), wrong, "not ours");
}

TEST(WebhookAuth, OfStandardWebhooksIdAndTimeAreSigned) {
  const auto check = check_of(WebhookScheme::standard);
  const std::string good = "v1," + hmac_base64("key", "m1.1760000000." + body);
  ASSERT_TRUE(authenticate(check, standard("m1", "1760000000", good), body, now));
  refused(check, standard("m2", "1760000000", good), wrong, "not ours");
  refused(check, standard("m1", "1760000001", good), wrong, "not ours");
  refused(check, standard("m1", "01760000000", good), wrong, "not ours");
  refused(check, standard("m1", "abc", good), malformed, "webhook-timestamp");
  refused(check, standard("", "1760000000", good), malformed, "webhook-id");
  refused(check, standard(std::string(129, 'm'), "1760000000", good), malformed, "webhook-id");
  refused(check, standard("m1", "1760000000", ""), malformed, "no signature");
  refused(check, standard("m1", "1760000000", good.substr(3)), malformed, "no signature");
  refused(check, {{"webhook-id", "m1"}, {"webhook-signature", good}}, missing, "webhook-timestamp");
  refused(check, {{"webhook-timestamp", "1"}, {"webhook-signature", good}}, missing, "webhook-id");
  refused(check, {{"webhook-timestamp", "1"}, {"webhook-id", "m1"}}, missing, "webhook-signature");
  refused(check, standard("m1", "1759999699", "v1," + hmac_base64("key", "m1.1759999699." + body)), too_old, "301 s");
}

TEST(WebhookAuth, MoreSignaturesThanTheLimitAreRefused) {
  std::string many = "t=1760000000";
  for (std::size_t i = 0; i < webhook_signatures_max; ++i) many += ",v1=" + hmac_hex("key", "1760000000." + body);
  refused(check_of(WebhookScheme::stripe), stripe(many), malformed, "too many");
  std::string list;
  for (std::size_t i = 0; i <= webhook_signatures_max; ++i) list += "v1,AAAA ";
  refused(check_of(WebhookScheme::standard), standard("m1", "1760000000", list), malformed, "too many");
}

TEST(WebhookAuth, AnEventWithoutIdIsKnownByItsSignature) {
  for (const std::string& text :
       {std::string("[]"), std::string("{"), std::string(R"({"id":5})"), std::string(R"({"id":""})")}) {
    const std::string signature = hmac_hex("key", "1760000000." + text);
    const auto delivery =
        authenticate(check_of(WebhookScheme::stripe), stripe("t=1760000000,v1=" + signature), text, now);
    ASSERT_TRUE(delivery);
    EXPECT_EQ(delivery->id, signature);
  }
}

TEST(WebhookAuth, KeysAreReadAsTheyAreGivenOut) {
  EXPECT_EQ(webhook_key(WebhookScheme::github, "It's a Secret")->reveal(), "It's a Secret");
  EXPECT_FALSE(webhook_key(WebhookScheme::stripe, ""));
  const std::string raw(24, 'k');
  EXPECT_EQ(webhook_key(WebhookScheme::standard, "whsec_" + base64(raw))->reveal(), raw);
  EXPECT_EQ(webhook_key(WebhookScheme::standard, base64(raw))->reveal(), raw);
  for (const std::string& bad :
       {base64("short"), std::string("whsec_!"), base64(std::string(65, 'k')), std::string()}) {
    const auto key = webhook_key(WebhookScheme::standard, bad);
    ASSERT_FALSE(key);
    EXPECT_TRUE(bad.empty() || key.error().message.find(bad) == std::string::npos);
  }
}

TEST(WebhookAuth, ATokenIsKnownOrNot) {
  const auto check = check_of(WebhookScheme::bearer, {"old-token_1.~+/==", "new-token"});
  for (const std::string& good : {std::string("Bearer old-token_1.~+/=="), std::string("bearer  new-token")}) {
    const auto delivery = authenticate(check, {{"authorization", good}}, body, now);
    ASSERT_TRUE(delivery) << good;
    EXPECT_EQ(delivery->id, "");
    EXPECT_EQ(delivery->signature, "");
    EXPECT_FALSE(delivery->signed_at);
  }
  refused(check, {}, missing, "Authorization");
  refused(check, {{"Authorization", "Bearer new-token"}, {"authorization", "Bearer new-token"}}, repeated, "twice");
  for (const std::string& bad :
       {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("Bearer =="),
        std::string("Basic bmV3LXRva2Vu"), std::string("new-token"), std::string("Bearer new-token x"),
        std::string("Bearer a=b"), std::string("Bearernew-token")}) {
    refused(check, {{"Authorization", bad}}, malformed, "not Bearer and a token");
  }
  for (const std::string& other : {std::string("new-toke"), std::string("new-token1"), std::string("New-token")}) {
    refused(check, {{"Authorization", "Bearer " + other}}, wrong, "none of ours");
  }
  refused(check_of(WebhookScheme::bearer, {}), {{"Authorization", "Bearer x"}}, no_key, "no key");
  EXPECT_EQ(webhook_key(WebhookScheme::bearer, "new-token")->reveal(), "new-token");
  const auto spaced = webhook_key(WebhookScheme::bearer, "a token");
  ASSERT_FALSE(spaced);
  EXPECT_EQ(spaced.error().message.find("a token of"), std::string::npos);
}

TEST(WebhookAuth, WordsGoBothWays) {
  for (const auto scheme :
       {WebhookScheme::github, WebhookScheme::stripe, WebhookScheme::standard, WebhookScheme::bearer}) {
    EXPECT_EQ(parse_webhook_scheme(name(scheme)), scheme);
  }
  EXPECT_FALSE(parse_webhook_scheme("gitlab"));
}

}  // namespace
}  // namespace aright::http
