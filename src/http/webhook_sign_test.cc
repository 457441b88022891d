#include "http/webhook_sign.h"

#include <gtest/gtest.h>

#include "http/webhook_auth.h"

namespace aright::http {
namespace {

constexpr const char* signing_key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The example of the specification's libraries.
TEST(WebhookSign, IsAsTheSpecificationShows) {
  const auto headers = signed_as_standard_webhook(signing_key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "{\"test\": 2432232314}",
                                                  WallTime{std::chrono::seconds{1614265330}});
  ASSERT_TRUE(headers) << headers.error().message;
  EXPECT_EQ((*headers)[2].second, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSign, OurOwnReaderTakesItAndNoOtherBody) {
  const WallTime sent_at{std::chrono::hours{500'000}};
  const auto headers = signed_as_standard_webhook(signing_key, "node-1", "body", sent_at);
  ASSERT_TRUE(headers);
  WebhookCheck check;
  check.scheme = WebhookScheme::standard;
  check.keys.push_back(*webhook_key(WebhookScheme::standard, signing_key));
  const auto taken = authenticate(check, *headers, "body", sent_at);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->id, "node-1");
  EXPECT_FALSE(authenticate(check, *headers, "bodz", sent_at));
}

TEST(WebhookSign, WhatIsNoKeySignsNothing) { EXPECT_FALSE(signed_as_standard_webhook("x", "1", "", WallTime{})); }

}  // namespace
}  // namespace aright::http
