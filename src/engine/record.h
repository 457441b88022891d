// How an entry becomes bytes: every free text clipped, the whole at most 4 KiB. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/fields.h"
#include "model/resource.h"

namespace aright::engine {

/// A resource id longer than this as JSON would not leave room in an entry for what happened to it.
inline constexpr std::size_t resource_bytes_max = 1200;

/// Free text as it enters a record: valid UTF-8, at most 1000 bytes.
[[nodiscard]] std::string line(std::string_view text);

/// At most 16 field names; the last one says how many more there are.
[[nodiscard]] std::vector<std::string> short_list(std::vector<std::string> names);

/// Whether `id` can be the subject of records: not empty, UTF-8, short enough. Drivers and sources see to it; an id
/// that is not is refused, never acted on.
[[nodiscard]] bool recordable(const ResourceId& id);

/// The canonical bytes of an entry. One over 4 KiB is shortened first (`entry` too): the difference gives way to its
/// count, then texts to their beginning. Errc::invalid: even so it is no entry; a broken invariant of ours.
[[nodiscard]] Result<std::string> entry_bytes(Fields& entry);

/// Ends the process and says which invariant is broken. Better to stop than to act on what cannot be recorded.
[[noreturn]] void broken(std::string_view invariant, std::string_view detail);

}  // namespace aright::engine
