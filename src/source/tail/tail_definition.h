// A log as written in sources/*.yaml.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/yaml.h"
#include "model/mode.h"
#include "source/tail/decode.h"
#include "source/tail/tail_source.h"

namespace aright::source {

/// Lines of sshd; it knows its log sources itself, `more` belong to its events as well.
struct SshdLines {
  std::vector<LogSource> more;
  bool operator==(const SshdLines&) const = default;
};
using LineFormat = std::variant<JsonLines, TextLines, SshdLines>;

struct TailDefinition {
  std::string name;                   ///< [a-z0-9-]{1,64}, unique in a configuration
  std::vector<std::string> files;     ///< absolute paths, as in TailOptions
  std::vector<std::string> patterns;  ///< likewise
  bool from_end{true};                ///< what was there before the first start is not read
  std::size_t line_max{std::size_t{64} * 1024};
  LineFormat format;
  Mode mode{Mode::auto_};  ///< workflows go no further with what comes of it
  bool operator==(const TailDefinition&) const = default;
};

/// `text` as log sources are compared: ASCII letters in lower case.
[[nodiscard]] std::string log_source_word(std::string text);

/// `log_source:`, one map or a list of them. Empty after reporting every mistake to `out`, or when `node` is null.
[[nodiscard]] std::vector<LogSource> parse_log_sources(const yaml::Node* node, Diagnostics& out);

/// A file whose `source:` has a `tail:`. nullopt after reporting every mistake to `out`. Pure.
[[nodiscard]] std::optional<TailDefinition> parse_tail(const yaml::Node& node, Diagnostics& out);

/// `zone`: what local time is ahead of UTC, for times that do not say. Errc::invalid as `text_decoder`; never for what
/// `parse_tail` has given.
[[nodiscard]] Result<std::unique_ptr<LineDecoder>> make_decoder(const LineFormat& format, Nanos zone);

}  // namespace aright::source
