// Events against the rules of a configuration: which control saw what on which subject. Pure apart from the memory of
// correlations; one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "detect/alert.h"
#include "detect/sigma/detector.h"
#include "engine/event_subjects.h"
#include "model/event.h"
#include "model/intake.h"
#include "model/workflow.h"

namespace aright::engine {

/// Name of the control that finds records of a source that are no events.
inline constexpr const char* malformed_control = "malformed-event";

/// What one batch says of one subject to one control.
struct Sighting {
  const Control* control{nullptr};  ///< of the configuration given to `EventSight`
  std::string subject;
  Mode mode_max{Mode::observe};        ///< how far workflows go with it, by the sources of all of it
  bool over{false};                    ///< its source says that it is resolved
  bool typed{true};                    ///< the subject may name a target
  std::vector<std::string> by;         ///< what made the subject, as in `Finding::subject_by`; of all of them
  std::optional<Level> severity;       ///< of all of them; nullopt: the control's, or as it was
  std::string title;                   ///< of the first; may be empty
  std::vector<std::string> searches;   ///< of the first event
  std::shared_ptr<const Event> first;  ///< of the batch; none for what is no event
  std::string source;                  ///< of the newest
  std::uint64_t offset{0};             ///< of the newest
  std::uint64_t count{0};
};

/// Those of one batch, in the order in which they came.
class Sightings {
 public:
  /// The one that another event adds to: with `count` 0 it is new. What comes after the opposite is new, and after
  /// another severity or mode: how many are read at once must make no difference.
  Sighting& of(const Control& control, const std::string& subject, Mode mode_max, bool over = false,
               std::optional<Level> severity = {});
  [[nodiscard]] const std::deque<Sighting>& all() const { return all_; }

  std::vector<Completed> completed;  ///< windows that these events completed
  std::uint64_t late{0};             ///< new events that came too late for some correlation

 private:
  std::deque<Sighting> all_;
  std::map<std::string, Sighting*> newest_;
};

/// What one control says of one event, whether it matches or not.
struct ControlView {
  const Control* control{nullptr};    ///< of the configuration given to `EventSight`
  bool looked{false};                 ///< it is for events such as this one
  std::optional<bool> matched;        ///< nullopt: it could not read the event
  std::string why;                    ///< one sentence about it
  std::vector<std::string> subjects;  ///< what it says it of; none twice
  bool told{false};                   ///< `why` says, too, why it opened no finding with it
  std::vector<std::string> over{};    ///< of `subjects`, those that it only says are over
};

/// What a correlation has counted about a subject.
struct CountedSoFar {
  const Control* control{nullptr};
  std::uint64_t count{0};
  std::string wanted;  ///< "at least 3 within 10m"
  Nanos within{};
  WallTime last{};                  ///< of the newest of these events
  std::optional<WallTime> fired{};  ///< it is silent about it now, since it fired then, until `fired` + `within`
};

class EventSight {
 public:
  EventSight() = default;
  /// Controls of kind sigma stand for the rules of their names. `config` outlives this, unchanged.
  EventSight(std::shared_ptr<const detect::sigma::RuleSet> rules, const Config& config);

  /// What is `done` by `intake` only refills the windows; completes it one that nothing completed before, that is new.
  /// Windows forget nothing for its age from then on, until `settle`. Adds to `seen`, and to `read.quarantined` the
  /// events that a control of kind alert, or a workflow that says what a finding is about, could not read, in whole or
  /// part.
  void look(EventsRead& read, const Intake& intake, Sightings& seen);

  /// Nothing older than what was looked at is to be expected.
  void settle();
  /// What came of it is stored: it is not to come a second time.
  void note_completed(const Completed& completed);

  /// What every control on events, but the built-in ones, says of an event of `source` that was looked at before.
  /// Counts nothing.
  [[nodiscard]] std::vector<ControlView> views(const Event& event, const std::string& source) const;

  /// What is counted about the subject of that name, as correlations name theirs; `now`: the time.
  [[nodiscard]] std::vector<CountedSoFar> counted_about(const std::string& subject, WallTime now) const;

  /// "address=…": what the subjects of this control on events look like.
  [[nodiscard]] std::string subject_form(const Control& control) const;

  /// Takes over what the windows of `before` hold. Returns the correlations whose windows begin empty.
  [[nodiscard]] std::vector<std::string> take_over(EventSight& before);
  /// Windows from a snapshot, see detect/sigma/detector.h.
  [[nodiscard]] Result<std::vector<std::string>> restore(const Json& windows);
  [[nodiscard]] Json take_windows(bool whole);
  [[nodiscard]] bool has_windows() const;
  [[nodiscard]] detect::sigma::Detector::Counters counters() const;
  [[nodiscard]] const std::shared_ptr<const detect::sigma::RuleSet>& rules() const { return rules_; }
  /// Whether it is a correlation, which counts several events.
  [[nodiscard]] bool correlates(const Control& control) const { return correlations_.contains(control.name); }
  /// nullptr: the configuration has none of that name.
  [[nodiscard]] const Control* control(const std::string& name) const;

 private:
  struct Watched {
    const Control* control{nullptr};
    Result<detect::AlertMapper> mapper;
  };
  void look_at_rules(EventsRead& read, const Event& event, bool done, Sightings& seen);
  static void look_at_alerts(const Watched& watched, const Event& event, EventsRead& read, Sightings& seen);
  // event_view.cc
  [[nodiscard]] ControlView view_of_rule(std::size_t rule, const Control& control, const detect::sigma::Event& seen,
                                         const Event& event) const;
  [[nodiscard]] ControlView view_of_correlation(std::size_t correlation, const Control& control,
                                                const detect::sigma::Event& seen, const Event& event) const;
  [[nodiscard]] ControlView view_of_alert(const Control& control, const std::string& source, const Event& event) const;

  std::shared_ptr<const detect::sigma::RuleSet> rules_;
  std::optional<detect::sigma::Detector> detector_;
  std::optional<EventSubjects> subjects_;           ///< with `rules_`
  std::map<std::string, const Control*> controls_;  ///< those on events, by name
  std::map<const detect::sigma::Header*, const Control*> by_header_;
  std::set<std::string> correlations_;                                         ///< the names of controls that are some
  std::map<const detect::sigma::Header*, std::string> definitions_;            ///< hashes of the correlations'
  std::map<std::string, std::vector<std::shared_ptr<const Watched>>> alerts_;  ///< by source
};

/// When windows are put aside next, and which number that is.
struct WindowsAside {
  static constexpr auto every = std::chrono::seconds{30};
  static constexpr std::uint64_t bytes_max = std::uint64_t{64} << 20U;

  std::uint64_t next{1};
  bool whole_next{true};
  bool in_flight{false};
  std::uint64_t bytes{0};      ///< taken in since the last one
  std::optional<Nanos> due{};  ///< boot time; unset: nothing has been taken in since
};

}  // namespace aright::engine
