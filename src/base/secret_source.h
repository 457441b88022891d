// Where a secret lies, and reading it there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "base/yaml.h"

namespace aright {

struct SecretSource {
  enum class Kind : std::uint8_t {
    file,         ///< `text`: its absolute path, bytes
    environment,  ///< a variable of this process
    credential    ///< a file in the folder that systemd hands over ($CREDENTIALS_DIRECTORY)
  };
  Kind kind{Kind::file};
  std::string text;

  [[nodiscard]] std::string shown() const;  ///< for messages: the path, "environment variable X", "credential X"
  bool operator==(const SecretSource&) const = default;
};
using SecretSources = std::map<std::string, SecretSource>;

/// Shorter ones can be guessed, and cannot be told from other text where they are to be masked.
inline constexpr std::size_t secret_bytes_min = 8;
inline constexpr std::size_t secret_bytes_max = 4096;

/// The secret without the line break at its end. A file may be reached through a link (secrets are mounted that way).
/// Errc::denied: this process may not read it. Errc::invalid: readable by others, writable by the group, neither ours
/// nor root's, no regular file, empty, shorter than `bytes_min`, longer than `secret_bytes_max`. Errc::not_found: no
/// such file or variable, or systemd has handed nothing over. The message names the place and never shows the secret.
[[nodiscard]] Result<Secret> read_secret(const SecretSource& source, std::size_t bytes_min = secret_bytes_min);

/// `{ file: PATH }`, `{ environment: NAME }` or `{ credential: NAME }`; each may be a list: the secret while it is
/// being changed. Reports every mistake; what is returned is then not to be used. `what` names the map. Pure.
[[nodiscard]] std::vector<SecretSource> parse_secret_sources(const yaml::Node& node, const std::string& what,
                                                             Diagnostics& out);

/// There is none of that name. What stands there may be the secret itself, so that it is not repeated where it is as
/// long as one. `hint`: where it may be said.
[[nodiscard]] Diagnostic no_such_secret(const std::string& name, const Position& at,
                                        const std::vector<std::string>& known, std::string hint);

/// `secrets:`: a map of names ([a-z0-9-]{1,64}) to places, one each, at most 100. As above.
[[nodiscard]] SecretSources parse_secrets(const yaml::Node& node, Diagnostics& out);

}  // namespace aright
