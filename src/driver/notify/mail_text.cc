#include "driver/notify/mail_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/bytes.h"
#include "driver/notify/message.h"

namespace aright::driver {

namespace {

constexpr std::size_t word_bytes = 42;  ///< of an encoded word, which may be 75 bytes long (RFC 2047)
constexpr std::size_t line_bytes = 57;  ///< 76 as base64

/// The longest part of at most `most` bytes that splits no character.
std::string_view first_part(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t size = most;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size == 0 ? most : size);
}

/// Encoded words, whatever the text holds.
std::string header_text(std::string_view text) {
  std::string made;
  do {
    const std::string_view part = first_part(text, word_bytes);
    made += fmt::format("{}=?UTF-8?B?{}?=", made.empty() ? "" : "\r\n ", base64(part));
    text.remove_prefix(part.size());
  } while (!text.empty());
  return made;
}

std::string body_text(const std::string& text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); i += line_bytes) {
    made += base64(std::string_view(text).substr(i, line_bytes)) + "\r\n";
  }
  return made;
}

/// A node's name is no address: of what is not a word of one, a hyphen stays.
std::string id_word(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_'; }, '-');
  return text;
}

std::string plain_text(const NodeName& node, const Notification& n) {
  std::string text = n.what.text + "\n\n-- \n";
  text +=
      fmt::format("notification {} of {} (node {}), severity {}\n", n.id, node.host, node.id, name(n.what.severity));
  if (n.what.run != 0) text += fmt::format("run {}\n", n.what.run);
  if (n.what.review != 0) text += fmt::format("review {}\n", n.what.review);
  if (!n.what.finding.empty()) text += fmt::format("finding {}\n", n.what.finding);
  return text;
}

}  // namespace

std::string mail_text(const NodeName& node, const SmtpNotifier& how, const Notification& n) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(n.made.wall);
  const std::string domain = how.from.substr(how.from.rfind('@') + 1);
  return fmt::format(
      "Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\nFrom: <{}>\r\nTo: <{}>\r\nMessage-ID: <{}@{}>\r\nSubject: {}\r\n"
      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n{}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), how.from, fmt::join(how.to, ">,\r\n <"),
      id_word(delivery_id(node, n)), domain, header_text(heading(node, n)), body_text(plain_text(node, n)));
}

}  // namespace aright::driver
