// Where a text may be a secret: `{ secret: NAME, prefix: "Bearer " }`.
#pragma once

#include <optional>
#include <string>

#include "base/yaml.h"
#include "model/definition_context.h"
#include "model/secret_text.h"

namespace aright::workflow {

/// A map that has the field `secret` and no others but `prefix`.
[[nodiscard]] bool is_secret_text(const yaml::Node& node);

/// nullopt after reporting what is wrong: a name that `secrets:` does not have, a `${ … }`. `what` names the place.
[[nodiscard]] std::optional<SecretText> parse_secret_text(const yaml::Node& node, const std::string& what,
                                                          const DefinitionContext& context, Diagnostics& out);

/// Reports a name that `secrets:` in aright.yaml does not have.
void check_secret_name(const std::string& name, const Position& at, const DefinitionContext& context, Diagnostics& out);

}  // namespace aright::workflow
