#include "http/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace aright::http {

namespace {

constexpr std::size_t mailbox_max = 254;  ///< RFC 5321 with its errata
constexpr std::size_t local_max = 64;

/// RFC 5322, dot-atom.
bool is_dot_atom(std::string_view text, std::string_view marks) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.contains("..")) return false;
  return std::ranges::all_of(
      text, [&](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || marks.contains(c); });
}

bool has_whole_lines(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
  }
  return true;
}

}  // namespace

bool is_mailbox(std::string_view text) {
  const auto at = text.rfind('@');
  if (at > local_max || text.size() > mailbox_max) return false;  // also where there is none
  return is_dot_atom(text.substr(0, at), "!#$%&'*+-/=?^_`{|}~") && is_dot_atom(text.substr(at + 1), "-");
}

Result<Done> check_mail(const Mail& mail) {
  const std::string origin = mail.server.origin();
  if (!is_mailbox(mail.from)) {
    return fail(Errc::invalid, fmt::format("{}: \"{}\" is no mail address", origin, clip_text(mail.from, mailbox_max)));
  }
  for (const std::string& to : mail.to) {
    if (is_mailbox(to)) continue;
    return fail(Errc::invalid, fmt::format("{}: \"{}\" is no mail address", origin, clip_text(to, mailbox_max)));
  }
  if (mail.to.empty()) return fail(Errc::invalid, origin + ": the mail is to nobody");
  if (!mail.user.empty() && mail.tls == Mail::Tls::none) {
    return fail(Errc::invalid, origin + ": a password would go unencrypted");
  }
  if (mail.server.tls != (mail.tls != Mail::Tls::none)) {
    return fail(Errc::invalid, origin + ": how the mail goes contradicts its way");
  }
  if (!has_whole_lines(mail.text)) return fail(Errc::invalid, origin + ": a line of the mail does not end by CR LF");
  return Done{};
}

}  // namespace aright::http
