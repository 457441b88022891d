// Desired states with `${ … }` in them: what is desired depends on what is there.
#pragma once

#include <map>
#include <string>

#include "cel/filled.h"
#include "cel/template.h"
#include "model/resource.h"

namespace aright::detect {

/// Something of `desired` has to be filled in.
[[nodiscard]] bool has_texts(const Json& desired);

/// Those texts, by field, as the author wrote them. An object.
[[nodiscard]] Json texts_in(const Json& desired);

/// What the texts of a control may name: `resource`, the fields of the state; `subject`, its driver and id.
[[nodiscard]] cel::Environment control_fill_environment();
/// A desired state made ready to be filled in. Immutable; any thread.
class Filler {
 public:
  /// Errc::invalid: a text does not compile (those of a loaded configuration do).
  static Result<Filler> make(const Json& desired, const cel::Environment& environment);

  /// Nothing to fill in: the desired state is the same always.
  [[nodiscard]] bool is_plain() const { return texts_.empty(); }
  /// The desired state without what has to be filled in.
  [[nodiscard]] const Json& plain() const { return plain_; }
  /// The desired state with every value in its place. `context` holds what else the texts may name, by name. A field
  /// that is wanted only while the resource is there is not filled in while it is not. Errors: a text has no value here
  /// (not found, a limit), or Errc::invalid: one that the field cannot have. Then nobody knows what is desired. Pure.
  [[nodiscard]] Result<Json> fill(const Json& state, const Json& context) const;

 private:
  Json plain_ = Json::object();
  std::map<std::string, cel::Template> texts_;  ///< by field
};

}  // namespace aright::detect
