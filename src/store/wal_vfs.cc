#include "store/wal_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include "store/file_io.h"

namespace aright::store {

namespace {

constexpr std::size_t pending_max = 64U << 10U;  ///< SQLite's own file access takes less than 128 KiB at once

/// An open write-ahead log. SQLite syncs the frames of a commit before it tells anybody of them (synchronous=FULL), and
/// whoever reads in the file reads through here; so nobody misses what is still pending.
struct WalFile {
  sqlite3_file base{};  ///< what SQLite knows of it; must be first
  sqlite3_file* real{nullptr};
  std::string pending;  ///< not written yet, from `at` on
  sqlite3_int64 at{0};

  [[nodiscard]] sqlite3_int64 end() const { return at + static_cast<sqlite3_int64>(pending.size()); }
};

WalFile& of(sqlite3_file* file) { return *reinterpret_cast<WalFile*>(file); }

constexpr unsigned errno_shift = 8;  ///< above it an extended code says more of its kind; SQLite keeps it as it is

/// SQLite's own file access knows ENOSPC alone as a full disk and calls the others a disk that fails; what the errno
/// was can be asked for here only: SQLite forgets it where a commit fails.
int as_full(int code, int err) {
  const bool full = (code & 0xFF) == SQLITE_IOERR && no_room(err);
  return full ? static_cast<int>(SQLITE_FULL | (static_cast<unsigned>(err) << errno_shift)) : code;
}

int write_full(const sqlite3_io_methods& how, sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  const int code = how.xWrite(file, bytes, count, offset);
  int err = 0;
  if (code != SQLITE_OK) how.xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &err);
  return as_full(code, err);
}

int flush(WalFile& wal) {
  if (wal.pending.empty()) return SQLITE_OK;
  const int code =
      write_full(*wal.real->pMethods, wal.real, wal.pending.data(), static_cast<int>(wal.pending.size()), wal.at);
  wal.pending.clear();  // after a failure too: the commit fails, and the next one writes its frames anew
  return code;
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  WalFile& wal = of(file);
  if (wal.pending.empty()) wal.at = offset;
  const auto size = static_cast<std::size_t>(count);
  if (offset != wal.end() || wal.pending.size() + size > pending_max) {
    if (const int code = flush(wal); code != SQLITE_OK) return code;
    wal.at = offset;
  }
  try {
    wal.pending.append(static_cast<const char*>(bytes), size);
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

/// Calls the same method of the real file, after everything pending has been written.
template <auto Method, class... Args>
int after_flush(sqlite3_file* file, Args... args) {
  WalFile& wal = of(file);
  if (const int code = flush(wal); code != SQLITE_OK) return code;
  return (wal.real->pMethods->*Method)(wal.real, args...);
}

/// SQLite's own file access calls a disk that does not read a damaged file, and what asked for the page then says that
/// the database is malformed: whoever believes that throws it away.
int as_told(int code) { return code == SQLITE_IOERR_CORRUPTFS ? SQLITE_IOERR_READ : code; }

int read(sqlite3_file* file, void* into, int count, sqlite3_int64 offset) {
  return as_told(after_flush<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>(file, into, count, offset));
}

int close(sqlite3_file* file) {
  WalFile& wal = of(file);
  const int written = flush(wal);
  const int closed = wal.real->pMethods->xClose(wal.real);
  std::destroy_at(&wal);
  return written != SQLITE_OK ? written : closed;
}

template <auto Method>
int ask(sqlite3_file* file) {
  const WalFile& wal = of(file);
  return (wal.real->pMethods->*Method)(wal.real);
}

using M = sqlite3_io_methods;
const M methods{.iVersion = 1,
                .xClose = close,
                .xRead = read,
                .xWrite = write,
                .xTruncate = after_flush<&M::xTruncate, sqlite3_int64>,
                .xSync = after_flush<&M::xSync, int>,
                .xFileSize = after_flush<&M::xFileSize, sqlite3_int64*>,
                .xLock = after_flush<&M::xLock, int>,
                .xUnlock = after_flush<&M::xUnlock, int>,
                .xCheckReservedLock = after_flush<&M::xCheckReservedLock, int*>,
                .xFileControl = after_flush<&M::xFileControl, int, void*>,
                .xSectorSize = ask<&M::xSectorSize>,
                .xDeviceCharacteristics = ask<&M::xDeviceCharacteristics>,
                .xShmMap = nullptr,
                .xShmLock = nullptr,
                .xShmBarrier = nullptr,
                .xShmUnmap = nullptr,
                .xFetch = nullptr,
                .xUnfetch = nullptr};

constexpr std::size_t aligned(std::size_t size) {
  constexpr std::size_t unit = alignof(std::max_align_t);
  return (size + unit - 1) / unit * unit;
}

sqlite3_vfs& real_vfs(sqlite3_vfs* vfs) { return *static_cast<sqlite3_vfs*>(vfs->pAppData); }

/// The methods of a file of SQLite's own, but for what a failed read is called, and a write that finds no room.
struct Telling {
  sqlite3_io_methods base{};  ///< what SQLite knows of it; must be first
  const sqlite3_io_methods* real{nullptr};
};

int read_telling(sqlite3_file* file, void* into, int count, sqlite3_int64 offset) {
  const auto* own = reinterpret_cast<const Telling*>(file->pMethods);
  return as_told(own->real->xRead(file, into, count, offset));
}

int write_telling(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  return write_full(*reinterpret_cast<const Telling*>(file->pMethods)->real, file, bytes, count, offset);
}

/// The index of the write-ahead log is a file too, and grows; it keeps no errno.
int map_telling(sqlite3_file* file, int region, int size, int extend, void volatile** into) {
  errno = 0;
  const int code = reinterpret_cast<const Telling*>(file->pMethods)->real->xShmMap(file, region, size, extend, into);
  return as_full(code, errno);
}

/// One for each way that SQLite reads files here, which are one or two; never given back.
const sqlite3_io_methods* telling(const sqlite3_io_methods* real) {
  static std::mutex mutex;
  static std::map<const sqlite3_io_methods*, Telling> all;
  const std::scoped_lock lock(mutex);
  const auto [at, fresh] = all.try_emplace(real);
  if (fresh) {
    at->second = {*real, real};
    at->second.base.xRead = read_telling;
    at->second.base.xWrite = write_telling;
    if (real->iVersion >= 2 && real->xShmMap != nullptr) at->second.base.xShmMap = map_telling;
  }
  return &at->second.base;
}

/// SQLite gives the memory of a file, `szOsFile` bytes: ours in front, the real one's behind it.
int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs& real = real_vfs(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0) {
    const int code = real.xOpen(&real, name, file, flags, out_flags);
    if (code == SQLITE_OK) file->pMethods = telling(file->pMethods);
    return code;
  }
  file->pMethods = nullptr;  // until it is whole: SQLite closes only what has methods
  auto* behind = reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + aligned(sizeof(WalFile)));
  behind->pMethods = nullptr;
  const int code = real.xOpen(&real, name, behind, flags, out_flags);
  if (code != SQLITE_OK) {
    if (behind->pMethods != nullptr) behind->pMethods->xClose(behind);
    return code;
  }
  WalFile* wal = std::construct_at(reinterpret_cast<WalFile*>(file));
  wal->base.pMethods = &methods;
  wal->real = behind;
  return SQLITE_OK;
}

/// A copy of the default one, with our way to open.
sqlite3_vfs make() {
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  if (real == nullptr) return {};
  sqlite3_vfs vfs = *real;
  vfs.zName = "aright";
  vfs.pNext = nullptr;
  vfs.pAppData = real;
  vfs.szOsFile = static_cast<int>(aligned(sizeof(WalFile))) + real->szOsFile;
  vfs.xOpen = open;
  return vfs;
}

}  // namespace

int no_room_of(int code) {
  const auto err = static_cast<int>(static_cast<unsigned>(code) >> errno_shift);
  return err == 0 ? ENOSPC : err;
}

Result<const char*> wal_vfs() {
  static sqlite3_vfs vfs = make();
  static const bool registered = vfs.zName != nullptr && sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  if (!registered) return fail(Errc::unavailable, "SQLite has no access to files");
  return vfs.zName;
}

}  // namespace aright::store
