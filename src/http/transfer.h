// The part of the client that speaks with libcurl.
#pragma once

#include <functional>

#include "http/client.h"
#include "http/exchange.h"

namespace aright::http {

struct Transfer {
  const Outgoing& request;
  const std::function<bool()>& may_send;  ///< as of `Client::send`
  const ExchangeLimits& limits;
};

/// Errors as `Client::send` once the addresses have been judged, and those of `libcurl`.
[[nodiscard]] Result<Answer> transfer(const Transfer& wanted);

}  // namespace aright::http
