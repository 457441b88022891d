// Findings on events as a log has them (docs/decisions/0201).
#include "base/digest.h"
#include "engine/core.h"
#include "engine/event_findings.h"

namespace aright::engine {

/// As if its rule had matched just now.
void Core::on(const Refound& again) {
  const Control* control = sight_.control(again.control);
  if (control == nullptr) return;
  const SubjectState* subject = projection_.subject(again.control, again.subject);
  const bool open = subject != nullptr && subject->open;
  const Mode as_known = open ? projection_.findings().at(subject->finding).mode_max : Mode::auto_;
  Sighting sighting{.control = control,
                    .subject = again.subject,
                    .mode_max = again.mode_max.value_or(as_known),
                    .over = again.over,
                    .typed = again.typed,
                    .by = again.by,
                    .severity = again.severity,
                    .title = again.title,
                    .searches = again.searches,
                    .first = again.first,
                    .source = again.source,
                    .offset = again.offset,
                    .count = again.count};
  EventsRead read;
  read.source = again.source;
  read.arrival = now_.wall;
  read.mode_max = sighting.mode_max;
  read.seed = sha256({again.source, "again", rfc3339(now_.wall)});
  EventFindings(*this).take(sighting, read);
}

}  // namespace aright::engine
