// The store port on SQLite: WAL, synchronous=FULL, one connection that writes and checkpoints. One thread.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "model/port/store.h"
#include "store/sqlite.h"

namespace aright::store {

class SqliteStore final : public Store {
 public:
  /// Creates the file if it is missing. Refuses by name what is not ours (Errc::corrupt), never replaces it.
  /// `pages_max`: 0 for as much as the disk holds.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& file, std::uint64_t pages_max = 0);
  Result<Loaded> load() override;
  Result<Done> commit(const Batch& batch) override;
  Result<std::optional<Blob>> blob(const std::string& commitment_id) override;
  Result<std::optional<Definition>> definition(const std::string& hash) override;

 private:
  struct Statements {
    Statement begin, commit, rollback, entry, tree, checkpoint, context, definition, blob;
    std::array<Statement, row_tables.size()> put_row;
    Statement drop_admission;
  };
  explicit SqliteStore(Database database) : database_(std::move(database)) {}
  Result<Done> prepare();
  Result<Done> write(const Batch& batch);
  Result<Done> write_entries(const Batch& batch);
  Result<Done> write_rows(const Batch& batch);
  Result<Done> write_blobs(const Batch& batch);
  void checkpoint_wal(std::size_t written);

  Database database_;
  Statements statements_;
  std::uint64_t size_{0};  ///< entries stored
  std::size_t pages_{0};   ///< about how many pages the WAL has gained since its checkpoint
};

/// Shared by both sides: one blob by id, unpacked.
[[nodiscard]] Result<std::optional<Blob>> read_blob(Database& database, const std::string& id);
[[nodiscard]] std::string edge_bytes(const TreeHead& tree);
[[nodiscard]] Result<TreeHead> tree_from(std::uint64_t size, std::string_view edge);

}  // namespace aright::store
