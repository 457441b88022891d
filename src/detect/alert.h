// What an event of another tool says: alerts, each about a subject, firing or over.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cel/program.h"
#include "cel/template.h"
#include "model/control.h"
#include "model/event.h"

namespace aright::detect {

/// Of one event; what lies behind is told as a trouble.
inline constexpr std::size_t alerts_max = 1000;
inline constexpr std::size_t alert_title_bytes_max = 256;  ///< a longer one is cut

/// One alert of an event.
struct Alert {
  std::string subject;            ///< "instance=web1"
  bool typed{true};               ///< it rests on nothing that an outsider wrote as he liked
  bool resolved{false};           ///< it is over; what follows is empty then
  std::optional<Level> severity;  ///< nullopt: as the control
  std::string title;
  /// Of a list: the event with this element as its data, which is an outsider's unless the list is not.
  std::optional<Event> event;
};

struct Alerts {
  std::vector<Alert> list;  ///< in the order of the event
  std::size_t failed{0};    ///< elements, or the event itself, of which nobody knows what they say, in whole or part
  std::string trouble;      ///< why, of the first that failed; lower case, no full stop
};

/// What `each` may name: `event`, the event's data. The others also `alert`: one element, or the event itself.
[[nodiscard]] cel::Environment each_environment();
[[nodiscard]] cel::Environment alert_environment();

/// A control of kind alert made ready. Immutable; any thread.
class AlertMapper {
 public:
  /// Errc::invalid: an expression does not compile (those of a loaded control do).
  static Result<AlertMapper> make(const Control& control);

  /// Pure; bounded by `alerts_max` and by what one expression may cost. What has no subject, or of which cannot be told
  /// whether it counts or is over, is left out and failed. A severity or title that cannot be told is failed as well,
  /// and the alert counts without it.
  [[nodiscard]] Alerts map(const Event& event) const;

 private:
  class Reader;

  std::optional<cel::Program> each_;
  std::optional<cel::Program> when_;
  std::optional<cel::Program> resolved_;
  std::optional<cel::Template> subject_;  ///< always set
  std::optional<cel::Template> severity_;
  std::optional<cel::Template> title_;
};

}  // namespace aright::detect
