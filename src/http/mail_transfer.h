// The part of the client that speaks SMTP with libcurl.
#pragma once

#include <string>

#include "http/exchange.h"
#include "http/mail.h"

namespace aright::http {

/// Errors as `Client::send_mail` once the addresses have been judged, and those of `libcurl`.
[[nodiscard]] Result<std::string> transfer_mail(const Mail& mail, const ExchangeLimits& limits);

}  // namespace aright::http
