// What the windows of correlations hold, put aside so that they need not be filled from the beginning after a restart.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/intake.h"
#include "model/port/snapshots.h"

namespace aright::engine {

/// One in a row of snapshots: a `whole` one, or what changed since the one before. A value.
struct WindowSnapshot {
  std::uint64_t number{0};                           ///< rises by one
  bool whole{false};                                 ///< needs none of those before it
  std::map<std::string, std::vector<Lane>> sources;  ///< how far each source had been taken in
  Json windows;                                      ///< as detect::sigma::Detector gives its changes

  [[nodiscard]] std::string text() const;
  /// Errc::corrupt names what is wrong.
  [[nodiscard]] static Result<WindowSnapshot> from_text(const std::string& text);
};

/// Writes `snapshot`; when the row has become long, the whole of it as one that is whole. Reads and writes files: for
/// a thread that may take long. Errors as `Snapshots`.
[[nodiscard]] Result<Done> put_aside(Snapshots& files, const WindowSnapshot& snapshot);

/// `changes` applied to `whole`, both as Detector gives them. Pure. Errc::corrupt: not what was written.
[[nodiscard]] Result<Done> merge_windows(Json& whole, const Json& changes);

}  // namespace aright::engine
