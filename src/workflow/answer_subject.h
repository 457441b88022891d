// What a workflow says a Sigma finding is about: `subject:` of an answer.
#pragma once

#include <optional>
#include <string>

#include "base/yaml.h"
#include "cel/template.h"
#include "model/event.h"
#include "model/workflow.h"

namespace aright::workflow {

/// Different subjects that the answers to one control may give it.
inline constexpr std::size_t answer_subjects_max = 32;

/// `subject` and `type` of an answer. nullopt: there is none, or every mistake in it has been reported.
[[nodiscard]] std::optional<AnswerSubject> parse_answer_subject(yaml::Fields& in, Diagnostics& out);

/// Made ready. Immutable; any thread.
class SubjectOfAnswer {
 public:
  /// Errc::invalid: it does not compile (that of a loaded workflow does).
  static Result<SubjectOfAnswer> make(const AnswerSubject& written);

  struct Made {
    std::string text;   ///< "address=203.0.113.7", in the one spelling of its type
    bool typed{false};  ///< it may name a target: it has a form, or rests on nothing that an outsider wrote as he liked
  };
  /// Pure. Errc::invalid, and the expression's own errors: this event has no such subject; lower case, no full stop.
  [[nodiscard]] Result<Made> of(const Event& event) const;

 private:
  SubjectOfAnswer(cel::Template text, FieldType type) : text_(std::move(text)), type_(type) {}
  cel::Template text_;
  FieldType type_;
};

}  // namespace aright::workflow
