// What of our own led to a finding. Decision: docs/decisions/0077.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace aright {

/// How it is known.
enum class CauseProof : std::uint8_t {
  state,     ///< what is read is, to the byte, what the run made
  identity,  ///< the event holds the token that the run gave its program or server
};
[[nodiscard]] std::string_view name(CauseProof proof);

/// One run, and what it changed.
struct Cause {
  std::uint64_t run{0};
  std::string workflow;
  std::string under;    ///< names the versions of workflow and control: 16 hex digits
  std::string changed;  ///< the resource; of a program or call what its finding was about. As `changed_text` has it
  CauseProof by{CauseProof::state};
  bool operator==(const Cause&) const = default;
};

/// No more are kept of a chain: its oldest go.
inline constexpr std::size_t causes_max = 6;

/// A resource or subject, short enough for a record; equal for equal ones.
[[nodiscard]] std::string changed_text(std::string_view subject);
/// `Cause::under` of a workflow's version and a control's hash.
[[nodiscard]] std::string versions_text(std::string_view workflow_version, std::string_view control_hash);

/// `chain` and one more, which is the newest.
[[nodiscard]] std::vector<Cause> led_on(std::vector<Cause> chain, Cause newest);

[[nodiscard]] Json causes_json(std::span<const Cause> chain);
/// Errc::corrupt: it is not as `causes_json` writes it.
[[nodiscard]] Result<std::vector<Cause>> causes_from_json(const Json& doc);

}  // namespace aright
