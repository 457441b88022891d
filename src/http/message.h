// Requests and answers as values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace aright::http {

/// Names and values as received, in order; names may be in any case.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Names of headers are compared without case.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

/// Every value under `name`, which is compared without case. They live as long as `headers`.
[[nodiscard]] std::vector<std::string_view> values_of(const Headers& headers, std::string_view name);

/// Who is at the other end of a Unix socket, as the system knew the process when it connected (SO_PEERCRED,
/// SO_PEERGROUPS).
struct Peer {
  std::uint32_t uid{0};
  std::uint32_t gid{0};
  std::int32_t pid{0};
  std::vector<std::uint32_t> groups;  ///< supplementary
  /// The process itself (pidfd), which its number may outlive; none: it had ended when we looked. Before Linux 6.5 the
  /// kernel does not tell, and it is the one that had the number when the connection was taken.
  std::shared_ptr<const UniqueFd> process{};
};

struct Request {
  std::string method;
  std::string path;                          ///< without the query
  std::map<std::string, std::string> query;  ///< as written, not decoded: our values need no escapes
  std::string host;
  Headers headers;              ///< all of them, Host too; at most `header_fields_max`
  std::uint64_t body_bytes{0};  ///< as announced; `body` has as many once the request is whole
  std::string body;
  std::optional<Peer> peer;  ///< set on a Unix socket only
};

inline constexpr std::size_t header_fields_max = 100;

struct Response {
  unsigned status{200};
  std::string content_type{"application/json"};
  std::string body;
  Headers headers{};  ///< beside those the server writes: Retry-After, Allow. Never text from outside
};

/// With its version, in every answer on a daemon's own socket, also in what the server refuses before it has asked the
/// daemon: whoever has asked knows by it who answers.
inline constexpr const char* answers_header = "Aright-Version";

/// The words that go with a status; those of 500 for one we never give.
[[nodiscard]] std::string_view reason_of(unsigned status);

/// RFC 9457: what is wrong in `detail` (any text; bytes that are no UTF-8 are replaced), the status' own words as
/// title.
[[nodiscard]] Response problem(unsigned status, std::string_view detail, Headers headers = {});

}  // namespace aright::http
