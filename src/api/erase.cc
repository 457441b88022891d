// POST /v1/contents/erase: the contents of one subject, for good.
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "api/answers.h"
#include "api/api.h"
#include "api/request_body.h"

namespace aright::api {

namespace {

constexpr std::size_t erased_max = 100'000;  ///< at once: they go in one commit

void add_id(const Json& holder, const char* key, std::set<std::string>& ids) {
  const auto found = holder.find(key);
  if (found == holder.end() || !found->is_object()) return;
  if (const std::string id = found->value("id", ""); !id.empty()) ids.insert(id);
}

/// Of steps on it, and of every step of a run about it.
void add_run(const Json& run, const std::string& subject, std::set<std::string>& ids) {
  const bool about = run.value("subject", "") == subject;
  for (const Json& step : run.value("steps", Json::array())) {
    if (!about && step.value("resource", "") != subject) continue;
    add_id(step, "before", ids);
    add_id(step, "after", ids);
    for (const char* key : {"ran", "looked"}) {
      if (step.contains(key)) add_id(step.at(key), "output", ids);
    }
  }
}

Result<Done> each_row(History& history, const std::string& table, const std::function<void(const Json&)>& take) {
  PageRequest wanted{.table = table, .only_open = false, .limit = page_rows_max, .before = {}};
  while (true) {
    auto page = history.page(wanted);
    if (!page) return std::unexpected(page.error());
    for (const Row& row : page->rows) take(doc_of(row));
    if (page->rows.empty() || page->more == 0) return Done{};
    wanted.before = page->rows.back().id;
  }
}

Result<std::vector<std::string>> contents_of(History& history, const std::string& subject) {
  std::set<std::string> ids;
  auto ok = each_row(history, "run", [&](const Json& run) { add_run(run, subject, ids); });
  if (!ok) return std::unexpected(ok.error());
  ok = each_row(history, "finding", [&](const Json& finding) {
    if (finding.value("subject", "") == subject) add_id(finding, "evidence", ids);
  });
  if (!ok) return std::unexpected(ok.error());
  std::vector<std::string> kept;
  for (const std::string& id : ids) {
    auto blob = history.blob(id);
    if (!blob) return std::unexpected(blob.error());
    if (*blob) kept.push_back(id);
    if (kept.size() == erased_max) break;
  }
  return kept;
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
  auto contents = contents_of(history_, subject);
  if (!contents) return problem(contents.error());
  return command(engine::Erase{subject, std::move(*reason), std::move(*contents)}, request);
}

}  // namespace aright::api
