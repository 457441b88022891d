#include "driver/notify/mail_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "driver/notify/message.h"

namespace aright::driver {
namespace {

const SmtpNotifier ops_mail{.host = "mail.example.org", .from = "aright@example.org", .to = {"a@b.org", "c@d.org"}};

Notification mail_notice(std::string title, std::string text) {
  Notification n;
  n.id = 7;
  n.notifier = "mail";
  n.what = {.notice = "review", .title = std::move(title), .text = std::move(text), .severity = Level::high};
  n.what.review = 3;
  n.made.wall = WallTime{std::chrono::seconds{1'700'000'000}};
  return n;
}

std::vector<std::string> header_lines(const std::string& mail) {
  std::vector<std::string> lines;
  const std::string head = mail.substr(0, mail.find("\r\n\r\n") + 2);
  for (std::size_t at = 0; at < head.size();) {
    const auto end = head.find("\r\n", at);
    lines.push_back(head.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

TEST(MailText, IsAMailWithTheDeliverysIdAndAText) {
  const std::string mail = mail_text({"web 1", "web1.example.org"}, ops_mail, mail_notice("It waits", "Look\nat it."));
  EXPECT_NE(mail.find("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nFrom: <aright@example.org>\r\nTo: <a@b.org>,\r\n "
                      "<c@d.org>\r\nMessage-ID: <web-1-7@example.org>\r\nSubject: =?UTF-8?B?" +
                      base64("[high] web1.example.org: It waits") + "?=\r\n"),
            std::string::npos)
      << mail;
  std::string body = mail.substr(mail.find("\r\n\r\n") + 4);
  std::erase_if(body, [](char c) { return c == '\r' || c == '\n'; });
  std::string told;
  for (std::size_t at = 0; at < body.size(); at += 76) told += unbase64(body.substr(at, 76)).value();
  EXPECT_EQ(told, "Look\nat it.\n\n-- \nnotification 7 of web1.example.org (node web 1), severity high\nreview 3\n");
}

TEST(MailText, NoTitleOrTextCanAddAHeaderOrEndTheMail) {
  const std::string mail = mail_text({"n\r\nX: y", "h\r\nY: z"}, ops_mail,
                                     mail_notice("a\r\nBcc: evil@example.net\r\n\r\nb", "x\r\n.\r\nRCPT TO:<z@z>\r\n"));
  EXPECT_EQ(mail.find("evil@"), std::string::npos);
  EXPECT_EQ(mail.find("\r\n.\r\n"), std::string::npos);
  EXPECT_EQ(mail.find("RCPT"), std::string::npos);
  for (const std::string& line : header_lines(mail)) {
    EXPECT_FALSE(line.starts_with("Bcc") || line.starts_with("X:") || line.starts_with("Y:")) << line;
    EXPECT_LE(line.size(), 78U) << line;
  }
}

TEST(MailText, ALongSubjectSplitsNoCharacterAndKeepsItsLinesShort) {
  std::string title;
  for (int i = 0; i < 60; ++i) title += "ü€";
  const auto lines = header_lines(mail_text({"n", "h"}, ops_mail, mail_notice(title, "")));
  std::string told;
  for (const std::string& line : lines) {
    const auto at = line.find("=?UTF-8?B?");
    if (at == std::string::npos) continue;
    EXPECT_LE(line.size(), 85U) << line;  // the first with its name before it
    const std::string part = unbase64(line.substr(at + 10, line.size() - at - 12)).value();
    EXPECT_NE(static_cast<unsigned char>(part.front()) & 0xC0U, 0x80U) << "begins within a character";
    told += part;
  }
  EXPECT_EQ(told, "[high] h: " + title);
}

TEST(Message, SaysToEveryReceiverWhichMachineSpeaks) {
  const NodeName node{"0123456789abcdef", "web1.example.org"};
  const Notification n = mail_notice("It waits <now>", "Look");
  const Json hook = Json::parse(notification_json(node, n)).at("data");
  EXPECT_EQ(hook.at("host"), "web1.example.org");
  EXPECT_EQ(hook.at("node"), "0123456789abcdef");
  EXPECT_EQ(Json::parse(slack_json(node, n)).at("text"),
            "[high] web1.example.org: It waits &lt;now&gt;\nLook\nnotification 7 of 0123456789abcdef");
}

TEST(Message, TheIdOfALaterEpochIsAnother) {
  Notification n = mail_notice("It waits", "");
  EXPECT_EQ(delivery_id({"node", "host"}, n), "node-7");
  n.epoch = "00c0ffee";
  EXPECT_EQ(delivery_id({"node", "host"}, n), "node-00c0ffee-7");
}

}  // namespace
}  // namespace aright::driver
