#include "cli/expected_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace aright::cli {

namespace {

std::optional<std::uint64_t> counting(const std::string& id) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  return error == std::errc() && end == id.data() + id.size() ? std::optional(number) : std::nullopt;
}

Error not_its_own(const char* table, const std::string& id, std::uint64_t number, std::uint64_t right,
                  std::string_view why) {
  return {Errc::corrupt, Retry::no,
          fmt::format("table {}, row {}: its number is {}, where it ought to be {}{}", table, id,
                      static_cast<std::int64_t>(number), right, why)};
}

}  // namespace

void ExpectedNumbers::take(std::uint64_t seq, const Json& entry) {
  const auto kind = entry.find("kind");
  if (kind == entry.end() || *kind != "finding.opened") return;
  const auto id = entry.find("finding");
  if (id == entry.end() || !id->is_string()) return;
  opened_.emplace_back(std::hash<std::string>{}(id->get_ref<const std::string&>()), seq);
}

Result<Done> ExpectedNumbers::compare(store::SqliteHistory& history) {
  for (const char* table : {"run", "notification"}) {
    std::optional<Error> wrong;
    auto ok = history.each_number(table, [&](const std::string& id, std::uint64_t number) {
      const auto right = counting(id);
      if (!wrong && right && *right != number) wrong = not_its_own(table, id, number, *right, "");
    });
    if (!ok) return ok;
    if (wrong) return std::unexpected(*wrong);
  }
  std::ranges::sort(opened_);
  std::optional<Error> wrong;
  auto ok = history.each_number("finding", [&](const std::string& id, std::uint64_t number) {
    const auto found = std::ranges::lower_bound(opened_, std::hash<std::string>{}(id), {},
                                                [](const auto& opened) { return opened.first; });
    if (wrong || found == opened_.end() || found->first != std::hash<std::string>{}(id)) return;
    if (found->second != number)
      wrong = not_its_own("finding", id, number, found->second, ", the entry that opened it");
  });
  if (!ok) return ok;
  return wrong ? Result<Done>(std::unexpected(*wrong)) : Done{};
}

}  // namespace aright::cli
