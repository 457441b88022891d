// What sightings come to: findings on events, what they are told by, and how far workflows go with it.
#pragma once

#include <string>
#include <vector>

#include "engine/event_sight.h"
#include "engine/record.h"
#include "model/cause.h"
#include "model/finding.h"

namespace aright::engine {

class Core;

/// A part of the core, as its name says: made for one call, keeps nothing.
class EventFindings {
 public:
  explicit EventFindings(Core& core) : core_(core) {}

  /// `read`: the batch it is of.
  void take(const Sighting& sighting, const EventsRead& read);
  /// Of a finding that is over or told by another event now, or whose run has ended: once nobody is told by its event.
  void forget_evidence(const Finding& was);

 private:
  void open(const Control& control, const Sighting& sighting, const EventsRead& read);
  void again(const Finding& finding, const Control& control, const Sighting& sighting, const EventsRead& read);
  void exchange(const Finding& finding, const Sighting& sighting, const EventsRead& read, Fields& entry);
  void keep_evidence(const std::string& finding, const Sighting& sighting, const EventsRead& read, Fields& entry);
  void over(const Finding& finding, const Sighting& sighting);
  [[nodiscard]] std::vector<Cause> causes_of(const Sighting& sighting) const;

  Core& core_;
};

}  // namespace aright::engine
