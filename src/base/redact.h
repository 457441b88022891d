// Masking secrets in text that others wrote.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace aright {

/// Knows secrets by name, and finds them as they are, as JSON and URLs escape them, in base64, also within a longer
/// text, and in hex.
class Redactor {
 public:
  void add(const std::string& name, const Secret& secret);

  /// `text` with "‹secret NAME›" in place of each. `cut`: it goes on beyond its end, so that a beginning of a secret of
  /// at least four bytes at its end is masked too. Any bytes.
  [[nodiscard]] std::string redacted(std::string text, bool cut) const;

 private:
  struct Form {
    std::string name;
    Secret form;
  };
  std::vector<Form> forms_;  ///< the longest first: one may be within another
};

}  // namespace aright
