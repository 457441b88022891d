// `witness:` in aright.yaml: who else gets every signed checkpoint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/yaml.h"

namespace aright::cli {

struct WitnessPlace {
  enum class Kind : std::uint8_t { file, syslog };
  Kind kind{Kind::file};
  std::string path;  ///< of the file, or of the system log's socket
  [[nodiscard]] std::string name() const { return (kind == Kind::file ? "file " : "syslog ") + path; }
  bool operator==(const WitnessPlace&) const = default;
};

/// `- file: /path`, `- syslog: true`, with `socket: /path` where it is not /dev/log; every mistake is reported.
[[nodiscard]] std::vector<WitnessPlace> parse_witnesses(const yaml::Node& node, Diagnostics& out);

/// A witness in a folder that it is to watch over sees nothing: whoever changes one changes both.
void check_witnesses(const std::vector<WitnessPlace>& witnesses, const std::string& state, Diagnostics& out);

}  // namespace aright::cli
