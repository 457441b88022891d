// Deliveries that were acknowledged to a sender, until they are worked up, and the ids of those that were.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/mode.h"

namespace aright {

/// Ids of a source are kept for so long: a delivery that comes again within it has no second effect.
inline constexpr std::chrono::hours delivery_ids_for{7 * 24};

struct NewDelivery {
  std::vector<std::string> ids;  ///< what tells it from others, any of them; none: it is never taken for a repeated one
  std::string bytes;             ///< what `read` gives back
  WallTime at{};                 ///< when it came
  Mode mode_max{Mode::observe};  ///< how far workflows go with it, whatever its source may do later
};

struct KeptDelivery {
  bool repeated{false};     ///< one with one of the ids is kept, or was within `delivery_ids_for`: nothing was added
  std::uint64_t number{0};  ///< of the new one; from 0 without gaps
};

struct SpooledDelivery {
  std::uint64_t number{0};
  std::string bytes;
  WallTime at{};
  std::optional<Mode> mode_max{};  ///< as it was kept; nullopt: by a version that did not keep it
};

struct DeliverySpoolFigures {
  std::uint64_t next{0};         ///< number the next one gets
  std::uint64_t bytes{0};        ///< kept, on disk
  std::uint64_t ids{0};          ///< remembered
  std::uint64_t ids_dropped{0};  ///< since start, forgotten before their time because there were too many
};

/// Of one source. Any thread. Two implementations: `store` (files) and the one of the tests of source/webhook (memory).
class DeliverySpool {
 public:
  virtual ~DeliverySpool() = default;
  /// Bytes and ids are durable, by one sync, when it returns a value. Of several at once with one id the first is kept,
  /// the others wait for it: they are repeated if it was kept, else one of them takes its place. Errc::no_space: room
  /// or the limit; nothing is kept, may be tried again. Errc::invalid: too large. Errc::unavailable: it cannot be
  /// kept now, or (Retry::no) nothing is taken any more until the next start; repeated ones neither, where what was
  /// kept is not there any more.
  virtual Result<KeptDelivery> keep(const NewDelivery& delivery) = 0;
  /// From `from` on, in order, at most `records` and (but for the first) `bytes`; from before the oldest: from that on.
  /// Errc::corrupt names file and offset.
  virtual Result<std::vector<SpooledDelivery>> read(std::uint64_t from, std::size_t records, std::size_t bytes) = 0;
  /// Deliveries before `done` are worked up: their bytes may go, their ids stay as long as they must. Cheap when there
  /// is nothing to do; errors leave everything as it was, and it is tried again the next time.
  virtual Result<Done> release(std::uint64_t done, WallTime now) = 0;
  [[nodiscard]] virtual DeliverySpoolFigures figures() const = 0;
};

}  // namespace aright
