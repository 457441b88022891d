// Requests and answers as values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aright::http {

/// Who is at the other end of a Unix socket, as the system knew the process when it connected (SO_PEERCRED,
/// SO_PEERGROUPS).
struct Peer {
  std::uint32_t uid{0};
  std::uint32_t gid{0};
  std::int32_t pid{0};
  std::vector<std::uint32_t> groups;  ///< supplementary
};

struct Request {
  std::string method;
  std::string path;                          ///< without the query
  std::map<std::string, std::string> query;  ///< as written, not decoded: our values need no escapes
  std::string host;
  std::string body;
  std::optional<Peer> peer;  ///< set on a Unix socket only
};

struct Response {
  unsigned status{200};
  std::string content_type{"application/json"};
  std::string body;
};

}  // namespace aright::http
