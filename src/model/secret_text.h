// A text of which a part is a secret: by name, never by value.
#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace aright {

struct SecretText {
  std::string text{};    ///< the whole, or what stands before the secret
  std::string secret{};  ///< a name of `secrets:` in aright.yaml; empty: there is none

  [[nodiscard]] bool is_secret() const { return !secret.empty(); }
  /// For people and records: "Bearer ‹secret NAME›".
  [[nodiscard]] std::string masked() const { return is_secret() ? text + "‹secret " + secret + "›" : text; }
  bool operator==(const SecretText&) const = default;
};
using SecretTexts = std::map<std::string, SecretText>;

/// A plain text as it is, others as {"prefix", "secret"}.
[[nodiscard]] Json secret_texts_to_json(const SecretTexts& texts);
/// The reverse. Errc::corrupt.
[[nodiscard]] Result<SecretTexts> secret_texts_from_json(const Json& doc);

}  // namespace aright
