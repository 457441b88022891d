// Blocking socket work under one deadline, whatever the peer sends or takes a byte at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "http/message.h"

namespace aright::http {

using Deadline = std::chrono::steady_clock::time_point;

/// What arrived; empty: the peer has ended its side or is gone. Errc::timeout.
[[nodiscard]] Result<std::string_view> receive(int fd, std::span<char> into, Deadline deadline);
/// False: not all went out in time, or the peer is gone. Never raises SIGPIPE.
[[nodiscard]] bool send_all(int fd, std::string_view bytes, Deadline deadline);

/// Whose turn it is between two reads: the peer's, ours (there are bytes nobody has read), or nobody's any more.
enum class Turn : std::uint8_t { peer, ours, over };
[[nodiscard]] Turn turn_of(int fd);

/// What to say of a path that a socket's address cannot hold.
[[nodiscard]] std::string too_long_for_a_socket(const std::string& path);

/// A listening Unix socket of mode 0660 that was never wider. Errc::denied: somebody answers there, or the name is
/// taken by something that is no socket.
[[nodiscard]] Result<UniqueFd> listen_unix(const std::string& path);

struct TcpListener {
  UniqueFd fd;
  std::uint16_t port{0};
};
/// Whether `listen_tcp` could be asked for it: "127.0.0.1:7480" or "[::1]:0". Errc::invalid, denied (not loopback).
[[nodiscard]] Result<Done> check_address(const std::string& address);
/// Errc as `check_address`, and when it is in use for two seconds.
[[nodiscard]] Result<TcpListener> listen_tcp(const std::string& address);

/// Who connected to a Unix socket.
[[nodiscard]] std::optional<Peer> peer_of(int fd);

/// A Host header that names this machine's loopback: 127.0.0.0/8, localhost or [::1], with or without a port.
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace aright::http
