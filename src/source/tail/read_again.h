// A line of a followed log once more, after it was read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/event.h"
#include "source/tail/tail_definition.h"
#include "source/tail/tail_position.h"

namespace aright::source {

/// `path`: as in a position. `done`: how far the source has been read, its positions of all files. Only a file that is
/// still under its name and still the one that was read is looked at, opened as TailSource does. Errc::not_found says
/// what has become of it, or that no line begins there; other errors as FollowedFile::open. `arrival` as in TailSource.
[[nodiscard]] Result<ReadAgain> read_again(const TailDefinition& definition, const LineDecoder& decoder,
                                           const std::vector<TailPosition>& done, const std::string& path,
                                           std::uint64_t offset, WallTime arrival);

}  // namespace aright::source
