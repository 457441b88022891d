// One checkpoint to one witness.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "cli/witness_place.h"
#include "store/sqlite_history.h"

namespace aright::daemon {

/// What witnesses need of the node.
struct WitnessSurroundings {
  std::string folder;  ///< where the newest checkpoint that each has cosigned is kept; made when the first is
  /// A connection to the log, for another thread.
  std::function<Result<std::unique_ptr<store::SqliteHistory>>()> open_log;
};

/// One thread, but for `stop`.
class WitnessWriter {
 public:
  virtual ~WitnessWriter() = default;
  /// The signed `note` for `size` entries. Blocks as long as the system does. File: the line is durable in the file,
  /// which is made (0600) if it is missing; errors as the system says, denied: a link. System log: it has taken it.
  /// Http: as HttpWitness::submit; conflict: it has cosigned another log, or more of this one.
  virtual Result<Done> write(std::uint64_t size, const std::string& note) = 0;
  /// Ends what can be ended. Any thread.
  virtual void stop() {}
};

[[nodiscard]] std::unique_ptr<WitnessWriter> witness_writer(const cli::WitnessPlace& place,
                                                            const WitnessSurroundings& around);

}  // namespace aright::daemon
