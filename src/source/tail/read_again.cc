#include "source/tail/read_again.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/path_text.h"
#include "source/tail/followed_file.h"

namespace aright::source {

namespace {

Error no_more(const std::string& path, std::string_view what) {
  return {Errc::not_found, Retry::no, fmt::format("{}: {}", path, what)};
}

/// The line, from the very file that `position` is about.
Result<std::string> line_of(const TailPosition& position, std::uint64_t byte, std::size_t line_max) {
  const auto bytes = path_bytes(position.path);
  if (!bytes) return std::unexpected(no_more(position.path, "is no path"));
  const auto file = FollowedFile::open(*bytes, line_max);
  if (!file) return std::unexpected(file.error());
  if (!file->is(position.device, position.inode)) {
    return std::unexpected(
        no_more(position.path, "another file has the name now, the one that was read was rotated away"));
  }
  auto line = file->line_at(byte);
  // Looked at after reading: then what was read came from the file that was looked at.
  const auto fits = file->fits(position);
  if (!fits) return std::unexpected(fits.error());
  if (!*fits) {
    return std::unexpected(no_more(position.path,
                                   "the file was cut or begun anew: it does not begin as it did when it "
                                   "was read, or is shorter"));
  }
  return line;
}

}  // namespace

Result<ReadAgain> read_again(const TailDefinition& definition, const LineDecoder& decoder,
                             const std::vector<TailPosition>& done, const std::string& path, std::uint64_t offset,
                             WallTime arrival) {
  const std::uint64_t generation = offset >> static_cast<unsigned>(byte_bits);
  const auto position = std::ranges::find_if(done, [&](const TailPosition& one) {
    return one.path == path && one.generation == generation && one.inode != 0;
  });
  if (position == done.end()) {
    return std::unexpected(no_more(path, "the file that this stood in was rotated away, removed, or begun anew since"));
  }
  auto line = line_of(*position, offset & byte_max, definition.line_max);
  if (!line && line.error().code == Errc::invalid) return ReadAgain{std::nullopt, line.error().message};
  if (!line) return std::unexpected(line.error());
  if (line->ends_with('\r')) line->pop_back();
  if (is_blank(*line)) return ReadAgain{std::nullopt, "it is an empty line"};
  auto decoded = decoder.decode(*line, arrival);
  if (!decoded) return ReadAgain{std::nullopt, "it is malformed: " + decoded.error().message};
  if (!*decoded) return ReadAgain{std::nullopt, "it is a line that its source's decoder is not for"};
  return ReadAgain{event_of(std::move(**decoded), definition.name + ":" + path, offset, arrival), {}};
}

}  // namespace aright::source
