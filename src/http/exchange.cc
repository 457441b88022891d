#include "http/exchange.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/text.h"

namespace aright::http {

namespace {

using ExchangeClock = std::chrono::steady_clock;
constexpr std::size_t trouble_max = 200;

long millis(Nanos span) { return std::max<long>(1, static_cast<long>(span / std::chrono::milliseconds{1})); }

}  // namespace

Exchange::Exchange(const Libcurl& curl, const ExchangeLimits& limits, const char* protocol)
    : curl_(curl),
      limits_(limits),
      deadline_(ExchangeClock::now() + limits.time_limit),
      resolved_(nullptr, curl.slist_free_all),
      easy_(curl.easy_init(), curl.easy_cleanup),
      multi_(curl.multi_init(), curl.multi_cleanup) {
  if (!easy_ || !multi_) throw std::bad_alloc();
  refuse_everything_else(protocol);
}

Exchange::~Exchange() { curl_.multi_remove_handle(multi_.get(), easy_.get()); }

Exchange::List Exchange::list_of(const std::vector<std::string>& lines) const {
  List list(nullptr, curl_.slist_free_all);
  for (const std::string& line : lines) {
    curl_slist* longer = curl_.slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    if (list == nullptr) list.reset(longer);  // else it is the same
  }
  return list;
}

void Exchange::refuse_everything_else(const char* protocol) {
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, protocol);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_FRESH_CONNECT, 1L);  // a reused one that is dead would be tried a second time
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!limits_.ca_file.empty()) {
    set(CURLOPT_CAINFO, limits_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_CLOSESOCKETFUNCTION, &Exchange::close_socket);
  set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, text_.data());
  set(CURLOPT_CONNECTTIMEOUT_MS, millis(limits_.connect_limit));
  set(CURLOPT_TIMEOUT_MS, millis(limits_.time_limit));
}

void Exchange::pin(const Url& url) {
  if (url.address) return;
  std::vector<std::string> texts;
  texts.reserve(limits_.addresses.size());
  for (const Ip& ip : limits_.addresses) texts.push_back(ip.v4 ? ip.text() : "[" + ip.text() + "]");
  resolved_ = list_of({fmt::format("{}:{}:{}", url.host, url.port, fmt::join(texts, ","))});
  set(CURLOPT_RESOLVE, resolved_.get());
}

/// The last word on where a connection goes, whatever made libcurl choose the address.
curl_socket_t Exchange::open_socket(void* self, curlsocktype, curl_sockaddr* to) {
  Exchange& its = *static_cast<Exchange*>(self);
  Ip ip;
  if (to->family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &to->addr, sizeof address);
    std::memcpy(ip.bytes.data(), &address.sin_addr, 4);
  } else if (to->family == AF_INET6 && to->addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 address{};
    std::memcpy(&address, &to->addr, sizeof address);
    ip.v4 = false;
    std::memcpy(ip.bytes.data(), &address.sin6_addr, 16);
  } else {
    return CURL_SOCKET_BAD;
  }
  if (std::ranges::find(its.limits_.addresses, ip) == its.limits_.addresses.end()) return CURL_SOCKET_BAD;
  its.from_ = ip;
  const int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  if (fd >= 0 && its.limits_.sockets != nullptr) its.limits_.sockets->opened(fd);
  return fd;
}

int Exchange::close_socket(void* self, curl_socket_t fd) {
  const Exchange& its = *static_cast<Exchange*>(self);
  return its.limits_.sockets == nullptr ? ::close(fd) : its.limits_.sockets->close(fd);
}

CURLcode Exchange::run() {
  curl_.multi_add_handle(multi_.get(), easy_.get());
  if (bad_ != CURLE_OK) return bad_;
  for (;;) {
    int running = 0;
    if (curl_.multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    if (const CURLMsg* message = curl_.multi_info_read(multi_.get(), &left); message != nullptr) {
      const CURLcode result = message->data.result;
      const bool cut = limits_.sockets != nullptr && limits_.sockets->are_cut();
      return cut && result != CURLE_OK ? give_up(Ended::stopped) : result;
    }
    const auto now = ExchangeClock::now();
    if (now >= deadline_) return give_up(Ended::time_limit);
    curl_waitfd stop{.fd = limits_.stopped, .events = CURL_WAIT_POLLIN, .revents = 0};
    const long rest = std::min<long>(millis(deadline_ - now), 1000);
    curl_.multi_poll(multi_.get(), &stop, 1, static_cast<int>(rest), nullptr);
    if (stop.revents != 0) return give_up(Ended::stopped);
  }
}

CURLcode Exchange::give_up(Ended why) {
  ended_ = why;
  return CURLE_OPERATION_TIMEDOUT;
}

std::string Exchange::said(CURLcode code) const {
  return clip_text(text_.front() != '\0' ? text_.data() : curl_.easy_strerror(code), trouble_max);
}

Error no_connection(const std::string& origin, CURLcode code, const std::string& said) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return {Errc::denied, Retry::yes, fmt::format("{}: its certificate is not in order: {}", origin, said)};
    case CURLE_SSL_CACERT_BADFILE:
      return {Errc::denied, Retry::yes, fmt::format("{}: the file of authorities cannot be used: {}", origin, said)};
    default: return {Errc::unavailable, Retry::yes, fmt::format("{}: no connection: {}", origin, said)};
  }
}

}  // namespace aright::http
