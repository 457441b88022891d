// The secrets of this node, for the moment in which a hand needs them.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/redact.h"
#include "base/secret_source.h"
#include "model/program.h"
#include "model/secret_text.h"

namespace aright::driver {

/// Knows where they lie, keeps none: each is read when it is used, so that a changed one counts at once. Any thread.
class SecretKeeper {
 public:
  explicit SecretKeeper(SecretSources sources) : sources_(std::move(sources)) {}

  /// Another configuration.
  void change(SecretSources sources);

  /// Errors as `read_secret`, and Errc::not_found for a name that is not known. They name the secret.
  [[nodiscard]] Result<Secret> get(const std::string& name) const;
  /// `text` with its secret in its place; the caller wipes it.
  [[nodiscard]] Result<std::string> revealed(const SecretText& text) const;

  /// Of all secrets that can be read now: masks them in what others wrote.
  [[nodiscard]] Redactor redactor() const;

 private:
  [[nodiscard]] SecretSources sources() const;

  mutable std::mutex mutex_;
  SecretSources sources_;
};

}  // namespace aright::driver
