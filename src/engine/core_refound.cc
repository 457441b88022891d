// Findings on events as a log has them (docs/decisions/0201).
#include "base/digest.h"
#include "engine/core.h"

namespace aright::engine {

/// As if its rule had matched just now.
void Core::on(const Refound& again) {
  const Control* control = sight_.control(again.control);
  if (control == nullptr) return;
  Sighting sighting{.control = control,
                    .subject = again.subject,
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
  read.mode_max = again.mode_max;
  read.seed = sha256({again.source, "again", rfc3339(now_.wall)});
  sighted(sighting, read);
}

}  // namespace aright::engine
