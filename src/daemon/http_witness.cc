#include "daemon/http_witness.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/text.h"
#include "http/url.h"

namespace aright::daemon {

namespace {

constexpr std::size_t answer_max = 64U << 10U;  // of a note
constexpr std::size_t answer_shown = 200;
constexpr int tries = 3;  // one without knowing what it has, one after it has said so, one if it changed meanwhile

/// The only number that a conflict tells: entries of the last checkpoint it has cosigned.
Result<std::uint64_t> told_size(std::string_view body) {
  std::uint64_t size = 0;
  const auto [stop, error] = std::from_chars(body.data(), body.data() + body.size(), size);
  if (error != std::errc{} || body.substr(static_cast<std::size_t>(stop - body.data())) != "\n") {
    return fail(Errc::invalid,
                fmt::format("answers 409 without the size it has cosigned: \"{}\"", clip_text(body, answer_shown)));
  }
  return size;
}

std::unexpected<Error> refused(const http::Answer& answer) {
  const std::string said = fmt::format("status {}: {}", answer.status, clip_text(answer.body, answer_shown));
  switch (answer.status) {
    case 404: return fail(Errc::not_found, "does not know this log: its owner adds our public key (" + said + ")");
    case 403: return fail(Errc::denied, "knows another key for this log than ours (" + said + ")");
    default: return fail(Errc::unavailable, said, Retry::yes);
  }
}

}  // namespace

Result<std::unique_ptr<HttpWitness>> HttpWitness::create(cli::WitnessPlace place, Consistency consistency,
                                                         Nanos time_limit, http::Resolve resolve) {
  auto client = http::Client::create(std::move(resolve));
  if (!client) return std::unexpected(client.error());
  return std::unique_ptr<HttpWitness>(
      new HttpWitness(std::move(place), std::move(consistency), time_limit, std::move(*client)));
}

Result<http::Answer> HttpWitness::post(const std::string& note, std::uint64_t old_size, std::uint64_t size) {
  const auto proof = consistency_(old_size, size);
  if (!proof) return std::unexpected(proof.error());
  auto url = http::parse_url(place_.path + "/add-checkpoint");
  if (!url) return std::unexpected(url.error());
  http::Outgoing request;
  request.method = "POST";
  request.url = std::move(*url);
  request.time_limit = time_limit_;
  request.kept_max = answer_max;
  request.body = fmt::format("old {}\n", old_size);
  for (const Digest& node : *proof) request.body += base64(as_text(node)) + "\n";
  request.body += "\n" + note;
  auto answer = client_->send(place_.destinations, request);
  if (answer && answer->cut != http::Cut::none) {
    return fail(Errc::unavailable, "its answer did not come whole: " + answer->trouble, Retry::yes);
  }
  return answer;
}

Result<HttpWitness::Said> HttpWitness::submit(const std::string& note, std::uint64_t size) {
  for (int i = 0; i < tries; ++i) {
    // Asked anew the next time: its owner may have made it forget this log.
    if (known_ > size) return Said{Said::What::longer, std::exchange(known_, 0), {}};
    const auto answer = post(note, known_, size);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status == 200) {
      auto cosignature = audit::open_cosignature(note, answer->body, place_.key);
      if (!cosignature) return std::unexpected(cosignature.error());
      known_ = size;
      return Said{Said::What::cosigned, size, std::move(*cosignature)};
    }
    if (answer->status == 422 && known_ != 0) return Said{Said::What::other, known_, {}};
    if (answer->status != 409) return refused(*answer);
    const auto has = told_size(answer->body);
    if (!has) return std::unexpected(has.error());
    // The same size with another root is a conflict too.
    if (*has == known_ && known_ == size) return Said{Said::What::other, size, {}};
    known_ = *has;
  }
  return fail(Errc::unavailable, "has cosigned another checkpoint at each try: somebody else hands them in",
              Retry::yes);
}

std::string in_words(const HttpWitness::Said& said, std::uint64_t size) {
  if (said.what == HttpWitness::Said::What::longer) {
    return fmt::format("it has cosigned a checkpoint for {} entries, but this log has signed {}: it was set back",
                       said.size, size);
  }
  return fmt::format(
      "it has cosigned a checkpoint for {} entries that is no beginning of this log of {}: they were changed and "
      "signed "
      "anew",
      said.size, size);
}

}  // namespace aright::daemon
