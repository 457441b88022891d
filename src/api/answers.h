// The forms of answers, and what requests name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "model/entry.h"

namespace aright::api {

[[nodiscard]] http::Response json(const Json& doc, unsigned status = 200);
/// As RFC 9457 has it.
[[nodiscard]] http::Response problem(const Error& error);
[[nodiscard]] http::Response no_such_path(const http::Request& request);
/// The form of every list. `more`: older ones that are not in it.
[[nodiscard]] Json list_json(Json items, std::uint64_t more);

/// "30d" before `now`, a day (its beginning in UTC) or a time (RFC 3339). Errc::invalid, also of one after `now`.
[[nodiscard]] Result<WallTime> since_of(const std::string& text, WallTime now);

/// nullopt: it is not digits only, or too large.
[[nodiscard]] std::optional<std::uint64_t> as_number(std::string_view text);

/// An offset as records hold it; nothing when it is none.
[[nodiscard]] std::optional<std::uint64_t> as_offset(const Json& value);
/// Runs and reviews are named by their number, findings by a hash.
[[nodiscard]] std::string row_id(const std::string& table, const std::string& id);
/// A row that cannot be read says so itself.
[[nodiscard]] Json doc_of(const Row& row);

/// "/v1/runs/12/x" below "/v1/runs/" → {"12", "x"}.
struct Below {
  std::string id;
  std::string verb;
};
[[nodiscard]] std::optional<Below> below(const std::string& path, std::string_view prefix);

}  // namespace aright::api
