// What a person answers to a review, says of a finding, or of a definition.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"
#include "api/request_body.h"
#include "model/run.h"
#include "model/told.h"

namespace aright::api {

namespace {

/// "as" of a mark; nothing where there is none.
Result<std::optional<Judgement>> judgement_of(const Json& body) {
  const std::string as = body.value("as", "");
  if (as.empty()) return std::optional<Judgement>();
  if (const auto judged = parse_judgement(as)) return judged;
  return fail(Errc::invalid, "as must be true or false-positive");
}

Result<engine::Command> answer_to(std::uint64_t review, const std::string& verb, const Json& body) {
  auto reason = reason_of(body);
  if (!reason) return std::unexpected(reason.error());
  auto as = judgement_of(body);
  if (!as) return std::unexpected(as.error());
  if (*as && verb != "deny") return fail(Errc::invalid, "field \"as\" is for deny");
  if (body.contains("hash") && verb != "approve") return fail(Errc::invalid, "field \"hash\" is for approve");
  if (verb == "approve") return engine::Approve{review, std::move(*reason), body.value("hash", "")};
  if (body.contains("waive") && verb != "deny") return fail(Errc::invalid, "field \"waive\" is for deny");
  const auto waive = span_of(body, "waive");
  if (!waive) return std::unexpected(waive.error());
  if (verb == "deny") return engine::Deny{review, std::move(*reason), *as, *waive};
  return engine::Acknowledge{review, std::move(*reason)};
}

/// Under each name who may answer, as the configuration in force says.
Json members_of(const Json& review, const Json& teams) {
  std::vector<std::string> names = review.value("also", std::vector<std::string>());
  if (const std::string team = review.value("team", ""); !team.empty()) names.insert(names.begin(), team);
  Json asked = Json::object();
  for (const std::string& name : names) {
    asked[name] = "nobody: aright.yaml has no such team";
    for (const Json& team : teams) {
      if (team.value("team", "") == name) asked[name] = team.value("members", "");
    }
  }
  return asked;
}

/// A row that is not there marks nothing.
Result<Done> or_gone(const Error& error) {
  return error.code == Errc::not_found ? Result<Done>(Done{}) : std::unexpected(error);
}

}  // namespace

/// What its run says of it: whether it expires, and whether it is still what it was about.
/// An open review of a run that has done nothing shows a difference of then: a subject that has been read in another
/// state since makes it `outdated`. (The yes plans it anew in any case.) Quick changes are recorded later than they are
/// planned on: what a finding has recorded before the question is older than what the question shows.
Result<Done> Api::note_outdated(Json& review) {
  if (review.contains("text")) {  // what a step says to people may name what its event said
    const auto erased = erased_since(review.value("subject", ""), review, "opened_at");
    if (!erased) return std::unexpected(erased.error());
    if (*erased) hide_told(review);
  }
  if (review.value("state", "") != "open") return Done{};
  const auto run_doc = found("run", review.value("run", Json()).dump());
  if (!run_doc) return or_gone(run_doc.error());
  const auto run = Run::from_json(*run_doc);
  if (!run) return std::unexpected(run.error());
  if (run->state != RunState::held) review.erase("expires_at");  // a doubt waits until a person has looked
  const bool changes_it =
      std::ranges::any_of(run->steps, [&](const RunStep& s) { return s.changes && s.resource.text() == run->subject; });
  const bool made = std::ranges::any_of(run->steps, &RunStep::made);
  if (run->state != RunState::held || run->about.empty() || !changes_it || made || run->undo) return Done{};
  const auto finding = found("finding", run->finding);
  if (!finding) return or_gone(finding.error());
  const std::string read = finding->value("about", "");
  const auto asked = parse_rfc3339(review.value("opened_at", ""));
  const auto seen = parse_rfc3339(finding->value("last_at", ""));
  const bool since = !asked || !seen || *seen > *asked;
  if (since && !read.empty() && read != run->about) review["outdated"] = true;
  return Done{};
}

Result<Json> Api::review_doc(const std::string& id) {
  auto review = found("review", id);
  if (!review) return review;
  if (auto ok = note_outdated(*review); !ok) return std::unexpected(ok.error());
  (*review)["asked"] = members_of(*review, operators_.definitions().value("teams", Json::array()));
  return review;
}

http::Response Api::show_review(const std::string& id) {
  if (!as_number(id)) return problem({Errc::invalid, Retry::no, "a review is named by its number, not \"" + id + "\""});
  auto review = review_doc(id);
  return review ? json(*review) : problem(review.error());
}

/// What people are asked about a run, while they are.
Result<Done> Api::add_asked(Json& run) {
  const std::string state = run.value("state", "");
  if (state != "held" && state != "unknown") return Done{};
  auto review = review_doc(run.value("review", Json()).dump());
  if (!review) return std::unexpected(review.error());
  if (review->value("state", "") == "open") run["asks"] = std::move(*review);
  return Done{};
}

http::Response Api::answer_review(const Below& named, const http::Request& request) {
  const auto review = as_number(named.id);
  const bool known = named.verb == "approve" || named.verb == "deny" || named.verb == "acknowledge";
  if (!review || !known) return no_such_path(request);
  const auto body = body_of(request, {"reason", "hash", "as", "waive"});
  if (!body) return problem(body.error());
  auto asked = answer_to(*review, named.verb, *body);
  if (!asked) return problem(asked.error());
  auto answer = ask(std::move(*asked), request);
  if (answer) return json(*answer);
  return problem(answer.error().code == Errc::not_found ? answered_before(named.id, answer.error()) : answer.error());
}

/// `error` of a review that is not open, and what has become of it, where there was one.
Error Api::answered_before(const std::string& id, const Error& error) {
  const auto row = found("review", id);
  if (!row || row->value("state", "open") == "open") return error;
  const std::string by = row->value("decided_by", "aright");
  return {error.code, error.retry,
          fmt::format("{}: it {} {}{} ({})", error.message, by == "aright" ? "is" : "was", row->value("state", ""),
                      by == "aright" ? "" : " by " + by, row->value("decision_reason", ""))};
}

/// Closed findings the engine has forgotten: the history tells of them.
http::Response Api::mark_finding(const Below& named, const http::Request& request) {
  if (named.verb != "mark") return no_such_path(request);
  const auto body = body_of(request, {"reason", "as"});
  if (!body) return problem(body.error());
  const auto reason = reason_of(*body);
  if (!reason) return problem(reason.error());
  const auto as = judgement_of(*body);
  if (!as) return problem(as.error());
  if (!*as) return problem({Errc::invalid, Retry::no, "as must be true or false-positive"});
  const auto finding = found("finding", named.id);
  if (!finding) return problem(finding.error());
  return command(
      engine::MarkFinding{named.id, finding->value("control", ""), finding->value("subject", ""), **as, *reason},
      request);
}

}  // namespace aright::api
