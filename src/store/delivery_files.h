// The delivery spool in files: a spool, whose records carry their ids, and an id file for those of records that are
// gone.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "model/port/delivery_spool.h"
#include "store/id_file.h"
#include "store/spool.h"

namespace aright::store {

struct DeliveryLimits {
  SpoolLimits spool;
  std::size_t ids{500'000};  ///< remembered at once, about 100 bytes each; beyond, the oldest are forgotten and counted
};

class DeliveryFiles final : public DeliverySpool {
 public:
  struct Opened;
  /// Makes the folder (0700) in an existing one. `now`: ids that are over are left out. `done`: as Spool::open, whose
  /// errors it has.
  static Result<Opened> open(const std::string& folder, WallTime now, std::uint64_t done, DeliveryLimits limits = {});

  /// What lies in the spool of such a folder, without changing or remembering anything. As Spool::look.
  [[nodiscard]] static Result<SpoolFigures> look(const std::string& folder);

  Result<KeptDelivery> keep(const NewDelivery& delivery) override;
  Result<std::vector<SpooledDelivery>> read(std::uint64_t from, std::size_t records, std::size_t bytes) override;
  Result<Done> release(std::uint64_t done, WallTime now) override;
  [[nodiscard]] DeliverySpoolFigures figures() const override;

 private:
  struct KeyHash {
    /// The keys are hashes already.
    std::size_t operator()(const IdKey& key) const;
  };
  DeliveryFiles(std::string folder, std::unique_ptr<Spool> spool, IdFile file, DeliveryLimits limits)
      : folder_(std::move(folder)), spool_(std::move(spool)), file_(std::move(file)), limits_(limits) {}
  Result<Done> take_up(const std::vector<RememberedId>& filed, WallTime now);
  void remember(const RememberedId& id);
  void forget_old(WallTime now);
  [[nodiscard]] Result<Done> file_ids(std::uint64_t from, std::uint64_t to, WallTime now);

  const std::string folder_;
  const std::unique_ptr<Spool> spool_;
  IdFile file_;  ///< by `release` only
  const DeliveryLimits limits_;
  std::mutex releasing_;  ///< before `mutex_`
  mutable std::mutex mutex_;
  std::condition_variable settled_;
  std::set<IdKey> under_way_;                               ///< their records are being written
  std::unordered_map<IdKey, std::int64_t, KeyHash> known_;  ///< until when
  std::deque<RememberedId> order_;                          ///< as they came; an older entry of a key is void
  std::uint64_t dropped_{0};
};

struct DeliveryFiles::Opened {
  std::unique_ptr<DeliveryFiles> deliveries;
  std::uint64_t damaged_ids{0};  ///< their deliveries could be taken twice
  std::uint64_t first{0};        ///< number of the oldest that is kept, or of the next one
  std::string lost;  ///< which file is gone although deliveries were done, and what is lost by it; empty: none
};

}  // namespace aright::store
