#include "http/mail_transfer.h"

#include <fmt/format.h>

#include "base/text.h"

namespace aright::http {

namespace {

/// One message on its way. libcurl calls back into it.
class Posting {
 public:
  Posting(const Libcurl& curl, const Mail& mail, const ExchangeLimits& limits)
      : mail_(mail),
        to_(nullptr, curl.slist_free_all),
        exchange_(curl, limits, mail.tls == Mail::Tls::implicit ? "smtps" : "smtp") {
    const char* scheme = mail.tls == Mail::Tls::implicit ? "smtps" : "smtp";
    exchange_.set(CURLOPT_URL, fmt::format("{}://{}:{}", scheme, mail.server.host_text(), mail.server.port).c_str());
    exchange_.pin(mail.server);
    // libcurl waits within its own call for the answer to the text, and then for one to its good-bye: so long at most.
    const auto answer_limit = std::chrono::ceil<std::chrono::seconds>(limits.time_limit);
    exchange_.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(answer_limit.count()));
    exchange_.set(CURLOPT_USE_SSL, static_cast<long>(mail.tls == Mail::Tls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!mail.user.empty()) {
      exchange_.set(CURLOPT_USERNAME, mail.user.c_str());
      exchange_.set(CURLOPT_PASSWORD, mail.password.c_str());
    }
    exchange_.set(CURLOPT_MAIL_FROM, fmt::format("<{}>", mail.from).c_str());
    std::vector<std::string> to;
    to.reserve(mail.to.size());
    for (const std::string& mailbox : mail.to) to.push_back(fmt::format("<{}>", mailbox));
    to_ = exchange_.list_of(to);
    exchange_.set(CURLOPT_MAIL_RCPT, to_.get());
    exchange_.set(CURLOPT_UPLOAD, 1L);
    exchange_.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.text.size()));
    exchange_.set(CURLOPT_READFUNCTION, &Posting::give);
    exchange_.set(CURLOPT_READDATA, static_cast<void*>(this));
    exchange_.set(CURLOPT_HEADERFUNCTION, &Posting::hear);
    exchange_.set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    exchange_.set(CURLOPT_WRITEFUNCTION, &Posting::hear);
    exchange_.set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  }
  Posting(const Posting&) = delete;
  Posting& operator=(const Posting&) = delete;

  Result<std::string> run() {
    const CURLcode ended = exchange_.run();
    const long code = exchange_.info<long>(CURLINFO_RESPONSE_CODE);
    if (ended == CURLE_OK) return "taken: " + last_;
    const std::string origin = fmt::format("mail server {}:{}", mail_.server.host_text(), mail_.server.port);
    const std::string said = exchange_.said(ended);
    const bool all_given = given_ == mail_.text.size() && given_ != 0;  // the server may have taken it all the same
    const char* twice = all_given ? "; all of it had been sent, so it may arrive twice" : "";
    if (exchange_.ended() == Exchange::Ended::stopped) return fail(Errc::paused, "we are stopping", Retry::yes);
    if (exchange_.ended() == Exchange::Ended::time_limit || ended == CURLE_OPERATION_TIMEDOUT) {
      return fail(Errc::timeout, fmt::format("{}: does not take it in time{}", origin, twice), Retry::yes);
    }
    if (code < 400 && all_given) {
      return fail(Errc::unavailable,
                  fmt::format("{}: the connection was lost before it said that it has it{}", origin, twice),
                  Retry::yes);
    }
    if (code < 400 || ended == CURLE_USE_SSL_FAILED) return std::unexpected(no_connection(origin, ended, said));
    // Of mailbox, policy and size; what is wrong with the login or the way can be mended without another message.
    const bool final = ended != CURLE_LOGIN_DENIED && code >= 550 && code <= 556;
    return fail(final ? Errc::invalid : Errc::unavailable,
                fmt::format("{} says {}", origin, last_.empty() ? said : last_), final ? Retry::no : Retry::yes);
  }

 private:
  static std::size_t give(char* into, std::size_t size, std::size_t count, void* self) {
    Posting& its = *static_cast<Posting*>(self);
    const std::size_t given = its.mail_.text.copy(into, size * count, its.given_);
    its.given_ += given;
    return given;
  }

  /// A line the server said; `last_` is what counts of it.
  static std::size_t hear(const char* bytes, std::size_t, std::size_t count, void* self) {
    constexpr std::size_t shown_max = 200;
    Posting& its = *static_cast<Posting*>(self);
    its.heard_ += count;
    const std::string_view line(bytes, count);
    if (!line.starts_with("221")) its.last_ = clip_text(trimmed(line), shown_max);  // its good-bye
    return its.heard_ <= heard_max ? count : 0;
  }

  static std::string trimmed(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    return std::string(line);
  }

  static constexpr std::size_t heard_max = std::size_t{64} << 10U;
  const Mail& mail_;
  std::size_t given_{0};
  std::size_t heard_{0};
  std::string last_;
  Exchange::List to_;
  Exchange exchange_;  ///< before what it uses goes
};

}  // namespace

Result<std::string> transfer_mail(const Mail& mail, const ExchangeLimits& limits) {
  const auto curl = libcurl();
  if (!curl) return std::unexpected(curl.error());
  return Posting(**curl, mail, limits).run();
}

}  // namespace aright::http
