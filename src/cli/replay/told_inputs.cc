#include "cli/replay/told_inputs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/doc.h"
#include "model/mode.h"

namespace aright::cli {

namespace {

constexpr std::uint32_t somebody = 1000;
using ToldCommand = std::optional<engine::Command>;

/// The review that is open here for what the entry's run was about. What a step asks is no question of a guard.
const Review* same_review(const Json& entry, const engine::Core& core, const ToldLog& log, AnsweredReviews& answered) {
  const auto& reviews = core.projection().reviews();
  const std::uint64_t asked = entry.value("review", std::uint64_t{0});
  if (const auto known = answered.find(asked); known != answered.end()) {
    const auto open = reviews.find(known->second);
    return open == reviews.end() ? nullptr : &open->second;
  }
  const auto run = log.runs.find(entry.value("run", std::uint64_t{0}));
  for (const auto& [id, review] : reviews) {
    if (review.step.has_value() != log.step_reviews.contains(asked)) continue;
    const bool same = run != log.runs.end()
                          ? review.workflow == run->second.workflow && review.subject == run->second.subject
                          : review.run == entry.value("run", std::uint64_t{0});
    if (!same) continue;
    answered[asked] = id;
    return &review;
  }
  return nullptr;
}

ToldCommand told_decision(const Json& entry, const engine::Core& core, const ToldLog& log, AnsweredReviews& answered) {
  const Review* review = same_review(entry, core, log, answered);
  if (review == nullptr) return std::nullopt;
  const std::string decision = text_in(entry, "decision");
  const bool is_yes = decision == "approved" || text_in(entry, "kind") == "review.approved";
  // What was open when the replay began is not planned here: its end is told.
  if (is_yes && !log.runs.contains(entry.value("run", std::uint64_t{0}))) return std::nullopt;
  if (is_yes) return engine::Approve{review->id, text_in(entry, "reason")};
  if (decision == "denied") return engine::Deny{review->id, text_in(entry, "reason")};
  return std::nullopt;
}

engine::PauseScope scope_of(const Json& entry) {
  if (const std::string name = text_in(entry, "workflow"); !name.empty()) return engine::PauseScope::workflow(name);
  if (const std::string name = text_in(entry, "driver"); !name.empty()) return engine::PauseScope::driver(name);
  return engine::PauseScope::everything();
}

ToldCommand told_waiver(const Json& entry) {
  const auto until = parse_rfc3339(text_in(entry, "expires_at"));
  if (!until) return std::nullopt;
  return engine::Waive{text_in(entry, "control"), text_in(entry, "subject"), text_in(entry, "reason"),
                       text_in(entry, "owner"), *until};
}

ToldCommand command_of(const std::string& kind, const Json& entry, const engine::Core& core, const ToldLog& log,
                       AnsweredReviews& answered) {
  if (kind == "review.decided" || kind == "review.approved") return told_decision(entry, core, log, answered);
  if (kind == "waiver.granted") return told_waiver(entry);
  if (kind == "waiver.ended" && text_in(entry, "how") == "removed") {
    return engine::Unwaive{entry.value("waiver", std::uint64_t{0}), text_in(entry, "reason")};
  }
  if (kind == "mode.set") {
    const auto mode = parse_mode(text_in(entry, "mode"));
    if (mode)
      return engine::SetMode{text_in(entry, "workflow"), *mode, text_in(entry, "reason"), entry.contains("untested")};
  }
  if (kind == "definition.reviewed") {
    return engine::Reviewed{text_in(entry, "definition"), text_in(entry, "name"), text_in(entry, "reason")};
  }
  if (kind == "pause.set") return engine::Pause{text_in(entry, "reason"), scope_of(entry)};
  if (kind == "pause.cleared") {
    return engine::Resume{text_in(entry, "reason"), entry.value("pause", std::uint64_t{0})};
  }
  return std::nullopt;
}

}  // namespace

engine::Identity may_all(engine::Identity who) {
  who.uid = 0;
  who.break_glass = true;
  return who;
}

engine::Identity told_person(const Json& entry) {
  engine::Identity who{somebody, text_in(entry, "by"), {}};
  if (const auto groups = entry.find("groups"); groups != entry.end() && groups->is_array()) {
    for (const Json& group : *groups) {
      if (group.is_string()) who.groups.push_back(group.get<std::string>());
    }
  }
  if (entry.contains("break_glass")) who = may_all(std::move(who));
  return who;
}

/// What was granted then is not asked of the teams of today: that a waiver is in force is what the replay is told.
std::optional<engine::Input> told_command(const Json& entry, const engine::Core& core, const ToldLog& log,
                                          AnsweredReviews& answered) {
  const std::string kind = text_in(entry, "kind");
  const std::string origin = text_in(entry, "origin");
  if (kind.starts_with("pause.") && origin != "operator") return engine::PauseSeen{origin, kind == "pause.set"};
  auto command = command_of(kind, entry, core, log, answered);
  if (!command) return std::nullopt;
  const bool decides =
      std::holds_alternative<engine::Approve>(*command) || std::holds_alternative<engine::Deny>(*command);
  engine::Identity who = told_person(entry);
  return engine::Asked{1, std::move(*command), decides ? std::move(who) : may_all(std::move(who))};
}

engine::Input told_sighting(const Json& entry, const std::string& control, const std::string& subject, bool over,
                            const ToldLog& log) {
  engine::Refound again{.control = control, .subject = subject, .over = over};
  again.typed = entry.value("subject_typed", true);
  again.by = entry.value("subject_by", std::vector<std::string>());
  again.severity = parse_level(text_in(entry, "severity"));
  again.title = text_in(entry, "title");
  again.searches = entry.value("differs", std::vector<std::string>());
  again.source = text_in(entry, "source");
  again.count = entry.value("count", std::uint64_t{1});
  again.offset = entry.value("seq", std::uint64_t{0});
  again.mode_max = parse_mode(text_in(entry, entry.contains("told_mode") ? "told_mode" : "mode_max"));
  const std::string other = entry.value("evidence", Json::object()).value("id", "");
  auto event = log.events.find(other);
  if (event == log.events.end()) event = log.events.find(text_in(entry, "finding"));
  if (event != log.events.end()) again.first = std::make_shared<const Event>(event->second);
  return again;
}

}  // namespace aright::cli
