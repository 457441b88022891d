// Window snapshots as files: NUMBER.whole and NUMBER.change, each its hash and then its text, put there in one piece.
#pragma once

#include <memory>
#include <string>

#include "model/port/snapshots.h"

namespace aright::store {

/// One thread at a time.
class SnapshotFiles final : public Snapshots {
 public:
  static constexpr std::size_t bytes_max = std::size_t{256} << 20U;

  /// `folder` is made (0700) below an existing one. Errors as mkdir(2) says.
  static Result<std::unique_ptr<SnapshotFiles>> open(const std::string& folder);
  Result<std::vector<Stored>> load() override;
  Result<Done> put(const Stored& snapshot) override;

 private:
  explicit SnapshotFiles(std::string folder) : folder_(std::move(folder)) {}
  void remove_before(std::uint64_t number) const;

  std::string folder_;
};

}  // namespace aright::store
