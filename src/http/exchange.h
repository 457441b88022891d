// What every conversation by libcurl keeps to, whatever it speaks: where it connects, how it is protected, when it
// ends.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "http/libcurl.h"
#include "http/open_sockets.h"
#include "http/url.h"

namespace aright::http {

struct ExchangeLimits {
  std::span<const Ip> addresses;  ///< no other is ever connected to
  std::string ca_file;            ///< empty: the system's authorities
  Nanos connect_limit{};
  Nanos time_limit{};
  int stopped{-1};                ///< readable: end at once
  OpenSockets* sockets{nullptr};  ///< none: `stopped` is enough
};

/// One conversation, by one thread. libcurl calls back into it, so it does not move.
class Exchange {
 public:
  using List = std::unique_ptr<curl_slist, decltype(Libcurl::slist_free_all)>;
  enum class Ended : std::uint8_t { by_itself, time_limit, stopped };

  /// `protocol`: the only one that is spoken. `limits`, and what they point to, outlive it.
  Exchange(const Libcurl& curl, const ExchangeLimits& limits, const char* protocol);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  template <class V>
  void set(CURLoption option, V value) {
    if (const CURLcode code = curl_.easy_setopt(easy_.get(), option, value); code != CURLE_OK && bad_ == CURLE_OK) {
      bad_ = code;
    }
  }
  [[nodiscard]] List list_of(const std::vector<std::string>& lines) const;
  /// A name goes to the addresses it was judged by.
  void pin(const Url& url);

  CURLcode run();
  [[nodiscard]] Ended ended() const { return ended_; }
  [[nodiscard]] std::string said(CURLcode code) const;  ///< why it did not go well, in libcurl's words
  template <class V>
  [[nodiscard]] V info(CURLINFO what) const {
    V value{};
    curl_.easy_getinfo(easy_.get(), what, &value);
    return value;
  }
  [[nodiscard]] const Ip& from() const { return from_; }  ///< who was connected to last

 private:
  void refuse_everything_else(const char* protocol);
  static int close_socket(void* self, curl_socket_t fd);
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* to);
  CURLcode give_up(Ended why);

  using Easy = std::unique_ptr<CURL, decltype(Libcurl::easy_cleanup)>;
  using Multi = std::unique_ptr<CURLM, decltype(Libcurl::multi_cleanup)>;
  const Libcurl& curl_;
  const ExchangeLimits& limits_;
  const std::chrono::steady_clock::time_point deadline_;
  Ip from_;
  std::array<char, CURL_ERROR_SIZE> text_{};
  CURLcode bad_{CURLE_OK};
  Ended ended_{Ended::by_itself};
  List resolved_;
  Easy easy_;  ///< before what it uses goes
  Multi multi_;
};

/// Whether this means that the server is not who it should be; Errc::denied where it does, else Errc::unavailable.
[[nodiscard]] Error no_connection(const std::string& origin, CURLcode code, const std::string& said);

}  // namespace aright::http
