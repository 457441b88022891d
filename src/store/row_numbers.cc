#include "store/row_numbers.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace aright::store {

std::string put_row_sql(std::string_view table) {
  const bool numbered = has_number(table);
  return fmt::format(
      "INSERT INTO {}(id,open,doc{}) VALUES(?,?,?{}) "
      "ON CONFLICT(id) DO UPDATE SET open=excluded.open, doc=excluded.doc",
      table, numbered ? ",number" : "", numbered ? ",?" : "");
}

RowNumbers::RowNumbers(const Batch& batch) {
  for (const Entry& entry : batch.entries) {
    if (!entry.bytes.contains(R"("kind":"finding.opened")")) continue;
    const auto doc = parse_own_json(entry.bytes);
    const auto found = doc ? doc->find("finding") : Json::const_iterator();
    if (doc && found != doc->end() && found->is_string()) opened_[found->get<std::string>()] = entry.seq;
  }
}

Result<Done> RowNumbers::put(Statement& prepared, const Row& row) const {
  Statement& s =
      prepared.bind(1, std::string_view(row.id)).bind(2, std::uint64_t{row.open}).bind(3, std::string_view(row.doc));
  if (!has_number(row.table)) return s.run();
  const auto number = of(row);
  return (number ? s.bind(4, *number) : s.bind_null(4)).run();
}

/// nullopt: a finding that an earlier batch has opened, which has its number, or no id of ours.
std::optional<std::uint64_t> RowNumbers::of(const Row& row) const {
  if (row.table == "finding") {
    const auto found = opened_.find(row.id);
    return found == opened_.end() ? std::nullopt : std::optional(found->second);
  }
  std::uint64_t number = 0;
  const char* const last = row.id.data() + row.id.size();
  const auto [end, error] = std::from_chars(row.id.data(), last, number);
  return error == std::errc() && end == last ? std::optional(number) : std::nullopt;
}

}  // namespace aright::store
