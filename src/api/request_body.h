// What a request asks for, in its body.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"

namespace aright::api {

/// The body's fields; every one must be in `known` and text. Errc::invalid says which is not, or is too long.
[[nodiscard]] Result<Json> body_of(const http::Request& request, std::initializer_list<std::string_view> known);

/// A duration such as "24h"; nullopt: the field is not there. Errc::invalid.
[[nodiscard]] Result<std::optional<Nanos>> span_of(const Json& body, const char* field);

/// Errc::invalid: there is none, or nothing is in it.
[[nodiscard]] Result<std::string> reason_of(const Json& body);

}  // namespace aright::api
