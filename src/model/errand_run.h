// How an errand ended, as records hold it: what it wrote or was answered lies in a blob.
#pragma once

#include <variant>

#include "model/call.h"
#include "model/program.h"
#include "model/resource.h"

namespace aright {

struct ProgramRun {
  bool signalled{false};
  int number{0};  ///< the exit code, or the signal
  ProgramCut cut{ProgramCut::none};
  Commitment output;  ///< to what was kept of both streams
  std::uint64_t output_total{0};
  std::uint64_t errors_total{0};
  std::uint32_t strays_ended{0};
  std::uint32_t strays_left{0};
  std::uint64_t elapsed_ms{0};
  bool operator==(const ProgramRun&) const = default;
};

struct CallRun {
  int status{0};  ///< 0: no answer
  CallCut cut{CallCut::none};
  Commitment output;  ///< to what was kept of the answer
  std::uint64_t output_total{0};
  std::string address;  ///< who answered
  std::uint64_t elapsed_ms{0};
  bool operator==(const CallRun&) const = default;
};

using ErrandRun = std::variant<ProgramRun, CallRun>;

[[nodiscard]] inline const Commitment& output_of(const ErrandRun& ran) {
  return std::visit([](const auto& one) -> const Commitment& { return one.output; }, ran);
}
[[nodiscard]] ErrandRun errand_run(const ProgramOutcome& outcome, Commitment output);
[[nodiscard]] ErrandRun errand_run(const CallOutcome& outcome, Commitment output);
[[nodiscard]] Json errand_run_to_json(const ErrandRun& ran);
/// Errc::corrupt.
[[nodiscard]] Result<ErrandRun> errand_run_from_json(const Json& doc);

}  // namespace aright
