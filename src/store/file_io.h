// Whole reads and writes at a place in a file.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aright::store {

/// Whether a write that failed with `err` found no room: a full disk, a used up quota, or a limit on the size of files.
[[nodiscard]] bool no_room(int err);

/// `errno_error`, but whatever `no_room` says is Errc::no_space and may be tried again; the message names which it was.
[[nodiscard]] Error write_error(int err, const std::string& path);

/// All of `text`; what got there before an error stays. Errors as `write_error`.
[[nodiscard]] Result<Done> write_at(int fd, std::string_view text, std::uint64_t offset, const std::string& path);

/// `count` bytes, fewer at the end of the file.
[[nodiscard]] Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t count, const std::string& path);

/// The name `path`, of a file or a folder that is there, is there also after a power cut. Done where the file system
/// has nothing to sync in folders. Errc::denied: the folder it lies in may not be read.
[[nodiscard]] Result<Done> sync_name(const std::string& path);

/// A folder of mode 0700 in an existing one, there also after a power cut; as it is when it is there already.
[[nodiscard]] Result<Done> make_folder(const std::string& path);

/// `text` as the whole of the file, in one piece: another file is written, synced and renamed, so that no reader and no
/// crash sees half of it.
[[nodiscard]] Result<Done> replace_file(const std::string& path, std::string_view text, mode_t mode);

/// A new file, durable when it returns but for its name; what could not be written whole is taken away again. Errors as
/// the system says, also when it is there, or a link.
[[nodiscard]] Result<Done> write_new_file(const std::string& path, std::string_view text, mode_t mode = 0600);

/// Little endian, `bytes` of them.
void append_number(std::string& out, std::uint64_t number, std::size_t bytes);
/// As `append_number` wrote it; all of it must be there.
[[nodiscard]] std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t count);

}  // namespace aright::store
