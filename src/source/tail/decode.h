// From a line to an event's content. Pure: no clock, no file; any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/event.h"

namespace aright::source {

/// What a line says.
struct Decoded {
  Json data;
  std::optional<WallTime> time;  ///< as the line has it
  std::vector<LogSource> log_sources;
  std::vector<OutsiderField> outsider;
  std::optional<NoTime> no_time{};  ///< the decoder knows where it stands, and it is not there

  /// `field` is where it stands, and holds `text`.
  void take_time(const std::string& field, std::string_view text);
};

/// The event that `content` is, at its own time, else that of its `arrival`.
[[nodiscard]] Event event_of(Decoded content, std::string source, std::uint64_t offset, WallTime arrival);

/// nullopt: a proper line, but not one that this decoder is for. Errc::invalid: malformed; the message says why.
using Decoding = Result<std::optional<Decoded>>;

class LineDecoder {
 public:
  virtual ~LineDecoder() = default;
  /// `line`: any bytes, without the line feed. `arrival`: when it was read; for what a time in it leaves open.
  [[nodiscard]] virtual Decoding decode(std::string_view line, WallTime arrival) const = 0;
};

/// Errc::invalid: a line that no text has: not UTF-8, or with a NUL byte, which would end it early elsewhere.
[[nodiscard]] Result<Done> check_text(std::string_view line);

/// Each line one JSON object, strictly (base/json.h).
struct JsonLines {
  std::vector<LogSource> log_sources;
  std::string time_field;            ///< a key with an RFC 3339 time; empty: no event has one of its own
  std::vector<std::string> trusted;  ///< keys that no outsider writes; all others are an outsider's text
  bool operator==(const JsonLines&) const = default;
};
[[nodiscard]] std::unique_ptr<LineDecoder> json_decoder(JsonLines config);

/// One form of line.
struct TextPattern {
  std::string pattern;                     ///< RE2, matched against the whole line; its named groups are the fields
  std::map<std::string, FieldType> types;  ///< of groups; the others are text
  std::vector<std::string> trusted;        ///< groups that no outsider writes
  bool operator==(const TextPattern&) const = default;
};
struct TextLines {
  std::vector<LogSource> log_sources;
  std::vector<TextPattern> patterns;  ///< tried in order; a line that fits none is not for us
  std::string time_group;             ///< a group with an RFC 3339 time; empty: none
  bool operator==(const TextLines&) const = default;
};
inline constexpr std::size_t text_patterns_max = 100;
inline constexpr std::int64_t pattern_memory_max = 1 << 20;  ///< bytes one compiled pattern may take

/// What is wrong with one form of line. The words go on where "pattern …" or the name stands: "has no named group …".
struct PatternMistakes {
  std::vector<std::string> pattern;         ///< the expression itself
  std::vector<std::string> types, trusted;  ///< names there that no group has
  std::vector<std::string> groups;          ///< that it has, as far as can be told
};
/// All of them at once: of an expression that is none, too, it is said which names stand nowhere in it.
[[nodiscard]] PatternMistakes mistakes_of(const TextPattern& pattern);

/// Errc::invalid names the pattern and what is wrong: not RE2, too big, no named group, a type or trust for a group
/// that is not there, no pattern at all, more than text_patterns_max.
[[nodiscard]] Result<std::unique_ptr<LineDecoder>> text_decoder(TextLines config);

/// What every event of `sshd_decoder` belongs to: linux/sshd and linux/auth.
[[nodiscard]] std::vector<LogSource> sshd_log_sources();

/// All fields that an event of `sshd_decoder` may have.
[[nodiscard]] std::vector<std::string> sshd_fields();
/// All fields that an event of these lines may have.
[[nodiscard]] std::vector<std::string> fields_of(const TextLines& lines);

/// Lines of sshd in a system log, in the form of RFC 3164, RFC 5424 or with an ISO 8601 time. `zone`: what local time
/// is ahead of UTC, for RFC 3164 times, which do not say.
/// `more`: log sources its events belong to beside `sshd_log_sources`.
[[nodiscard]] std::unique_ptr<LineDecoder> sshd_decoder(Nanos zone, const std::vector<LogSource>& more = {});

/// RFC 3339 with `Z` or any other offset from UTC.
[[nodiscard]] std::optional<WallTime> offset_time(std::string_view text);

}  // namespace aright::source
