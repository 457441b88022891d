// That a run takes back what an ended one has done (docs/decisions/0170).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace aright {

struct RunUndo {
  std::uint64_t run{0};               ///< the ended one
  bool redo{false};                   ///< that one has taken back another: what that had done is done again
  bool partial{false};                ///< what has no inverse stays
  std::string by;                     ///< who asked for it
  std::vector<std::string> groups{};  ///< of who asked, then; of undos of before it was kept: none
  std::string reason;
  std::optional<std::chrono::nanoseconds>
      waive{};              ///< for how long its control leaves the subject alone; none: it does not
  std::uint64_t waiver{0};  ///< that it has granted; 0: none
  /// The one before it that has ended, and had taken back a part of the same; 0: none; nullopt: of before it was kept.
  std::optional<std::uint64_t> earlier{};

  /// Without `run`, which stands beside it.
  [[nodiscard]] Json to_json() const;
  /// Errc::corrupt.
  [[nodiscard]] static Result<RunUndo> from_json(std::uint64_t run, const Json& doc);
};

}  // namespace aright
