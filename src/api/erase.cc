// POST /v1/contents/erase: the contents of one subject, for good.
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "api/request_body.h"
#include "api/told_contents.h"

namespace aright::api {

namespace {

constexpr std::size_t erased_max = 100'000;  ///< at once: they go in one commit

/// What is stored about one subject.
Result<engine::Erase> contents_of(History& history, const std::string& subject) {
  const auto about = told_contents(history, subject);
  if (!about) return std::unexpected(about.error());
  engine::Erase erase{.subject = subject, .reason = {}, .contents = {}};
  erase.workflows.assign(about->workflows.begin(), about->workflows.end());
  erase.controls.assign(about->controls.begin(), about->controls.end());
  erase.told = about->told;
  erase.runs = about->runs;
  erase.folded = about->folded;
  for (const std::string& id : about->contents) {
    const auto kept = history.keeps(id);
    if (!kept) return std::unexpected(kept.error());
    if (!*kept) continue;
    erase.more = erase.contents.size() == erased_max;
    if (erase.more) break;
    erase.contents.push_back(id);
  }
  return erase;
}

}  // namespace

http::Response Api::erase(const http::Request& request) {
  const auto body = body_of(request, {"subject", "reason"});
  if (!body) return problem(body.error());
  auto reason = reason_of(*body);
  if (!reason) return problem(reason.error());
  const std::string asked = body->value("subject", "");
  if (asked.empty()) return problem({Errc::invalid, Retry::no, "whose contents? `subject` is missing"});
  const std::string subject = asked.starts_with('/') ? "file:" + asked : asked;
  auto erase = contents_of(history_, subject);
  if (!erase) return problem(erase.error());
  erase->reason = std::move(*reason);
  return command(std::move(*erase), request);
}

}  // namespace aright::api
