#include "http/transfer.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/exchange.h"

namespace aright::http {

namespace {

/// One request on its way. libcurl calls back into it.
class Run {
 public:
  Run(const Libcurl& curl, const Transfer& wanted)
      : wanted_(wanted),
        headers_(nullptr, curl.slist_free_all),
        exchange_(curl, wanted.limits, wanted.request.url.tls ? "https" : "http") {
    exchange_.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    exchange_.set(CURLOPT_HTTP09_ALLOWED, 0L);
    exchange_.set(CURLOPT_PATH_AS_IS, 1L);
    set_request();
    set_answer();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Result<Answer> run() {
    const CURLcode ended = exchange_.run();
    answer_.status = static_cast<int>(exchange_.info<long>(CURLINFO_RESPONSE_CODE));
    answer_.from = exchange_.from();
    if (ended == CURLE_OK) return std::move(answer_);
    if (exchange_.ended() != Exchange::Ended::by_itself) {
      answer_.cut = exchange_.ended() == Exchange::Ended::stopped ? Cut::stopped : Cut::time_limit;
    }
    std::string said = exchange_.said(ended);
    const bool began = exchange_.info<long>(CURLINFO_REQUEST_SIZE) != 0 ||
                       exchange_.info<curl_off_t>(CURLINFO_PRETRANSFER_TIME_T) != 0;
    if (withheld_ || !began) return std::unexpected(not_sent(ended, said));
    if (answer_.cut == Cut::none) answer_.cut = ended == CURLE_OPERATION_TIMEDOUT ? Cut::time_limit : Cut::lost;
    answer_.trouble = std::move(said);
    return std::move(answer_);
  }

 private:
  void set_request() {
    const Outgoing& request = wanted_.request;
    exchange_.set(CURLOPT_URL, request.url.text().c_str());
    exchange_.pin(request.url);
    const bool has_body =
        request.method != "GET" && request.method != "HEAD" && (request.method != "DELETE" || !request.body.empty());
    if (request.method == "HEAD") {
      exchange_.set(CURLOPT_NOBODY, 1L);
    } else if (has_body) {
      exchange_.set(CURLOPT_POST, 1L);
      exchange_.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      exchange_.set(CURLOPT_POSTFIELDS, request.body.c_str());
    }
    exchange_.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
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
    headers_ = exchange_.list_of(lines);
    exchange_.set(CURLOPT_HTTPHEADER, headers_.get());
    if (!wanted_.may_send) return;
    exchange_.set(CURLOPT_PREREQFUNCTION, &Run::last_word);
    exchange_.set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  }

  static int last_word(void* self, char*, char*, int, int) {
    Run& run = *static_cast<Run*>(self);
    run.withheld_ = !run.wanted_.may_send();
    return run.withheld_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
  }

  void set_answer() {
    exchange_.set(CURLOPT_WRITEFUNCTION, &Run::take_body);
    exchange_.set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    exchange_.set(CURLOPT_HEADERFUNCTION, &Run::take_header);
    exchange_.set(CURLOPT_HEADERDATA, static_cast<void*>(this));
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

  [[nodiscard]] Error not_sent(CURLcode code, const std::string& said) const {
    const std::string origin = wanted_.request.url.origin();
    if (withheld_) return {Errc::paused, Retry::yes, origin + ": paused before the request was sent"};
    if (answer_.cut == Cut::stopped) return {Errc::paused, Retry::yes, origin + ": is not called, we are stopping"};
    return no_connection(origin, code, said);
  }

  const Transfer& wanted_;
  Answer answer_;
  std::size_t header_bytes_{0};
  bool withheld_{false};
  Exchange::List headers_;
  Exchange exchange_;  ///< before what it uses goes
};

}  // namespace

Result<Answer> transfer(const Transfer& wanted) {
  const auto curl = libcurl();
  if (!curl) return std::unexpected(curl.error());
  Run run(**curl, wanted);
  return run.run();
}

}  // namespace aright::http
