// What a detection of a Sigma rule is about: what the rule says, or the workflows that answer it. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "detect/sigma/detector.h"
#include "model/event.h"
#include "workflow/answer_subject.h"

namespace aright::engine {

struct EventSubject {
  std::string text;             ///< "address=203.0.113.7"
  bool typed{true};             ///< it may name a target
  std::vector<std::string> by;  ///< what made it, as in `Finding::subject_by`
};

class EventSubjects {
 public:
  explicit EventSubjects(const Config& config);

  struct Told {
    std::vector<EventSubject> all;  ///< at least one; no text twice
    std::vector<std::string>
        trouble;  ///< of each answer whose subject this event has not: why. Then the rule's own is there
  };
  [[nodiscard]] Told of(const Control& control, const detect::sigma::Detection& detection, const Event& event) const;

 private:
  struct Way {
    std::string workflow;  ///< the first that has it
    std::string id;
    Result<workflow::SubjectOfAnswer> subject;
  };
  struct Ways {
    std::vector<Way> answers;
    bool control_too{false};  ///< an answer without a subject is there
  };
  std::map<std::string, Ways> ways_;  ///< by control; only those with an answer that has a subject
};

}  // namespace aright::engine
