#include "model/content.h"

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/utf8.h"

namespace aright {

Json content_json(std::string_view bytes) {
  if (!is_utf8(bytes) || bytes.find('\0') != std::string_view::npos) return {{"base64", base64(bytes)}};
  Json lines = Json::array();
  while (true) {
    const auto end = bytes.find('\n');
    lines.emplace_back(std::string(bytes.substr(0, end)));
    if (end == std::string_view::npos) return lines;
    bytes.remove_prefix(end + 1);
  }
}

Result<std::string> content_bytes(const Json& content) {
  if (content.is_object() && content.contains("base64") && content.at("base64").is_string()) {
    return unbase64(content.at("base64").get_ref<const std::string&>());
  }
  if (!content.is_array() || content.empty()) return fail(Errc::invalid, "content is neither lines nor base64");
  std::string bytes;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (!content[i].is_string()) return fail(Errc::invalid, "a line of the content is not text");
    if (i != 0) bytes += '\n';
    bytes += content[i].get_ref<const std::string&>();
  }
  return bytes;
}

}  // namespace aright
