#include "http/resolve.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace aright::http {

namespace {

constexpr int asking_max = 16;

/// Shared with the thread that asks, which may outlive the question.
struct Question {
  std::string host;
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Result<std::vector<Ip>>> answer;
};

std::atomic<int>& asking() {
  static std::atomic<int> count{0};
  return count;
}

Ip ip_of(const addrinfo& one) {
  Ip ip;
  ip.v4 = one.ai_family == AF_INET;
  if (ip.v4) {
    sockaddr_in address{};
    std::memcpy(&address, one.ai_addr, sizeof address);
    std::memcpy(ip.bytes.data(), &address.sin_addr, 4);
  } else {
    sockaddr_in6 address{};
    std::memcpy(&address, one.ai_addr, sizeof address);
    std::memcpy(ip.bytes.data(), &address.sin6_addr, 16);
  }
  return ip;
}

Result<std::vector<Ip>> ask(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  if (code == EAI_NONAME || code == EAI_NODATA) {
    return fail(Errc::not_found, fmt::format("host {}: {}", host, gai_strerror(code)), Retry::yes);
  }
  if (code != 0) return fail(Errc::unavailable, fmt::format("host {}: {}", host, gai_strerror(code)), Retry::yes);
  std::vector<Ip> all;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    const Ip ip = ip_of(*one);
    if (std::ranges::find(all, ip) == all.end()) all.push_back(ip);
  }
  return all;
}

}  // namespace

Result<std::vector<Ip>> resolve_by_system(const std::string& host, Nanos limit) {
  if (++asking() > asking_max) {
    --asking();
    return fail(
        Errc::unavailable,
        fmt::format("host {}: {} questions to the resolver are unanswered; no more are asked", host, asking_max),
        Retry::yes);
  }
  const auto question = std::make_shared<Question>();
  question->host = host;
  try {
    std::thread([question] {
      auto answer = ask(question->host);
      --asking();
      const std::lock_guard lock(question->mutex);
      question->answer = std::move(answer);
      question->answered.notify_one();
    }).detach();
  } catch (const std::system_error& e) {
    --asking();
    return fail(Errc::unavailable, fmt::format("host {}: no thread to ask for it: {}", host, e.what()), Retry::yes);
  }
  std::unique_lock lock(question->mutex);
  if (!question->answered.wait_for(lock, limit, [&] { return question->answer.has_value(); })) {
    return fail(Errc::unavailable,
                fmt::format("host {}: the resolver did not answer within {}", host, format_duration(limit)),
                Retry::yes);
  }
  return *question->answer;
}

}  // namespace aright::http
