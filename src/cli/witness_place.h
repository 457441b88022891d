// `witness:` in aright.yaml: who else gets every signed checkpoint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/key.h"
#include "base/yaml.h"
#include "http/destination.h"

namespace aright::cli {

struct WitnessPlace {
  enum class Kind : std::uint8_t { file, syslog, http };
  Kind kind{Kind::file};
  std::string path;                 ///< of the file, of the system log's socket, or the URL that it takes them under
  audit::VerifyKey key;             ///< by which an http one cosigns
  http::Destinations destinations;  ///< that an http one is called by
  [[nodiscard]] std::string name() const;
  bool operator==(const WitnessPlace&) const = default;
};

/// `- file: /path`; `- syslog: true`, with `socket: /path` where it is not /dev/log; `- http: URL` with `key:
/// NAME+ID+KEY` (C2SP tlog-witness), where one of `destinations` lists the URL. Every mistake is reported.
[[nodiscard]] std::vector<WitnessPlace> parse_witnesses(const yaml::Node& node, const http::Destinations& destinations,
                                                        Diagnostics& out);

/// A witness in a folder that it is to watch over sees nothing: whoever changes one changes both.
void check_witnesses(const std::vector<WitnessPlace>& witnesses, const std::string& state, Diagnostics& out);

}  // namespace aright::cli
