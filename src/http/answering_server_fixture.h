// A server on loopback that answers as a test says, byte by byte, plain or over TLS, and remembers what it was asked.
#pragma once

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "http/certificate_fixture.h"

namespace aright::http {

class AnsweringServer {
 public:
  /// One connection as the test's answer sees it; closed when the answer returns.
  class Line {
   public:
    Line(int fd, SSL* tls) : fd_(fd), tls_(tls) {}
    /// False: the client has gone.
    bool send(const std::string& bytes) const {
      if (tls_ != nullptr) return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) > 0;
      return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    }
    /// Until the client has gone, or for ten seconds.
    void wait_for_end() const {
      pollfd seen{fd_, POLLIN | POLLRDHUP, 0};
      poll(&seen, 1, 10'000);
    }
    std::string receive() const {
      std::string some(4096, '\0');
      const auto count = tls_ != nullptr ? SSL_read(tls_, some.data(), static_cast<int>(some.size()))
                                         : recv(fd_, some.data(), some.size(), 0);
      some.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
      return some;
    }

   private:
    int fd_;
    SSL* tls_;
  };
  using Behave = std::function<void(const Line& line, const std::string& request)>;

  explicit AnsweringServer(Behave behave, const TestIdentity* identity = nullptr)
      : behave_(std::move(behave)), context_(nullptr, &SSL_CTX_free) {
    if (identity != nullptr) {
      context_.reset(SSL_CTX_new(TLS_server_method()));
      SSL_CTX_use_certificate(context_.get(), identity->certificate.get());
      SSL_CTX_use_PrivateKey(context_.get(), identity->key.get());
    }
    listener_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_.get(), raw, size) != 0 || listen(listener_.get(), 16) != 0) std::abort();
    getsockname(listener_.get(), raw, &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  AnsweringServer(const AnsweringServer&) = delete;
  AnsweringServer& operator=(const AnsweringServer&) = delete;
  ~AnsweringServer() {
    acceptor_.request_stop();
    shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return (context_ ? "https://" : "http://") + host + ":" + std::to_string(port_);
  }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve(const std::stop_token& stop) {
    std::vector<std::jthread> talks;
    while (!stop.stop_requested()) {
      UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd.valid()) return;
      ++connections_;
      talks.emplace_back([this, one = std::move(fd)] { talk(one.get()); });
    }
  }

  void talk(int fd) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(context_ ? SSL_new(context_.get()) : nullptr, &SSL_free);
    if (tls) {
      SSL_set_fd(tls.get(), fd);
      if (SSL_accept(tls.get()) != 1) return;
    }
    const Line line(fd, tls.get());
    std::string request;
    while (!whole(request)) {
      const std::string more = line.receive();
      if (more.empty()) return;
      request += more;
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    behave_(line, request);
    if (tls) SSL_shutdown(tls.get());
  }

  static bool whole(const std::string& request) {
    const auto end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string_view name = "\r\nContent-Length: ";
    const auto at = request.find(name);
    const std::size_t body = at < end ? std::strtoul(request.c_str() + at + name.size(), nullptr, 10) : 0;
    return request.size() >= end + 4 + body;
  }

  Behave behave_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  UniqueFd listener_;
  std::uint16_t port_{0};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::jthread acceptor_;
};

inline std::string answer_text(int status, const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

}  // namespace aright::http
