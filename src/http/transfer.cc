#include "http/transfer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/text.h"
#include "http/libcurl.h"

namespace aright::http {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t trouble_max = 200;

using Easy = std::unique_ptr<CURL, decltype(Libcurl::easy_cleanup)>;
using Multi = std::unique_ptr<CURLM, decltype(Libcurl::multi_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(Libcurl::slist_free_all)>;

List list_of(const Libcurl& curl, const std::vector<std::string>& lines) {
  List list(nullptr, curl.slist_free_all);
  for (const std::string& line : lines) {
    curl_slist* longer = curl.slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    if (list == nullptr) list.reset(longer);  // else it is the same
  }
  return list;
}

long millis(Nanos span) { return std::max<long>(1, static_cast<long>(span / std::chrono::milliseconds{1})); }

/// One request on its way. libcurl calls back into it.
class Run {
 public:
  Run(const Libcurl& curl, const Transfer& wanted)
      : curl_(curl),
        wanted_(wanted),
        deadline_(Clock::now() + wanted.time_limit),
        resolved_(nullptr, curl.slist_free_all),
        headers_(nullptr, curl.slist_free_all),
        easy_(curl.easy_init(), curl.easy_cleanup),
        multi_(curl.multi_init(), curl.multi_cleanup) {
    if (!easy_ || !multi_) throw std::bad_alloc();
    refuse_everything_else();
    set_request();
    set_answer();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { curl_.multi_remove_handle(multi_.get(), easy_.get()); }

  Result<Answer> run() {
    curl_.multi_add_handle(multi_.get(), easy_.get());
    const auto ended = wait();
    long status = 0;
    long sent = 0;
    curl_off_t began = 0;
    curl_.easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_.easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &sent);
    curl_.easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &began);
    answer_.status = static_cast<int>(status);
    if (ended == CURLE_OK) return std::move(answer_);
    std::string said = text_.front() != '\0' ? text_.data() : curl_.easy_strerror(ended);
    said = clip_text(said, trouble_max);
    if (withheld_ || (sent == 0 && began == 0)) return std::unexpected(not_sent(ended, said));
    if (answer_.cut == Cut::none) answer_.cut = ended == CURLE_OPERATION_TIMEDOUT ? Cut::time_limit : Cut::lost;
    answer_.trouble = std::move(said);
    return std::move(answer_);
  }

 private:
  template <class V>
  void set(CURLoption option, V value) {
    if (const CURLcode code = curl_.easy_setopt(easy_.get(), option, value); code != CURLE_OK && bad_ == CURLE_OK) {
      bad_ = code;
    }
  }

  void refuse_everything_else() {
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, wanted_.request.url.tls ? "https" : "http");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOPROXY, "*");
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_HTTP09_ALLOWED, 0L);
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_FRESH_CONNECT, 1L);  // a reused one that is dead would be tried a second time
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!wanted_.ca_file.empty()) {
      set(CURLOPT_CAINFO, wanted_.ca_file.c_str());
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    set(CURLOPT_OPENSOCKETFUNCTION, &Run::open_socket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, text_.data());
    set(CURLOPT_CONNECTTIMEOUT_MS, millis(wanted_.connect_limit));
    set(CURLOPT_TIMEOUT_MS, millis(wanted_.time_limit));
  }

  void set_request() {
    const Outgoing& request = wanted_.request;
    set(CURLOPT_URL, request.url.text().c_str());
    if (!request.url.address) {
      std::vector<std::string> texts;
      texts.reserve(wanted_.addresses.size());
      for (const Ip& ip : wanted_.addresses) texts.push_back(ip.v4 ? ip.text() : "[" + ip.text() + "]");
      resolved_ = list_of(curl_, {fmt::format("{}:{}:{}", request.url.host, request.url.port, fmt::join(texts, ","))});
      set(CURLOPT_RESOLVE, resolved_.get());
    }
    const bool has_body =
        request.method != "GET" && request.method != "HEAD" && (request.method != "DELETE" || !request.body.empty());
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (has_body) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.c_str());
    }
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    std::vector<std::string> lines{"Expect:"};
    bool typed = false;
    bool named = false;
    for (const auto& [name, value] : request.headers) {
      typed = typed || same_name(name, "Content-Type");
      named = named || same_name(name, "User-Agent");
      lines.push_back(value.empty() ? name + ";" : name + ": " + value);
    }
    if (has_body && !typed) lines.emplace_back("Content-Type:");
    if (!named) lines.emplace_back("User-Agent: aright/" ARIGHT_VERSION);
    headers_ = list_of(curl_, lines);
    set(CURLOPT_HTTPHEADER, headers_.get());
    if (!wanted_.may_send) return;
    set(CURLOPT_PREREQFUNCTION, &Run::last_word);
    set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  }

  static int last_word(void* self, char*, char*, int, int) {
    Run& run = *static_cast<Run*>(self);
    run.withheld_ = !run.wanted_.may_send();
    return run.withheld_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
  }

  void set_answer() {
    set(CURLOPT_WRITEFUNCTION, &Run::take_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &Run::take_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  }

  static std::size_t take_body(const char* bytes, std::size_t, std::size_t count, void* self) {
    Run& run = *static_cast<Run*>(self);
    Answer& answer = run.answer_;
    const std::size_t room = run.wanted_.request.kept_max - std::min(run.wanted_.request.kept_max, answer.body.size());
    answer.body.append(bytes, std::min(count, room));
    answer.total += count;
    if (answer.total <= answer_bytes_max) return count;
    answer.cut = Cut::too_long;
    return 0;
  }

  static std::size_t take_header(const char*, std::size_t, std::size_t count, void* self) {
    Run& run = *static_cast<Run*>(self);
    run.header_bytes_ += count;
    if (run.header_bytes_ <= answer_header_bytes_max) return count;
    run.answer_.cut = Cut::too_long;
    return 0;
  }

  /// The last word on where a connection goes, whatever made libcurl choose the address.
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* to) {
    Run& run = *static_cast<Run*>(self);
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
    if (std::ranges::find(run.wanted_.addresses, ip) == run.wanted_.addresses.end()) return CURL_SOCKET_BAD;
    run.answer_.from = ip;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  }

  CURLcode wait() {
    if (bad_ != CURLE_OK) return bad_;
    for (;;) {
      int running = 0;
      if (curl_.multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
      int left = 0;
      if (const CURLMsg* message = curl_.multi_info_read(multi_.get(), &left); message != nullptr) {
        return message->data.result;
      }
      const auto now = Clock::now();
      if (now >= deadline_) return give_up(Cut::time_limit);
      curl_waitfd stop{.fd = wanted_.stopped, .events = CURL_WAIT_POLLIN, .revents = 0};
      const long rest = std::min<long>(millis(deadline_ - now), 1000);
      curl_.multi_poll(multi_.get(), &stop, 1, static_cast<int>(rest), nullptr);
      if (stop.revents != 0) return give_up(Cut::stopped);
    }
  }

  CURLcode give_up(Cut why) {
    answer_.cut = why;
    return CURLE_OPERATION_TIMEDOUT;
  }

  [[nodiscard]] Error not_sent(CURLcode code, const std::string& said) const {
    const std::string origin = wanted_.request.url.origin();
    if (withheld_) return {Errc::paused, Retry::yes, origin + ": paused before the request was sent"};
    if (answer_.cut == Cut::stopped) return {Errc::paused, Retry::yes, origin + ": is not called, we are stopping"};
    switch (code) {
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_ISSUER_ERROR:
        return {Errc::denied, Retry::yes, fmt::format("{}: its certificate is not in order: {}", origin, said)};
      case CURLE_SSL_CACERT_BADFILE:
        return {Errc::denied, Retry::yes, fmt::format("{}: the file of authorities cannot be used: {}", origin, said)};
      default: return {Errc::unavailable, Retry::yes, fmt::format("{}: no connection: {}", origin, said)};
    }
  }

  const Libcurl& curl_;
  const Transfer& wanted_;
  const Clock::time_point deadline_;
  Answer answer_;
  std::size_t header_bytes_{0};
  std::array<char, CURL_ERROR_SIZE> text_{};
  CURLcode bad_{CURLE_OK};
  bool withheld_{false};
  List resolved_;
  List headers_;
  Easy easy_;  ///< before what it uses goes
  Multi multi_;
};

}  // namespace

Result<Answer> transfer(const Transfer& wanted) {
  const auto curl = libcurl();
  if (!curl) return std::unexpected(curl.error());
  Run run(**curl, wanted);
  return run.run();
}

}  // namespace aright::http
