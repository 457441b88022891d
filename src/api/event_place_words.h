// What an event's offset means to people: byte and file, where a log was rotated or cut.
#pragma once

#include <string>

#include "api/api.h"
#include "base/json.h"
#include "base/result.h"

namespace aright::api {

/// "SOURCE:OFFSET is byte 515 of the second file of that name", and where the file of now begins if that is a later
/// one. Empty where the offset is the byte of the only file so far, and for deliveries of a webhook. `intakes`: as the
/// engine lists them.
[[nodiscard]] std::string words_of_place(const EventPlace& place, const Json& intakes);

/// `answer` with these words behind its first sentence; a refusal has them at its end, if it is another file now.
[[nodiscard]] Result<Json> with_words_of_place(Result<Json> answer, const EventPlace& place, const Json& intakes);

}  // namespace aright::api
