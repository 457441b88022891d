#include "engine/record.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/text.h"
#include "model/entry.h"

namespace aright::engine {

namespace {

constexpr std::size_t text_max = 1000;
constexpr std::size_t text_short = 200;
constexpr std::size_t names_max = 16;
constexpr std::size_t name_max = 64;
constexpr std::array<const char*, 4> free_texts{"reason", "outcome", "error", "note"};

void drop_difference(Fields& entry) {
  Json* plan = entry.find("plan");
  if (plan == nullptr || !plan->contains("difference")) return;
  (*plan)["difference_omitted"] = plan->at("difference").size();
  (*plan)["difference"] = Json::array();
}

void shorten_texts(Fields& entry) {
  for (const char* key : free_texts) {
    Json* text = entry.find(key);
    if (text != nullptr && text->is_string()) *text = clip_text(text->get_ref<const std::string&>(), text_short);
  }
}

bool fits(const Result<std::string>& bytes) { return bytes && bytes->size() <= entry_bytes_max; }

}  // namespace

std::string line(std::string_view text) { return clip_text(text, text_max); }

std::vector<std::string> short_list(std::vector<std::string> names) {
  const std::size_t more = names.size() > names_max ? names.size() - names_max + 1 : 0;
  if (more != 0) names.resize(names_max - 1);
  for (std::string& name : names) name = clip_text(name, name_max);
  if (more != 0) names.push_back(fmt::format("and {} more", more));
  return names;
}

bool recordable(const ResourceId& id) {
  if (id.driver.empty() || id.id.empty()) return false;
  const auto text = canonical_json(Json(id.text()));
  return text && text->size() <= resource_bytes_max;
}

Result<std::string> entry_bytes(Fields& entry) {
  auto bytes = entry.canonical();
  if (!bytes || fits(bytes)) return bytes;
  if (const Json* causes = entry.find("causes"); causes != nullptr && causes->size() > 1) {
    Json newest = Json::array({causes->back()});
    entry["causes"] = std::move(newest);
    bytes = entry.canonical();
    if (!bytes || fits(bytes)) return bytes;
  }
  drop_difference(entry);
  bytes = entry.canonical();
  if (!bytes || fits(bytes)) return bytes;
  shorten_texts(entry);
  bytes = entry.canonical();
  if (!bytes || fits(bytes)) return bytes;
  return fail(Errc::invalid, fmt::format("{} bytes, more than an entry holds", bytes->size()));
}

void broken(std::string_view invariant, std::string_view detail) {
  fmt::print(stderr, "aright: stopping, a broken invariant: {}: {}\n", invariant, detail);
  std::fflush(stderr);
  std::abort();
}

}  // namespace aright::engine
