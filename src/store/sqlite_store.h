// The store port on SQLite: WAL, synchronous=FULL, one connection that writes and checkpoints. One thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "model/port/store.h"
#include "store/sqlite.h"

namespace aright::store {

inline constexpr int wal_frames_max = 2000;  ///< then the write-ahead log is folded into the database

class SqliteStore final : public Store {
 public:
  /// Creates the file (0600) if it is missing. Refuses by name what is not ours or is damaged (`check_files`,
  /// `check_schema`; Errc::corrupt), never replaces it. `pages_max`: 0 for as much as the disk holds. `busy_wait_ms`:
  /// how long a commit waits for another process's lock before it is Errc::unavailable.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& file, std::uint64_t pages_max = 0,
                                                   std::uint32_t busy_wait_ms = busy_wait_ms_default);
  Result<Loaded> load() override;
  /// Also Errc::corrupt: the file was removed or replaced, or a sync failed. Then nothing can be stored here any more:
  /// every later commit says so; open again to read what is there.
  Result<Done> commit(const Batch& batch) override;
  Result<std::optional<Blob>> blob(const std::string& commitment_id) override;
  Result<std::optional<Definition>> definition(const std::string& hash) override;
  Result<std::optional<Row>> row(const std::string& table, const std::string& id) override;
  /// Gives the room of the write-ahead log back, unless somebody reads in it.
  void make_room() { empty_wal(0); }

 private:
  struct Statements {
    Statement begin, commit, rollback, entry, tree, checkpoint, context, definition, blob, read_blob, intake;
    std::array<Statement, row_tables.size()> put_row;
    Statement drop_admission;
    Statement drop_subject;
  };
  explicit SqliteStore(Database database) : database_(std::move(database)) {}
  Result<Done> prepare();
  Result<Done> write(const Batch& batch);
  Result<Done> write_entries(const Batch& batch);
  Result<Done> write_rows(const Batch& batch);
  Result<Done> write_blobs(const Batch& batch);
  Result<Done> write_intakes(const Batch& batch);
  Result<Done> still_there();
  // sqlite_wal.cc
  void keep_wal_small(bool erased);
  void checkpoint_wal();
  void empty_wal(int wait_ms);
  void lose_where_corrupt(int code);

  Database database_;
  Statements statements_;
  std::uint64_t size_{0};  ///< entries stored
  std::uint32_t busy_wait_ms_{busy_wait_ms_default};
  int wal_frames_{0};  ///< told by SQLite at each commit
  int checkpoint_at_{wal_frames_max};
  bool empties_wal_{false};    ///< somebody read, so that it could not be emptied
  std::optional<Error> lost_;  ///< final: what every later commit answers
};

/// How far each source has been handled. Errc::corrupt names a row whose text is not what was written.
[[nodiscard]] Result<std::vector<IntakeRow>> read_intakes(Database& database);
/// Errc::corrupt names an entry with a number below 0: no tree holds it, and no signature.
[[nodiscard]] Result<Done> check_first_entry(Database& database);
/// Errc::corrupt unless the definition's document has the hash it is kept under.
[[nodiscard]] Result<Done> check(const Definition& definition);
/// Shared by both sides. Errc::corrupt as `check`.
[[nodiscard]] Result<std::optional<Definition>> read_definition(Database& database, const std::string& hash);
/// Shared by both sides: what `read_blob` asks with, kept by those who ask often.
[[nodiscard]] Result<Statement> prepare_read_blob(Database& database);
/// One blob by id, unpacked. Errc::corrupt when its content is not what its id commits to.
[[nodiscard]] Result<std::optional<Blob>> read_blob(Statement& prepared, const std::string& id);
[[nodiscard]] std::string edge_bytes(const TreeHead& tree);
[[nodiscard]] Result<TreeHead> tree_from(std::uint64_t size, std::string_view edge);

}  // namespace aright::store
