// Where truth is kept. Two implementations: `store` (SQLite) and the simulator's, whose process
// can die before, in the midst of (nothing of it is left) and right after a commit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/entry.h"

namespace aright {

/// What is read back at start.
struct Loaded {
  TreeHead tree;
  std::string context;  ///< as last committed; empty in a new store
  std::vector<Row> open_rows;
  std::optional<Checkpoint> checkpoint;  ///< the newest
  std::vector<IntakeRow> intakes;
};

/// The writing side. One thread only: the engine's.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<Loaded> load() = 0;
  /// Durable when it returns a value: all of the batch or nothing. Errc::no_space and unavailable: nothing was written,
  /// the same batch may be tried again. Errc::corrupt: stop.
  virtual Result<Done> commit(const Batch& batch) = 0;
  /// Content of a blob; nullopt when it was never there or has been erased.
  virtual Result<std::optional<Blob>> blob(const std::string& commitment_id) = 0;
  virtual Result<std::optional<Definition>> definition(const std::string& hash) = 0;
  /// One row, whether or not it is open; nullopt: there is none.
  virtual Result<std::optional<Row>> row(const std::string& table, const std::string& id) = 0;
};

inline constexpr std::uint32_t page_rows_max = 1000;
inline constexpr std::uint64_t page_more_max = 10'000;

/// One page of rows, newest first.
struct PageRequest {
  std::string table;  ///< "finding", "run", "review"
  bool only_open{false};
  std::uint32_t limit{100};  ///< at most `page_rows_max`
  std::string before;        ///< id of a row: only older ones; empty: from the newest on
  /// Only rows whose document has one of these texts under each of these keys (a-z and _). They alone are counted.
  std::map<std::string, std::vector<std::string>> texts{};
  std::string since{};  ///< only what was created then or later: `created_at` as rows hold it; empty: from ever on
};
struct Page {
  std::vector<Row> rows;
  std::uint64_t more{0};  ///< older rows that did not fit; not counted beyond `page_more_max`
};

/// The reading side for people: any thread but one at a time; sees committed data only, never blocks the writer.
class History {
 public:
  virtual ~History() = default;
  /// Errc::not_found: no row `before`.
  virtual Result<Page> page(const PageRequest& request) = 0;
  virtual Result<std::optional<Row>> row(const std::string& table, const std::string& id) = 0;
  /// Entries whose "run" field is `run`, oldest first, at most `limit`.
  virtual Result<std::vector<Entry>> entries_of_run(std::uint64_t run, std::uint32_t limit) = 0;
  virtual Result<std::vector<Entry>> entries(std::uint64_t first, std::uint32_t limit) = 0;
  virtual Result<std::vector<Digest>> leaves(std::uint64_t first, std::uint64_t limit) = 0;
  virtual Result<std::optional<Checkpoint>> newest_checkpoint() = 0;
  virtual Result<std::optional<Blob>> blob(const std::string& commitment_id) = 0;
  /// Whether `blob` would find it.
  virtual Result<bool> keeps(const std::string& commitment_id) {
    const auto found = blob(commitment_id);
    return found ? Result<bool>(found->has_value()) : std::unexpected(found.error());
  }
};

}  // namespace aright
