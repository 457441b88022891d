// The reading side on its own read-only connection. Any thread, one at a time (a mutex inside).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "model/port/store.h"
#include "store/sqlite.h"

namespace aright::store {

class SqliteHistory final : public History {
 public:
  /// `access`: read_only beside the process that writes, still when there is none. Errc::corrupt when the file is not
  /// ours, or empty.
  static Result<std::unique_ptr<SqliteHistory>> open(const std::string& file,
                                                     Database::Access access = Database::Access::read_only);
  /// Another connection to the same file, opened the same way, for another thread.
  Result<std::unique_ptr<SqliteHistory>> again() const { return open(file_, access_); }
  Result<Page> page(const PageRequest& request) override;
  Result<std::optional<Row>> row(const std::string& table, const std::string& id) override;
  Result<std::vector<Entry>> entries_of_run(std::uint64_t run, std::uint32_t limit) override;
  Result<std::vector<Entry>> entries(std::uint64_t first, std::uint32_t limit) override;
  Result<std::vector<Digest>> leaves(std::uint64_t first, std::uint64_t limit) override;
  Result<std::optional<Checkpoint>> newest_checkpoint() override;
  Result<std::optional<Blob>> blob(const std::string& commitment_id) override;
  Result<bool> keeps(const std::string& commitment_id) override;

  /// From now on everything is read as it is at the next reading, whatever is written meanwhile.
  Result<Done> stand_still();
  /// For `audit verify`: SQLite's own integrity check; empty when it finds nothing, else its sentences.
  Result<std::vector<std::string>> integrity();
  /// For `audit verify`, what SQLite lets anybody write and its check takes: Errc::corrupt names a value of another
  /// class than its column's (`column_classes.h`), or an entry with a number below 0.
  Result<Done> check_columns();
  Result<std::vector<Checkpoint>> checkpoints();
  Result<std::optional<Checkpoint>> checkpoint_at(std::uint64_t size);
  Result<TreeHead> tree();
  Result<std::string> context();
  /// Errc::corrupt: its document does not have the hash it is kept under.
  Result<std::optional<Definition>> definition(const std::string& hash);
  /// Of every definition its kind, by hash.
  Result<std::map<std::string, std::string>> definitions();
  /// Every blob that is not erased, one by one, and every definition: Errc::corrupt names the first that is not what
  /// its name says. The number of blobs.
  Result<std::uint64_t> check_contents();
  /// Tells the id of each of those blobs, in no order.
  Result<Done> each_content(const std::function<void(const std::string& id)>& told);
  /// Tells the number of each row of a table whose rows have one, by id. Errc::invalid: of another table.
  Result<Done> each_number(const std::string& table,
                           const std::function<void(const std::string& id, std::uint64_t number)>& told);
  /// All rows of a projection table by id.
  Result<std::vector<Row>> all_rows(const std::string& table);
  /// Those that are open.
  Result<std::vector<Row>> open_rows(const std::string& table);
  /// Tells the id of each row that is over, by id.
  Result<Done> each_over(const std::string& table, const std::function<void(const std::string& id)>& told);

 private:
  SqliteHistory(Database database, std::string file, Database::Access access)
      : database_(std::move(database)), file_(std::move(file)), access_(access) {}
  Result<std::vector<Row>> rows(const std::string& table, Statement statement);
  static Result<std::optional<Checkpoint>> one_checkpoint(Result<Statement> statement);
  Result<std::string> place_of(const std::string& table, const std::string& id);
  Database database_;
  std::string file_;
  Database::Access access_;
  std::map<std::string, Statement> by_id_;  ///< by table: kept, a verification asks a million times
  std::mutex mutex_;
};

}  // namespace aright::store
