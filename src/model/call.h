// A request to a server and what came of it, as values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "model/program.h"
#include "model/secret_text.h"

namespace aright {

inline constexpr std::size_t call_body_bytes_max = program_input_bytes_max;  ///< what a program may get a server may
inline constexpr std::size_t call_kept_bytes_max = std::size_t{1} << 20U;

struct CallRequest {
  /// Names the step of the run, not the attempt ("r12-0"): [a-z0-9-]{1,40}. The server gets it as part of the header
  /// Idempotency-Key, so that a second request under it has no second effect.
  std::string key;
  /// What an event must hold to be known to come of it: a part of the header User-Agent. Empty: nothing.
  std::string cause{};
  std::string method{"GET"};
  std::string url;      ///< as it is sent
  SecretTexts headers;  ///< by name, as written
  std::string body;     ///< as it is sent, but null where a secret belongs
  /// What belongs into the body, which then is JSON, by RFC 6901 pointer.
  SecretTexts body_secrets;
  Nanos time_limit{std::chrono::seconds{30}};    ///< for everything; of it at most 5 s for the connection
  std::size_t kept_max{std::size_t{64} * 1024};  ///< bytes kept of the answer; the rest is read, counted and dropped
};

struct StatusRange {
  int first{200};
  int last{299};
  bool operator==(const StatusRange&) const = default;
};

/// What an answer must be to mean something.
struct CallExpect {
  std::vector<StatusRange> status{StatusRange{}};
  std::string answer;  ///< a condition (CEL) over `answer`: status, json, text; empty: any answer

  [[nodiscard]] bool has(int code) const;
  [[nodiscard]] std::string text() const;  ///< of the statuses: "200 to 299 or 404"
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<CallExpect> from_json(const Json& doc);
};

/// Why what a server said is not the whole of it.
enum class CallCut : std::uint8_t {
  none,
  time_limit,
  stopped,  ///< we were
  lost,     ///< the connection broke, or what came is no HTTP
  too_long  ///< its answer went on beyond every limit
};

/// The request has been sent, or a part of it.
struct CallOutcome {
  int status{0};           ///< 0: none came
  std::string answer;      ///< the first bytes of the body, any bytes, secrets masked
  std::uint64_t total{0};  ///< how many came
  bool clipped{false};     ///< more than were kept
  CallCut cut{CallCut::none};
  std::string trouble;  ///< of a cut: what is known of it
  std::string address;  ///< who answered
  Nanos elapsed{};
};

/// The driver's name in resource ids of calls: "call:https://api.example.org".
inline constexpr const char* call_driver = "call";

/// What a step will send, word by word; what a person approves and an intention announces.
struct CallPlan {
  struct Confirm {
    CallRequest request;
    CallExpect expect;
    CallExpect absent;  ///< answers that say: certainly not there
  };
  CallRequest request;
  CallExpect expect;
  std::optional<Confirm> confirm;

  /// As ProgramPlan's. Secrets stand in it by name.
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<CallPlan> from_json(const Json& doc, const std::string& key);
};

/// GET and HEAD, of those that a step may use: they ask for nothing to be changed (RFC 9110, 9.2.1).
[[nodiscard]] bool is_safe(std::string_view method);

/// Scheme, host and port at the beginning of a URL, whatever follows.
[[nodiscard]] std::string origin_of(const std::string& url);

/// One line: "status 201, 57 bytes", "no answer within 30s". Pure.
[[nodiscard]] std::string describe(const CallOutcome& outcome);

}  // namespace aright
