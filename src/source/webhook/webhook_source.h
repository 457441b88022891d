// Source `webhook`: deliveries posted to /hooks/NAME. Each is judged, kept durably under its id, and only then
// acknowledged; what is kept is read as events.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/webhook_auth.h"
#include "model/intake.h"
#include "model/port/delivery_spool.h"
#include "source/tail/decode.h"

namespace aright::source {

/// What became of a request.
enum class WebhookOutcome : std::uint8_t {
  taken,        ///< 200
  duplicate,    ///< 200, nothing is done again
  malformed,    ///< 422, or 415 when its type is not JSON; kept and quarantined
  oversized,    ///< 413
  not_post,     ///< 405
  not_signed,   ///< 401: a header of the signature is missing
  bad_header,   ///< 401: one is there twice, or not of its form
  wrong,        ///< 401: not signed by one of the keys
  too_old,      ///< 401
  too_new,      ///< 401
  no_space,     ///< 503: the disk or the spool is full
  unavailable,  ///< 503: it cannot be kept for another reason, or there is no key
};
inline constexpr std::array<std::string_view, 12> webhook_outcome_names{
    "taken",      "duplicate", "malformed", "oversized", "not_post", "not_signed",
    "bad_header", "wrong",     "too_old",   "too_new",   "no_space", "unavailable"};

struct WebhookOptions {
  std::string name;
  std::optional<http::WebhookCheck> check;      ///< nullopt: anybody may post
  Mode mode{Mode::auto_};                       ///< how far workflows go with what comes of it
  std::size_t body_max{std::size_t{1} << 20U};  ///< bytes
  std::map<std::string, std::string> headers;   ///< fields of the event that are taken from headers; an outsider's text
  JsonLines json;
  std::string commitment_key;  ///< of Quarantined::commitment
};

struct WebhookFigures {
  std::array<std::uint64_t, webhook_outcome_names.size()> outcomes{};  ///< since start, by WebhookOutcome
  DeliverySpoolFigures spool;
  bool closed{false};
  std::string refusal;  ///< why the last one that was to be kept could not be; empty: it was kept
};

/// The lane of the source `name`, whose delivery `next` is the first that is not handled.
[[nodiscard]] Lane deliveries_lane(const std::string& name, std::uint64_t next);

/// Any thread, several at once. `spool` must outlive it.
class WebhookSource {
 public:
  /// `told` is called, by whichever thread, after something was kept, and when there was no room for it.
  WebhookSource(WebhookOptions options, DeliverySpool& spool, std::function<void()> told);

  [[nodiscard]] std::string name() const { return set()->options.name; }

  /// Other options from the next request on.
  void adopt(WebhookOptions options);
  /// While closed everything is answered 503: the engine has no room to record what would come of it.
  void close(bool closed) { closed_ = closed; }

  /// Judges a request by its header, before its body is read (http::Screen).
  std::optional<http::Response> screen(const http::Request& head);
  /// Judges, keeps and answers. Blocks for one sync, which all who wait at the same time share.
  http::Response take(const http::Request& request, WallTime now);

  /// What is kept from number `from` on, a bounded piece of it, decoded; its one lane ends behind it. Workflows go
  /// equally far with all of it: as far as when it was kept, and no further than the options say now. Numbers that are
  /// not there any more are a gap. Errors as DeliverySpool::read.
  [[nodiscard]] Result<EventsRead> read(std::uint64_t from, WallTime now);

  /// What is kept under this number, decoded once more. Errc::not_found: it is not in the spool any more. Errors as
  /// DeliverySpool::read.
  [[nodiscard]] Result<ReadAgain> read_again(std::uint64_t number);

  [[nodiscard]] WebhookFigures figures() const;

 private:
  struct Set {
    WebhookOptions options;
    std::unique_ptr<LineDecoder> decoder;
  };
  [[nodiscard]] std::shared_ptr<const Set> set() const;
  http::Response answer(WebhookOutcome outcome, unsigned status, std::string_view detail, http::Headers headers = {});
  http::Response refuse(const http::Refused& why, const std::string& scheme);
  http::Response failed(const Error& error);
  void note_refusal(std::string why);
  http::Response kept(const KeptDelivery& delivery, const Result<Done>& proper, const http::Request& request);
  void count(WebhookOutcome outcome) { ++outcomes_.at(static_cast<std::size_t>(outcome)); }

  DeliverySpool& spool_;
  std::function<void()> told_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Set> set_;  ///< under `mutex_`
  std::string refusal_;             ///< likewise
  std::atomic<bool> closed_{false};
  std::array<std::atomic<std::uint64_t>, webhook_outcome_names.size()> outcomes_{};
};

}  // namespace aright::source
