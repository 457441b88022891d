// What can be told of secrets before they are used.
#pragma once

#include <string>

#include "base/secret_source.h"

namespace aright::cli {

/// Reports why a secret cannot be used: as a warning where only the daemon could tell (a file that is closed to us, its
/// environment, what systemd hands it), else as an error. `to_do`: what to do when there is no such file.
void report_secret(const SecretSource& source, const Result<Done>& seen, const Position& at, const std::string& to_do,
                   Diagnostics& out);

/// `secrets:` of aright.yaml, each read once.
[[nodiscard]] SecretSources take_secrets(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::cli
