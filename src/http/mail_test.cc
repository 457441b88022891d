#include "http/mail.h"

#include <gtest/gtest.h>

namespace aright::http {
namespace {

Mail good_mail() {
  Mail mail{.from = "aright@example.org", .to = {"ops@example.org"}, .text = "Subject: x\r\n\r\nbody\r\n"};
  mail.server.host = "mail.example.org";
  mail.server.port = 587;
  return mail;
}

std::string mail_refusal(const Mail& mail) {
  const auto ok = check_mail(mail);
  return ok ? "" : ok.error().message;
}

TEST(Mail, WhatIsInOrderIsTaken) { EXPECT_EQ(mail_refusal(good_mail()), ""); }

TEST(Mail, AMailboxIsInTheOneFormThatNeedsNoQuotes) {
  for (const char* good : {"a@b", "first.last+tag@mail.example.org", "o'brien@x-y.org"}) {
    EXPECT_TRUE(is_mailbox(good)) << good;
  }
  const std::string long_local(65, 'a');
  for (const std::string& bad : {std::string("a"), std::string("@b"), std::string("a@"), std::string("a b@c"),
                                 std::string("a@b\r\nRCPT TO:<c@d>"), std::string("<a@b>"), std::string("\"a\"@b"),
                                 std::string("a@b,c@d"), std::string("a..b@c"), std::string("a@b."), std::string("ä@b"),
                                 std::string("a\0@b", 4), long_local + "@b", "a@" + std::string(253, 'b')}) {
    EXPECT_FALSE(is_mailbox(bad)) << bad;
  }
}

TEST(Mail, NothingThatWouldBeACommandIsSent) {
  Mail mail = good_mail();
  mail.from = "a@b> SIZE=1\r\nRCPT TO:<c@d";
  EXPECT_NE(mail_refusal(mail).find("is no mail address"), std::string::npos);
  mail = good_mail();
  mail.to.emplace_back("x\r\ny@z");
  EXPECT_NE(mail_refusal(mail).find("is no mail address"), std::string::npos);
  mail = good_mail();
  mail.to.clear();
  EXPECT_NE(mail_refusal(mail).find("to nobody"), std::string::npos);
  for (const char* text : {"a\nb\r\n", "a\rb\r\n", "\n.\r\n", "a\r"}) {
    mail = good_mail();
    mail.text = text;
    EXPECT_NE(mail_refusal(mail).find("CR LF"), std::string::npos) << text;
  }
}

TEST(Mail, APasswordIsNeverSentInTheClear) {
  Mail mail = good_mail();
  mail.tls = Mail::Tls::none;
  mail.server.tls = false;
  EXPECT_EQ(mail_refusal(mail), "");
  mail.user = "me";
  EXPECT_NE(mail_refusal(mail).find("unencrypted"), std::string::npos);
}

}  // namespace
}  // namespace aright::http
