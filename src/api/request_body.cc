#include "api/request_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aright::api {

namespace {

constexpr std::size_t field_max = 500;
constexpr std::size_t subject_max = 1200;

}  // namespace

Result<Json> body_of(const http::Request& request, std::initializer_list<std::string_view> known) {
  auto doc = request.body.empty() ? Result<Json>(Json::object()) : parse_json(request.body);
  if (!doc) return doc;
  if (!doc->is_object()) return fail(Errc::invalid, "the body must be a JSON object");
  for (const auto& [key, value] : doc->items()) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      return fail(Errc::invalid, "unknown field \"" + key + "\"");
    if (!value.is_string()) return fail(Errc::invalid, "field \"" + key + "\" must be text");
    const std::size_t bytes_max = key == "subject" || key == "about" ? subject_max : field_max;
    if (value.get_ref<const std::string&>().size() > bytes_max)
      return fail(Errc::invalid, fmt::format("field \"{}\" is longer than {} bytes", key, bytes_max));
  }
  return doc;
}

Result<std::optional<Nanos>> span_of(const Json& body, const char* field) {
  if (!body.contains(field)) return std::optional<Nanos>();
  auto span = parse_duration(body.value(field, ""));
  if (!span) return fail(Errc::invalid, fmt::format("{}: {}", field, span.error().message));
  return std::optional<Nanos>(*span);
}

Result<std::string> reason_of(const Json& body) {
  std::string reason = body.value("reason", "");
  if (reason.find_first_not_of(" \t\n") == std::string::npos)
    return fail(Errc::invalid, "a reason is needed: it goes into the audit log");
  return reason;
}

}  // namespace aright::api
