// What lies beside the log for a run: shown as long as it is kept.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/answers.h"
#include "api/api.h"
#include "base/time.h"
#include "model/resource.h"
#include "model/told.h"

namespace aright::api {

/// Of a step of `run`, or of the plan in its entry.
Result<bool> Api::was_erased(const Json& run, const Json& step) {
  for (const char* side : {"before", "after"}) {
    const auto kept = history_.keeps(step.value(side, Json::object()).value("id", ""));
    if (!kept) return std::unexpected(kept.error());
    if (*kept) return false;
  }
  for (const std::string& subject : {run.value("subject", ""), step.value("resource", "")}) {
    const auto erased = erased_since(subject, run, "created_at");
    if (!erased || *erased) return erased;
  }
  return false;
}

/// A difference says what was before and after: where somebody has erased both, nobody is shown it any more, although
/// the entry holds it for good.
Result<Done> Api::hide_difference(const Json& run, Json& step) {
  const auto difference = step.find("difference");
  if (difference == step.end() || !difference->is_array() || difference->empty()) return Done{};
  const auto erased = was_erased(run, step);
  if (!erased) return std::unexpected(erased.error());
  if (!*erased) return Done{};
  hide_told(step);
  return Done{};
}

Result<Done> Api::hide_erased(Json& run) {
  const auto steps = run.find("steps");
  if (steps == run.end()) return Done{};
  for (Json& step : *steps) {
    if (auto ok = hide_difference(run, step); !ok) return ok;
  }
  return Done{};
}

Result<bool> Api::erased_since(const std::string& subject, const Json& row, const char* began) {
  const auto last = erased_subjects_.last(history_, subject);
  if (!last) return std::unexpected(last.error());
  const auto from = parse_rfc3339(row.value(began, ""));
  return *last && from && **last >= *from;
}

Result<Done> Api::hide_erased_entry(const Json& run, Json& entry) {
  const auto subject = erased_since(run.value("subject", ""), run, "created_at");
  if (!subject) return std::unexpected(subject.error());
  return aright::hide_erased(run, *subject, [&](const Json& step) { return was_erased(run, step); }, entry);
}

/// A message about a run may hold its difference, and values of its event: it tells no more of them than the run does.
Result<Done> Api::hide_erased_notice(Json& notice) {
  const std::uint64_t number = number_in(notice, "run");
  if (number == 0) return Done{};
  const auto row = history_.row("run", row_id("run", std::to_string(number)));
  if (!row) return std::unexpected(row.error());
  if (!*row) return Done{};
  Json shown{{"kind", "notification.queued"}};
  shown.update(notice);
  if (auto ok = hide_erased_entry(doc_of(**row), shown); !ok) return ok;
  shown.erase("kind");
  notice = std::move(shown);
  return Done{};
}

/// An alert's own words.
Result<Done> Api::hide_erased_title(Json& finding) {
  if (!finding.contains("title")) return Done{};
  const auto erased = erased_since(finding.value("subject", ""), finding, "opened_at");
  if (!erased) return std::unexpected(erased.error());
  if (*erased) hide_told(finding);
  return Done{};
}

/// What a step's programs wrote, as far as it is kept.
Result<Done> Api::add_written(Json& step) {
  for (const char* key : {"ran", "looked"}) {
    if (!step.contains(key)) continue;
    auto blob = history_.blob(step.at(key).at("output").at("id").get<std::string>());
    if (!blob) return std::unexpected(blob.error());
    if (!*blob) continue;
    auto fields = parse_own_json((*blob)->bytes);
    if (!fields) return fail(Errc::corrupt, "blob " + (*blob)->commitment.id + ": " + fields.error().message);
    step[key]["written"] = shown(std::move(*fields), (*blob)->sensitive);
  }
  return Done{};
}

/// Before and after as they were, as far as everybody could read them and the content is still kept.
Result<Done> Api::add_states(Json& run) {
  const auto steps = run.find("steps");
  if (steps == run.end()) return Done{};
  for (Json& step : *steps) {
    if (auto ok = add_written(step); !ok) return ok;
    std::array<std::optional<Blob>, 2> blobs;
    constexpr std::array sides{"before", "after"};
    for (std::size_t i = 0; i < sides.size(); ++i) {
      auto blob = history_.blob(step.at(sides.at(i)).at("id").get<std::string>());
      if (!blob) return std::unexpected(blob.error());
      blobs.at(i) = std::move(*blob);
    }
    if (!blobs[0] || !blobs[1]) continue;
    const bool sensitive = blobs[0]->sensitive || blobs[1]->sensitive;
    for (std::size_t i = 0; i < sides.size(); ++i) {
      auto fields = parse_own_json(blobs.at(i)->bytes);
      if (!fields) return fail(Errc::corrupt, "blob " + blobs.at(i)->commitment.id + ": " + fields.error().message);
      step[sides.at(i)]["state"] = shown(std::move(*fields), sensitive);
    }
  }
  return Done{};
}

}  // namespace aright::api
