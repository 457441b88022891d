// Requests out of bytes as they arrive. Parsing by Beast.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "http/message.h"

namespace aright::http {

/// One connection's; one thread. After `refused` the connection is of no more use: what follows cannot be told apart.
class RequestReader {
 public:
  enum class State : std::uint8_t { more, whole, refused };

  RequestReader(std::uint32_t header_bytes, std::uint64_t body_bytes);
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  /// `more`: the request is not complete yet. Refused, with `status()` 400, 413 or 431: what is not HTTP/1.1 or 1.0
  /// with exactly one Host, two lengths, chunks, too large, too many headers.
  State feed(std::string_view bytes);
  /// As `feed` said last.
  [[nodiscard]] State state() const;
  [[nodiscard]] unsigned status() const;
  /// The request without its body, once its header is whole; nullptr: not yet. Until `take`.
  [[nodiscard]] const Request* head() const;
  /// The body is not sent before the sender has been told to go on.
  [[nodiscard]] bool expects_continue() const;
  /// Some bytes of the next request are there.
  [[nodiscard]] bool began() const;
  /// After `whole`: the request. Bytes behind it are kept; `feed("")` looks at them.
  Request take();
  /// Whether the request given by `take` lets the connection live on.
  [[nodiscard]] bool keep_alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aright::http
