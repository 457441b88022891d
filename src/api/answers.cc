#include "api/answers.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace aright::api {

namespace {

unsigned status_of(Errc code) {
  switch (code) {
    case Errc::not_found: return 404;
    case Errc::invalid: return 400;
    case Errc::conflict: return 409;
    case Errc::denied: return 403;
    case Errc::unavailable:
    case Errc::no_space:
    case Errc::paused:
    case Errc::timeout: return 503;
    case Errc::corrupt: return 500;
  }
  return 500;
}

}  // namespace

http::Response json(const Json& doc, unsigned status) {
  return {status, "application/json", doc.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

http::Response problem(const Error& error) {
  const unsigned status = status_of(error.code);
  auto response = json({{"status", status}, {"title", name(error.code)}, {"detail", error.message}}, status);
  response.content_type = "application/problem+json";
  return response;
}

http::Response no_such_path(const http::Request& request) {
  return problem({Errc::not_found, Retry::no, fmt::format("no {} {}", request.method, request.path)});
}

Json list_json(Json items, std::uint64_t more) { return {{"items", std::move(items)}, {"more", more}}; }

Result<WallTime> since_of(const std::string& text, WallTime now) {
  const auto time = parse_past(text, now);
  if (!time) return fail(Errc::invalid, "since " + time.error().message);
  if (*time > now)
    return fail(Errc::invalid, fmt::format("since {} is in the future: it is {} now", text, rfc3339(now)));
  return *time;
}

std::optional<std::uint64_t> as_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Below> below(const std::string& path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  const std::string rest = path.substr(prefix.size());
  const auto slash = rest.find('/');
  if (slash == std::string::npos) return Below{rest, {}};
  return Below{rest.substr(0, slash), rest.substr(slash + 1)};
}

std::optional<std::uint64_t> as_offset(const Json& value) {
  if (value.is_string()) return as_number(value.get_ref<const std::string&>());
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  return std::nullopt;
}

std::string row_id(const std::string& table, const std::string& id) {
  const auto number = table == "finding" ? std::nullopt : as_number(id);
  return number ? fmt::format("{:012}", *number) : id;
}

Json doc_of(const Row& row) {
  auto doc = parse_own_json(row.doc);
  return doc ? std::move(*doc) : Json{{"id", row.id}, {"error", doc.error().message}};
}

}  // namespace aright::api
