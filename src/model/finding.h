// A finding: one episode of one control on one subject.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/cause.h"
#include "model/control.h"
#include "model/mode.h"
#include "model/resource.h"

namespace aright {

enum class FindingState : std::uint8_t { open, resolved, waived, dismissed };
[[nodiscard]] std::string_view name(FindingState state);
[[nodiscard]] std::optional<FindingState> parse_finding_state(std::string_view text);
[[nodiscard]] std::vector<std::string> finding_state_names();

struct Finding {
  std::string id;  ///< "f-" and 16 hex digits of SHA-256(control, subject, episode)
  std::string control;
  std::string control_hash;
  std::string subject;  ///< a resource ("file:/etc/motd"), or a key of an event ("address=203.0.113.7")
  Level severity{Level::medium};
  std::string title;  ///< an alert's own, as another tool words it; empty: the control's says what it is
  std::uint64_t episode{1};
  FindingState state{FindingState::open};
  std::string recurrence_of;         ///< id of the last episode; empty for the first
  std::vector<std::string> differs;  ///< the fields that are not as desired, as last seen
  std::uint64_t occurrences{1};
  std::string source;                  ///< of the last occurrence
  std::uint64_t offset{0};             ///< of the last occurrence: deduplicates evidence read twice
  std::string about;                   ///< keyed hash of the state last seen; empty: of an event, or not recorded then
  std::optional<Commitment> evidence;  ///< the event that opened it, or raised its `mode_max`: as `Event::to_json`
  bool subject_typed{true};            ///< false: an outsider wrote it as he liked; it names no target
  /// What made the subject: of an answer with a `subject` its id, of the control itself an empty text. None: the
  /// control.
  std::vector<std::string> subject_by{};
  std::vector<Cause> causes{};  ///< runs of ours that led to it, one after the other; oldest first
  Mode mode_max{Mode::auto_};   ///< no workflow goes further: the most that the source of its evidence allowed
  WallTime opened_at{};
  Nanos opened_up{};           ///< boot-time clock at that moment …
  std::string opened_boot_id;  ///< … of this boot; empty: not recorded then
  WallTime last_at{};
  std::optional<WallTime> resolved_at;
  std::string resolved_by;  ///< "run 12", "read clean"

  /// `forgotten`: how often subjects of the control have been forgotten before, each time from 1 on again.
  [[nodiscard]] static std::string make_id(const std::string& control, const std::string& subject,
                                           std::uint64_t episode, std::uint64_t forgotten = 0);
  /// Whether its subject was made by this: an element of `subject_by`.
  [[nodiscard]] bool is_about(const std::string& by) const;
  [[nodiscard]] Moment opened() const { return {opened_at, opened_up, opened_boot_id}; }
  /// RFC 8785. Errc::invalid: one of its texts is not UTF-8.
  [[nodiscard]] Result<std::string> to_text() const;
  [[nodiscard]] static Result<Finding> from_json(const Json& doc);
};

class DocReader;
/// `mode_max` of a finding's row or entry; written before there was one: `observe_only`. nullopt: neither is there.
[[nodiscard]] std::optional<Mode> mode_max_of(DocReader& in);

}  // namespace aright
