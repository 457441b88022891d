// Masking secrets in text that others wrote.
#pragma once

#include <bitset>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace aright {

/// Knows secrets by name, and finds them, and what of them is secret by itself (base/secret_parts.h), as they are, in
/// base64, also within a longer text, and in hex; each also as JSON, C, URLs and HTML escape it, and with white space
/// in it (base/redact_views.h). Of less than eight bytes it knows nothing.
class Redactor {
 public:
  void add(const std::string& name, const Secret& secret);

  /// As long as `text` takes: linear in it, and in the number of secrets only where one of them begins.
  /// `text` with "‹secret NAME›" in place of each. `cut`: it goes on beyond its end, so that a beginning of a secret of
  /// at least four bytes at its end is masked too. Any bytes.
  [[nodiscard]] std::string redacted(std::string text, bool cut) const;

 private:
  struct Form {
    std::string name;
    Secret form;
  };
  void add_form(const std::string& name, std::string form);
  void add_forms(const std::string& name, std::string_view bytes);
  void each_form_at(std::string_view at, const std::function<void(const Form&)>& take) const;
  [[nodiscard]] std::pair<std::size_t, const Form*> beginning_at_end(std::string_view text) const;

  std::vector<Form> forms_;     ///< sorted by their bytes
  std::bitset<65536> marks_{};  ///< of the first bytes of each
};

}  // namespace aright
