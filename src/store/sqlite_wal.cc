// When the write-ahead log is folded into the database: between commits, never inside one.
#include <sqlite3.h>

#include "store/sqlite_store.h"

namespace aright::store {

namespace {

constexpr int wal_frames_large = 2 * wal_frames_max;
constexpr int wal_frames_retry = wal_frames_max / 4;  ///< after a large log could not begin anew: one 50 ms wait in 500
constexpr int restart_wait_ms = 50;

}  // namespace

void SqliteStore::keep_wal_small(bool erased) {
  if (erased) return empty_wal(restart_wait_ms);
  return empties_wal_ ? empty_wal(0) : checkpoint_wal();
}

/// Old pages in it tell of what has been erased. Whoever reads is waited for, for a moment; else the next commits try.
void SqliteStore::empty_wal(int wait_ms) {
  sqlite3_busy_timeout(database_.raw(), wait_ms);
  const int code = sqlite3_wal_checkpoint_v2(database_.raw(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(database_.raw(), static_cast<int>(busy_wait_ms_));
  empties_wal_ = code != SQLITE_OK;
  checkpoint_at_ = empties_wal_ ? wal_frames_ + wal_frames_max : wal_frames_max;
  lose_where_corrupt(code);
}

/// The batch is durable; what must not go on is told by the next commit.
void SqliteStore::lose_where_corrupt(int code) {
  if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY) return;
  if (Error error = sqlite_error(database_.raw(), database_.file()); error.code == Errc::corrupt) lost_ = error;
}

void SqliteStore::checkpoint_wal() {
  if (wal_frames_ < checkpoint_at_) {
    // Fewer frames than at the last checkpoint: SQLite began the log anew.
    if (checkpoint_at_ > wal_frames_ + wal_frames_max) checkpoint_at_ = wal_frames_max;
    return;
  }
  int log = 0;
  int done = 0;
  // Passive never waits for readers. Where one always follows another the log would never begin anew: then we wait, for
  // a moment, until the present ones are done; the next ones read the database alone.
  const bool wait = wal_frames_ >= wal_frames_large;
  sqlite3_busy_timeout(database_.raw(), restart_wait_ms);
  const int code = sqlite3_wal_checkpoint_v2(database_.raw(), nullptr,
                                             wait ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &log, &done);
  sqlite3_busy_timeout(database_.raw(), static_cast<int>(busy_wait_ms_));
  const bool whole = code == SQLITE_OK && log == done;
  checkpoint_at_ = whole ? wal_frames_max : wal_frames_ + (wait ? wal_frames_retry : wal_frames_max);
  lose_where_corrupt(code);
}

}  // namespace aright::store
