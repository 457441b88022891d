#include "source/webhook/webhook_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "model/port/reserve.h"
#include "source/webhook/webhook_record.h"

namespace aright::source {

namespace {

constexpr std::size_t read_records = 256;
constexpr std::size_t read_bytes = std::size_t{1} << 20U;
constexpr std::string_view again_after_s = "30";

WebhookOutcome outcome_of(http::WebhookRefusal why) {
  using enum http::WebhookRefusal;
  switch (why) {
    case no_key: return WebhookOutcome::unavailable;
    case missing: return WebhookOutcome::not_signed;
    case repeated:
    case malformed: return WebhookOutcome::bad_header;
    case wrong: return WebhookOutcome::wrong;
    case too_old: return WebhookOutcome::too_old;
    case too_new: return WebhookOutcome::too_new;
  }
  std::abort();
}

http::Response ok(const Json& body) { return {200, "application/json", body.dump()}; }

/// GitHub does not sign its id: the same signature under another id is the same delivery sent again.
std::vector<std::string> ids_of(const http::WebhookCheck& check, const http::Delivery& delivery) {
  if (delivery.id.empty()) return {};  // by a token: the same bytes may be said again, and count again
  std::vector<std::string> ids{"id " + delivery.id};
  if (check.scheme == http::WebhookScheme::github) ids.push_back("signature " + delivery.signature);
  return ids;
}

std::map<std::string, std::string> fields_of(const WebhookOptions& options, const http::Headers& headers) {
  std::map<std::string, std::string> fields;
  for (const auto& [field, header] : options.headers) {
    if (const auto values = http::values_of(headers, header); !values.empty()) fields[field] = values.front();
  }
  return fields;
}

/// "application/json; charset=utf-8", "application/vnd.github+json", or not said.
bool may_be_json(const http::Headers& headers) {
  const auto types = http::values_of(headers, "Content-Type");
  return types.empty() || types.front().contains("json");
}

/// The body's own fields stand before those of headers.
void add_fields(Decoded& decoded, std::map<std::string, std::string> fields) {
  for (auto& [field, text] : fields) {
    if (decoded.data.contains(field)) continue;
    decoded.data[field] = std::move(text);
    decoded.outsider.push_back({field, FieldType::text});
    if (!decoded.no_time || decoded.no_time->field != field) continue;
    decoded.take_time(field, decoded.data[field].get_ref<const std::string&>());
  }
}

Event event_of(Decoded decoded, const WebhookRecord& record, const std::string& name, const SpooledDelivery& delivery) {
  add_fields(decoded, record.fields);
  return source::event_of(std::move(decoded), name, delivery.number, delivery.at);
}

/// How far workflows go with what is posted now.
Mode mode_of(const WebhookOptions& options) { return options.check ? options.mode : Mode::observe; }

/// And with what was kept then. Before a version that keeps it: as now.
Mode mode_of(const WebhookOptions& options, const SpooledDelivery& delivery) {
  return std::min(mode_of(options), delivery.mode_max.value_or(Mode::auto_));
}

Error no_delivery() { return {Errc::corrupt, Retry::no, "a record of the spool that is no delivery"}; }

}  // namespace

/// Whatever is still there may be read again: `first_at` is not null.
Lane deliveries_lane(const std::string& name, std::uint64_t next) {
  return {.part = name, .begin = 0, .next = next, .at = nullptr, .first = 0, .first_at = 0};
}

WebhookSource::WebhookSource(WebhookOptions options, DeliverySpool& spool, std::function<void()> told)
    : spool_(spool), told_(std::move(told)) {
  adopt(std::move(options));
}

void WebhookSource::adopt(WebhookOptions options) {
  auto decoder = json_decoder(options.json);
  auto made = std::make_shared<const Set>(Set{std::move(options), std::move(decoder)});
  const std::scoped_lock lock(mutex_);
  set_ = std::move(made);
}

std::shared_ptr<const WebhookSource::Set> WebhookSource::set() const {
  const std::scoped_lock lock(mutex_);
  return set_;
}

http::Response WebhookSource::answer(WebhookOutcome outcome, unsigned status, std::string_view detail,
                                     http::Headers headers) {
  count(outcome);
  return http::problem(status, detail, std::move(headers));
}

http::Response WebhookSource::refuse(const http::Refused& why, const std::string& scheme) {
  const WebhookOutcome outcome = outcome_of(why.why);
  if (outcome == WebhookOutcome::unavailable) {
    note_refusal(why.message);
    return answer(outcome, 503, why.message, {{"Retry-After", std::string(again_after_s)}});
  }
  return answer(outcome, 401, why.message, {{"WWW-Authenticate", scheme}});
}

void WebhookSource::note_refusal(std::string why) {
  const std::scoped_lock lock(mutex_);
  refusal_ = std::move(why);
}

/// Where on this machine it fails is the operator's to know, not the sender's.
http::Response WebhookSource::failed(const Error& error) {
  if (error.code == Errc::invalid) return answer(WebhookOutcome::oversized, 413, error.message);
  const bool full = error.code == Errc::no_space;
  note_refusal((full ? "there is no room to keep them: " : "") + error.message);
  if (full) told_();  // whoever works off what is kept makes room
  return answer(full ? WebhookOutcome::no_space : WebhookOutcome::unavailable, 503,
                full ? "there is no room to keep the delivery; send it again later"
                     : "the delivery cannot be kept now; the daemon's log and `aright sources list` say why, send it "
                       "again later",
                {{"Retry-After", std::string(again_after_s)}});
}

std::optional<http::Response> WebhookSource::screen(const http::Request& head) {
  const auto now = set();
  if (head.method != "POST") {
    return answer(WebhookOutcome::not_post, 405, "deliveries are posted", {{"Allow", "POST"}});
  }
  if (head.body_bytes > now->options.body_max) {
    return answer(WebhookOutcome::oversized, 413,
                  fmt::format("the body has {} bytes, at most {} are taken", head.body_bytes, now->options.body_max));
  }
  if (closed_) return failed({Errc::no_space, Retry::yes, lives_on_reserve});
  return std::nullopt;
}

http::Response WebhookSource::take(const http::Request& request, WallTime now) {
  const auto current = set();
  const WebhookOptions& options = current->options;
  NewDelivery delivery{{}, {}, now, mode_of(options)};
  if (options.check) {
    auto judged = http::authenticate(*options.check, request.headers, request.body, now);
    const bool token = options.check->scheme == http::WebhookScheme::bearer;
    if (!judged) return refuse(judged.error(), token ? "Bearer" : "HMAC-SHA256");
    delivery.ids = ids_of(*options.check, *judged);
  }
  delivery.bytes = encode_webhook({fields_of(options, request.headers), request.body});
  const auto stored = spool_.keep(delivery);
  if (!stored) return failed(stored.error());
  note_refusal({});
  if (!stored->repeated) told_();
  const auto decoded = current->decoder->decode(request.body, now);
  return kept(*stored, decoded ? Result<Done>(Done{}) : std::unexpected(decoded.error()), request);
}

http::Response WebhookSource::kept(const KeptDelivery& delivery, const Result<Done>& proper,
                                   const http::Request& request) {
  if (delivery.repeated) {
    count(WebhookOutcome::duplicate);
    return ok({{"duplicate", true}});
  }
  if (!proper) {
    return answer(WebhookOutcome::malformed, may_be_json(request.headers) ? 422 : 415,
                  fmt::format("{}; one JSON object is expected. What was sent is kept aside as number {}",
                              proper.error().message, delivery.number));
  }
  count(WebhookOutcome::taken);
  return ok({{"duplicate", false}, {"number", delivery.number}});
}

Result<EventsRead> WebhookSource::read(std::uint64_t from, WallTime now) {
  const auto current = set();
  const WebhookOptions& options = current->options;
  auto deliveries = spool_.read(from, read_records, read_bytes);
  if (!deliveries) return std::unexpected(deliveries.error());
  EventsRead read;
  read.source = options.name;
  read.arrival = now;
  read.mode_max = deliveries->empty() ? mode_of(options) : mode_of(options, deliveries->front());
  read.seed = random_digest();
  std::uint64_t next = from;
  if (!deliveries->empty() && deliveries->front().number > from) {
    read.gaps.push_back(
        {options.name, from,
         fmt::format("deliveries {} to {} are not in the spool any more", from, deliveries->front().number - 1)});
  }
  for (const SpooledDelivery& delivery : *deliveries) {
    if (mode_of(options, delivery) != read.mode_max) break;  // of one batch all may go as far
    const auto record = decode_webhook(delivery.bytes);
    if (!record) return std::unexpected(no_delivery());
    next = delivery.number + 1;
    read.bytes += delivery.bytes.size();
    auto decoded = current->decoder->decode(record->body, delivery.at);
    if (!decoded) {
      read.quarantined.push_back({options.name, delivery.number, decoded.error().message, record->body.size(),
                                  hex(hmac_sha256(options.commitment_key, record->body)),
                                  std::string(record->body.substr(0, quarantined_beginning_max))});
      continue;
    }
    if (!*decoded) {
      ++read.skipped;
      continue;
    }
    read.events.push_back(event_of(std::move(**decoded), *record, options.name, delivery));
  }
  read.lanes.push_back(deliveries_lane(options.name, next));
  return read;
}

Result<ReadAgain> WebhookSource::read_again(std::uint64_t number) {
  const auto current = set();
  const auto deliveries = spool_.read(number, 1, 1);
  if (!deliveries) return std::unexpected(deliveries.error());
  if (deliveries->empty() || deliveries->front().number != number) {
    return fail(Errc::not_found, fmt::format("delivery {} is not in the spool any more", number));
  }
  const SpooledDelivery& delivery = deliveries->front();
  const auto record = decode_webhook(delivery.bytes);
  if (!record) return std::unexpected(no_delivery());
  auto decoded = current->decoder->decode(record->body, delivery.at);
  if (!decoded) return ReadAgain{std::nullopt, "it is malformed: " + decoded.error().message};
  if (!*decoded) return ReadAgain{std::nullopt, "its source's decoder is not for it"};
  return ReadAgain{event_of(std::move(**decoded), *record, current->options.name, delivery), {}};
}

WebhookFigures WebhookSource::figures() const {
  WebhookFigures figures{{}, spool_.figures(), closed_, {}};
  {
    const std::scoped_lock lock(mutex_);
    figures.refusal = refusal_;
  }
  for (std::size_t i = 0; i < outcomes_.size(); ++i) figures.outcomes.at(i) = outcomes_.at(i);
  return figures;
}

}  // namespace aright::source
