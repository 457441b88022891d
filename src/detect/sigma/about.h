// How rules and their detections are called outside: names of controls, subjects, events of the engine as rules see
// them.
#pragma once

#include <string>
#include <string_view>

#include "detect/sigma/detector.h"
#include "detect/sigma/event.h"
#include "model/control.h"
#include "model/event.h"

namespace aright::detect::sigma {

/// The name of the control that a published rule is: its `name` where that can be one ([a-z0-9-]{1,64}), else its title
/// in lower case with `-` for everything else, cut at 64; of a title without any letter or digit of ASCII, its `id`.
/// Empty: it has none either.
[[nodiscard]] std::string control_name(const Header& header);

/// Whether `control` is what the rule finds by. Several may have one name by their titles: then their text decides.
[[nodiscard]] bool is_rule_of(const Control& control, const Header& header);

/// What a detection is about when nobody says more: a correlation's group ("address=203.0.113.7"), else the event's
/// host ("host=web1"), else its source ("source=auth:/var/log/auth.log"), as base/subject_text.h writes it. Values are
/// cut at 256 bytes.
[[nodiscard]] std::string default_subject(const Detection& detection, const aright::Event& event);

/// "source=auth:/var/log/auth.log".
[[nodiscard]] std::string subject_of_source(std::string_view source);

/// Whether the values in `default_subject` may name a target: each is a key of the event that no outsider wrote, or one
/// whose form has been checked. What cannot be found there (another name of a field, say) is not.
[[nodiscard]] bool subject_is_typed(const Detection& detection, const aright::Event& event);

/// `event` as rules see it, with the log sources it is given, those it states and those of its kind of record.
/// Does not own `event`, which must outlive the result.
[[nodiscard]] Event as_rules_see(const aright::Event& event);

/// Where correlations count `event`: at its time, but no later than `arrival`, when it was read. One forged event from
/// the future would make its group deaf.
[[nodiscard]] Occurrence place_of(const aright::Event& event, WallTime arrival);

}  // namespace aright::detect::sigma
