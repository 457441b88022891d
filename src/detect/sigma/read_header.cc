#include "detect/sigma/read_header.h"

#include <fmt/format.h>

#include <algorithm>

#include "detect/sigma/fold.h"

namespace aright::detect::sigma {

namespace {

constexpr std::size_t title_max = 256;
constexpr std::size_t description_max = 65'535;

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::string_view("0123456789abcdefABCDEF").find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

/// Published files write numbers and dates where texts are meant: any scalar is taken as it is written.
std::optional<std::string> plain(yaml::Fields& in, std::string_view key) {
  const yaml::Node* node = in.node(key);
  if (node == nullptr || node->kind == yaml::Node::Kind::null) return std::nullopt;
  if (node->kind == yaml::Node::Kind::scalar) return node->scalar;
  in.error(node->at, fmt::format("`{}` must be text, not {}", key, node->describe()));
  return std::nullopt;
}

/// A list of such texts, or one.
std::vector<std::string> plain_list(yaml::Fields& in, std::string_view key) {
  const yaml::Node* node = in.node(key);
  if (node == nullptr || node->kind == yaml::Node::Kind::null) return {};
  if (node->kind == yaml::Node::Kind::scalar) return {node->scalar};
  if (node->kind != yaml::Node::Kind::list) {
    in.error(node->at, fmt::format("`{}` must be a list of texts, not {}", key, node->describe()));
  }
  std::vector<std::string> list;
  for (const yaml::Node& item : node->items) {
    if (item.kind != yaml::Node::Kind::scalar) {
      in.error(item.at, fmt::format("each of `{}` must be text, not {}", key, item.describe()));
    }
    list.push_back(item.scalar);
  }
  return list;
}

/// "A, B" and [A, B] are two authors.
std::vector<std::string> authors(yaml::Fields& in) {
  std::vector<std::string> names;
  for (const std::string& text : plain_list(in, "author")) {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      const std::string_view part = std::string_view(text).substr(begin, end - begin);
      const auto first = part.find_first_not_of(" \t\n");
      if (first != std::string_view::npos) {
        names.emplace_back(part.substr(first, part.find_last_not_of(" \t\n") - first + 1));
      }
      begin = end + 1;
    }
  }
  return names;
}

std::string one_of(yaml::Fields& in, std::string_view key, const std::vector<std::string>& known,
                   const std::string& what) {
  const auto text = plain(in, key);
  if (text && std::ranges::find(known, *text) == known.end()) {
    in.error(in.node(key)->at, fmt::format("unknown {} `{}`", key, *text), suggest(*text, known, what));
  }
  return text.value_or("");
}

std::string limited(yaml::Fields& in, std::string_view key, std::size_t bytes_max) {
  const auto text = plain(in, key);
  if (text && text->size() > bytes_max) {
    in.error(in.node(key)->at, fmt::format("`{}` has {} bytes, at most {} are allowed", key, text->size(), bytes_max));
  }
  return text.value_or("");
}

}  // namespace

Header read_header(yaml::Fields& in) {
  Header header;
  header.at = in.at();
  if (in.required("title") != nullptr) header.title = limited(in, "title", title_max);
  if (const auto id = plain(in, "id")) {
    if (!is_uuid(*id)) in.error(in.node("id")->at, fmt::format("`id` must be a UUID, not `{}`", *id));
    header.id = fold(*id);
  }
  header.name = plain(in, "name").value_or("");
  header.status = one_of(in, "status", {"stable", "test", "experimental", "deprecated", "unsupported"}, "statuses");
  header.level = parse_level(one_of(in, "level", {"informational", "low", "medium", "high", "critical"}, "levels"));
  header.description = limited(in, "description", description_max);
  header.authors = authors(in);
  header.references = plain_list(in, "references");
  header.tags = plain_list(in, "tags");
  header.fields = plain_list(in, "fields");
  header.falsepositives = plain_list(in, "falsepositives");
  if (const auto taxonomy = plain(in, "taxonomy"); taxonomy && *taxonomy != "sigma") {
    in.error(in.node("taxonomy")->at, fmt::format("taxonomy `{}` is not known here", *taxonomy),
             "only field names of the taxonomy `sigma` can be used");
  }
  return header;
}

}  // namespace aright::detect::sigma
