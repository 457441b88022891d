// Names under which Aright itself may be stopped or run, as far as they are words: what a path leads to is another
// look.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aright::guard {

/// How `text`, which came of `written` (with `${ … }` in it), names Aright: "names aright.service, which is Aright
/// itself". Empty: it does not. Names are `aright` and `aright.service` as whole words, also at the end of a path and
/// behind the letter of an option, and the number of the daemon's `process`, also as a group ("-4242") or in /proc.
/// Only where something of the word was filled in: what its author wrote is his. No words are looked for where what
/// was filled in is a sentence; as words alone numbers below 100 are none, since in a container the daemon may be
/// process 1. Pure.
[[nodiscard]] std::string own_name_in(std::string_view text, std::string_view written, std::uint64_t process);

}  // namespace aright::guard
