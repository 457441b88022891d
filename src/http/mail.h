// A message on its way to a mail server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/url.h"

namespace aright::http {

struct Mail {
  enum class Tls : std::uint8_t {
    none,
    starttls,  ///< after the greeting; without it nothing is sent
    implicit   ///< from the first byte on (RFC 8314)
  };
  Url server{};  ///< host, address and port; `tls` says whether its way is encrypted
  Tls tls{Tls::starttls};
  std::string user{};  ///< empty: without a login
  std::string password{};
  std::string from{};
  std::vector<std::string> to{};
  std::string text{};  ///< headers and body, lines ended by CR LF
  Nanos connect_limit{std::chrono::seconds{10}};
  Nanos time_limit{std::chrono::seconds{30}};
};

/// A mailbox as it stands in an envelope, in the one form that needs no quotes: local@domain, dots between words of
/// visible ASCII; at most 254 bytes. Nothing in it can end a command or a header. Pure.
[[nodiscard]] bool is_mailbox(std::string_view text);

/// Errc::invalid: an address is none, a login would go unencrypted, or the text has a bare CR or LF. Pure.
[[nodiscard]] Result<Done> check_mail(const Mail& mail);

}  // namespace aright::http
