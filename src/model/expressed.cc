#include "model/expressed.h"

#include <fmt/format.h>

#include "base/no_value.h"
#include "base/path_text.h"
#include "base/utf8.h"

namespace aright {

namespace {

constexpr std::string_view content_field{"content"};
constexpr std::string_view file_driver{"file"};

/// Bytes that are base64 of `size` characters.
std::size_t bytes_in(std::string_view base64) {
  const std::size_t filling = base64.ends_with("==") ? 2 : base64.ends_with('=') ? 1 : 0;
  return base64.size() / 4 * 3 - filling;
}

Json path_of(const std::string& id) {
  auto path = path_bytes(id);
  if (!path) return no_value(path.error().message);
  if (is_utf8(*path)) return Json(std::move(*path));
  return no_value(
      fmt::format("the path \"{}\" is not UTF-8, so no text can be that path; rename the file by hand", id));
}

}  // namespace

std::shared_ptr<const Json> expressed(const Json& fields) {
  const auto content = fields.find(content_field);
  const bool bytes = content != fields.end() && content->is_object();
  if (!bytes) return {std::shared_ptr<const Json>(), &fields};
  Json known = Json::object();
  for (const auto& [field, value] : fields.items()) {
    if (field != content_field) known[field] = value;
  }
  known[std::string(content_field)] = no_value(
      fmt::format("the content is no text ({} bytes): it has bytes that are not UTF-8, or NUL, and no lines that "
                  "could be told; convert the file, or do without `content` here",
                  bytes_in(content->value("base64", ""))));
  return std::make_shared<const Json>(std::move(known));
}

Json expressed(const ResourceId& resource) {
  return {{"driver", resource.driver},
          {"id", resource.driver == file_driver ? path_of(resource.id) : Json(resource.id)}};
}

Json expressed_subject(std::string_view subject) {
  if (const auto resource = resource_of(subject)) return expressed(*resource);
  const ResourceId parts = subject_parts(subject);
  return {{"driver", parts.driver}, {"id", parts.id}};
}

}  // namespace aright
