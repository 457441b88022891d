// One finding, with the event that tells of it and what its control says of itself.
#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/api.h"

namespace aright::api {

/// As kept; nothing where no event tells of it, or where its content has been erased.
Result<std::optional<Json>> Api::evidence_of(const Json& finding) {
  const auto evidence = finding.find("evidence");
  if (evidence == finding.end()) return std::optional<Json>();
  auto blob = history_.blob(evidence->value("id", ""));
  if (!blob) return std::unexpected(blob.error());
  if (!*blob) return std::optional<Json>();
  auto event = parse_own_json((*blob)->bytes);
  if (!event) return fail(Errc::corrupt, "blob " + (*blob)->commitment.id + ": " + event.error().message);
  if (auto data = parse_own_json(event->value("data", ""))) (*event)["data"] = std::move(*data);  // kept as one text
  return shown(std::move(*event), (*blob)->sensitive);
}

http::Response Api::show_finding(const std::string& id) {
  auto doc = found("finding", id);
  if (!doc) return problem(doc.error());
  if (auto ok = hide_erased_title(*doc); !ok) return problem(ok.error());
  auto mark = history_.row("mark", id);
  if (!mark) return problem(mark.error());
  if (*mark) (*doc)["mark"] = doc_of(**mark);
  auto event = evidence_of(*doc);
  if (!event) return problem(event.error());
  if (*event) (*doc)["event"] = std::move(**event);
  for (const Json& control : operators_.definitions().value("controls", Json::array())) {
    if (control.value("control", "") != doc->value("control", "")) continue;
    for (const char* field : {"title", "rule_id", "authors"}) {
      if (control.contains(field)) (*doc)["rule"][field] = control.at(field);
    }
  }
  return json(*doc);
}

}  // namespace aright::api
