// The part of the client that speaks with libcurl.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "http/client.h"

namespace aright::http {

struct Transfer {
  const Outgoing& request;
  std::span<const Ip> addresses;          ///< no other is ever connected to
  const std::function<bool()>& may_send;  ///< as of `Client::send`
  std::string ca_file;                    ///< empty: the system's authorities
  Nanos connect_limit{};
  Nanos time_limit{};
  int stopped{-1};  ///< readable: end at once
};

/// Errors as `Client::send` once the addresses have been judged, and those of `libcurl`.
[[nodiscard]] Result<Answer> transfer(const Transfer& wanted);

}  // namespace aright::http
