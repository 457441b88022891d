// What the texts of an errand may name, and filling them in.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "cel/program.h"
#include "cel/template.h"
#include "model/event.h"
#include "model/resource.h"
#include "model/workflow.h"

namespace aright::workflow {

/// What an errand may be told. Values only.
struct ErrandContext {
  Json finding;  ///< as `about`: its subject has the id that a program can act on
  Json control;
  Json run;                       ///< id, workflow, key; of an undo also undoes
  ResourceId subject;             ///< of the finding, as `subject_parts`: as records write it
  bool subject_typed{true};       ///< false: an outsider wrote it as he liked, and only the input has it
  std::optional<State> resource;  ///< the subject as just read; only where an expression names `resource`
  std::optional<Event> event;     ///< the one that opened the finding, where one did
  Json steps{};          ///< what earlier steps came to, by their names; only where an expression names `steps`
  Json trusted_steps{};  ///< the same without texts of output, which may hold what an outsider wrote
  Json each{};           ///< of a list, the value that it is for; null: it is for none
};

/// What its texts may name: `finding` (its `subject` has `driver` and `id`), `control`, `run`, `resource` (the fields
/// of the subject's state as read), `event` (its data), `steps` (those of `earlier` that have names: exit_code, output,
/// changed) and, with `each`, the value of the list that it is for.
[[nodiscard]] cel::Environment errand_environment(std::span<const Step> earlier = {}, bool each = false);
/// What those of `undo:` may name: the same without `steps`; `run` is the one that takes back, `run.undoes` the number
/// of the other. With `each`, the value of the list that it was done for.
[[nodiscard]] cel::Environment undo_environment(bool each);

/// What the texts of a step `notify` may name: the same without `resource`, which nobody reads for it, and with the
/// texts that programs wrote, since people only read them.
[[nodiscard]] cel::Environment notice_environment(std::span<const Step> earlier);

/// Whether `text` names `noun`, such as `resource`. False also for one that does not compile (a loaded workflow's do).
[[nodiscard]] bool names(const std::string& text, const std::string& noun);

/// Whether `expression` names steps before it. False also for one that does not compile.
[[nodiscard]] bool names_steps(const std::string& expression);

/// The values of a list that an errand is done for, as the expression gives them; what an outsider wrote as he liked is
/// not there. Errc::invalid: it has no value, or one that is no list of texts, integers and booleans, of at most
/// `for_each_bytes_max` as JSON. Pure.
[[nodiscard]] Result<Json> list_values(const std::string& expression, const ErrandContext& context);

/// All that is known of the finding, whoever wrote it, as one JSON document. Its subject's `id` is what a program can
/// act on: a file's path. Where records write that otherwise, the subject has that as `written` too; a path that is no
/// UTF-8 is there only like this.
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
  [[nodiscard]] Result<Filled> value(const std::string& text, const std::string& what) const&;
  Result<Filled> value(const std::string& text, const std::string& what) && = delete;
  /// Of an expression without `${ }` around it. Errc::invalid. The value may be a view of what `this` holds.
  [[nodiscard]] Result<cel::Value> expression(const std::string& expression) const&;
  Result<cel::Value> expression(const std::string& expression) && = delete;
  /// The value as one text. Errc::invalid also for a null, a list and a map.
  [[nodiscard]] Result<std::string> text(const std::string& text, const std::string& what) const;
  /// Each `${ … }` for itself, made fit by `encode`; what stands between stays as it is.
  [[nodiscard]] Result<std::string> encoded(const std::string& text, const std::string& what,
                                            std::string (*encode)(std::string_view)) const;

  /// For people to read, whoever wrote what it names, and as records write it; a part without a value says so in its
  /// place.
  [[nodiscard]] std::string for_people(const std::string& text) const;

 private:
  [[nodiscard]] Result<cel::Template> compiled(const std::string& text, const std::string& what) const;
  [[nodiscard]] Error refusal(const std::string& text, const std::string& what, const cel::Template& compiled,
                              const Error& error) const;
  [[nodiscard]] std::string outsider_in(const std::string& text) const;

  const ErrandContext& context_;
  std::string all_of_it_;
  Json event_;
  Json finding_;
  Json finding_written_;
  cel::Bindings bindings_;
  cel::Bindings with_outsiders_;
  cel::Bindings for_people_;
};

}  // namespace aright::workflow
