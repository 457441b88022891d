// One event with its envelope.
#pragma once

#include <compare>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace aright {

/// A set of events as detection rules name it; lower case, empty: not given.
struct LogSource {
  std::string category;
  std::string product;
  std::string service;
  auto operator<=>(const LogSource&) const = default;
};

/// What the form of a field has been checked to be. `text` is nothing that could name a target.
enum class FieldType : std::uint8_t { text, integer, address };
[[nodiscard]] std::string_view name(FieldType type);
[[nodiscard]] std::optional<FieldType> parse_field_type(std::string_view text);

/// A field whose value somebody outside chose. It may select a control; it names a target only when it is typed.
struct OutsiderField {
  std::string name;  ///< a key of the event's data, with everything below it
  FieldType type{FieldType::text};
  auto operator<=>(const OutsiderField&) const = default;
};

/// An event whose source says where its time stands, and that has none there. When it was nobody knows, so that no
/// correlation counts it; everything else looks at it.
struct NoTime {
  enum class Fault : std::uint8_t {
    missing,       ///< it has no such field
    malformed,     ///< what the field holds is no time
    out_of_range,  ///< it is a time that is not counted with
  };
  std::string field;
  Fault fault{Fault::missing};
  bool operator==(const NoTime&) const = default;
  /// "there is no field `at`", "field `at` is no RFC 3339 time"
  [[nodiscard]] std::string text() const;
};

struct Event {
  std::string source;  ///< the configured source's name, and which part of it where it has several ("auth:/var/log/x")
  /// Where in the source it can be read again; with `source` it is the event's identity. Rises.
  std::uint64_t offset{0};
  WallTime time{};                     ///< the event's own, else that of its arrival
  std::vector<LogSource> log_sources;  ///< those it belongs to
  nlohmann::json data;                 ///< an object
  std::vector<OutsiderField> outsider;
  std::optional<NoTime> no_time{};  ///< nullopt: `time` is its own, or its source has no times but those of arrival

  /// `data` without what an outsider wrote as he liked: what may name a target.
  [[nodiscard]] nlohmann::json trusted() const;

  /// As evidence is kept. `from_json` is its inverse; Errc::corrupt names the field.
  [[nodiscard]] nlohmann::json to_json() const;
  [[nodiscard]] static Result<Event> from_json(const nlohmann::json& doc);
};

/// Something read that is no event: kept aside, never lost in silence.
struct Quarantined {
  std::string source;
  std::uint64_t offset{0};
  std::string reason;      ///< lower case, no full stop
  std::uint64_t bytes{0};  ///< size of the whole
  /// Hex HMAC-SHA-256 of its bytes (of the first, when it is over the limit) under the installation's key: proves later
  /// what it was without telling it. Empty: it is an event all the same, which only a control could not read.
  std::string commitment;
  std::string beginning;  ///< its first bytes, at most `quarantined_beginning_max`: any bytes
};
inline constexpr std::size_t quarantined_beginning_max = 512;

/// What stands at one place of a source, read once more.
struct ReadAgain {
  std::optional<Event> event;
  std::string why_none;  ///< without an event: why what stands there is none; lower case, no full stop
};

/// What a source had and cannot read any more.
struct Gap {
  std::string source;
  std::uint64_t offset{0};  ///< where it begins
  std::string reason;
};

}  // namespace aright
