// What the texts of an errand may name, and filling them in.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cel/program.h"
#include "cel/template.h"
#include "model/event.h"
#include "model/resource.h"

namespace aright::workflow {

/// What an errand may be told. Values only.
struct ErrandContext {
  Json finding;  ///< as `about`
  Json control;
  Json run;                       ///< id, workflow, key
  ResourceId subject;             ///< of the finding, as `subject_parts`
  bool subject_typed{true};       ///< false: an outsider wrote it as he liked, and only the input has it
  std::optional<State> resource;  ///< the subject as just read; only where an expression names `resource`
  std::optional<Event> event;     ///< the one that opened the finding, where one did
};

/// `finding` (its `subject` has `driver` and `id`), `control`, `run`, `resource` (the fields of the subject's state as
/// read) and `event` (its data).
[[nodiscard]] cel::Environment errand_environment();

/// Whether `text` names `resource`. False also for one that does not compile.
[[nodiscard]] bool names_resource(const std::string& text);

/// All that is known of the finding, whoever wrote it, as one JSON document.
[[nodiscard]] Json errand_input(const ErrandContext& context);

/// Fills texts in from one context, which outlives it. Pure.
class ErrandTexts {
 public:
  /// `all_of_it`: how the errand may be given what texts may not name, for the hint: "on standard input".
  ErrandTexts(const ErrandContext& context, std::string all_of_it);

  /// The compiled text, and its value. Errors name `what`: Errc::invalid, the expression has no value; Errc::denied,
  /// what it names was written by an outsider and has no type.
  struct Filled {
    cel::Template text;
    cel::Value value;
  };
  [[nodiscard]] Result<Filled> value(const std::string& text, const std::string& what) const;
  /// The value as one text. Errc::invalid also for a null, a list and a map.
  [[nodiscard]] Result<std::string> text(const std::string& text, const std::string& what) const;
  /// Each `${ … }` for itself, made fit by `encode`; what stands between stays as it is.
  [[nodiscard]] Result<std::string> encoded(const std::string& text, const std::string& what,
                                            std::string (*encode)(std::string_view)) const;

 private:
  [[nodiscard]] Result<cel::Template> compiled(const std::string& text, const std::string& what) const;
  void bind(cel::Bindings& into, const Json& finding, const Json& event) const;
  [[nodiscard]] Error refusal(const std::string& text, const std::string& what, const cel::Template& compiled,
                              const Error& error) const;
  [[nodiscard]] std::string outsider_in(const std::string& text) const;

  const ErrandContext& context_;
  std::string all_of_it_;
  Json event_;
  Json finding_;
  cel::Bindings bindings_;
  cel::Bindings with_outsiders_;
};

}  // namespace aright::workflow
