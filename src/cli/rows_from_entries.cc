#include "cli/rows_from_entries.h"

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/projection.h"

namespace aright::cli {

namespace {

constexpr std::uint32_t entries_a_part = 4096;

Result<Done> each_part(store::SqliteHistory& log, const std::function<Result<Done>(const std::vector<Entry>&)>& take) {
  for (std::uint64_t next = 0;;) {
    const auto part = log.entries(next, entries_a_part);
    if (!part) return std::unexpected(part.error());
    if (part->empty()) return Done{};
    if (auto ok = take(*part); !ok) return ok;
    next = part->back().seq + 1;
  }
}

/// Which rows are wanted is known from the entries that begin them, which come before any of their rows.
class Wanted {
 public:
  explicit Wanted(const RowsWanted& asked) : asked_(asked), runs_(asked.runs) {}

  /// Before it is applied.
  void look_at(const Json& entry) {
    const std::string kind = text_in(entry, "kind");
    if (kind == "finding.opened" && !asked_.control.empty() && text_in(entry, "control") == asked_.control) {
      findings_.insert(text_in(entry, "finding"));
    }
    if (kind != "run.created") return;
    const auto id = number_in(entry, "run");
    const auto undoes = number_in(entry, "undoes");
    const bool of_control = !asked_.control.empty() && text_in(entry, "control") == asked_.control;
    if (of_control || (undoes != 0 && runs_.contains(undoes))) runs_.insert(id);
    if (runs_.contains(id)) findings_.insert(text_in(entry, "finding"));
  }

  [[nodiscard]] bool has(const Row& row) const {
    if (row.table == "finding") return findings_.contains(row.id);
    if (row.table == "waiver") return true;
    if (row.table != "run" && row.table != "undone") return false;
    std::uint64_t number = 0;
    for (const char digit : row.id) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    return runs_.contains(number);
  }

 private:
  const RowsWanted& asked_;
  std::set<std::uint64_t> runs_;
  std::set<std::string> findings_;
};

}  // namespace

Result<MadeRows> rows_from_entries(store::SqliteHistory& log, const RowsWanted& asked) {
  engine::Projection projection;
  Wanted wanted(asked);
  std::map<std::pair<std::string, std::string>, std::string> docs;
  auto ok = each_part(log, [&](const std::vector<Entry>& part) -> Result<Done> {
    for (const Entry& entry : part) {
      const auto doc = parse_own_json(entry.bytes);
      if (!doc) return fail(Errc::corrupt, fmt::format("entry {}: {}", entry.seq, doc.error().message));
      wanted.look_at(*doc);
      if (auto applied = projection.apply(*doc); !applied) return applied;
    }
    for (Row& row : projection.take_rows()) {
      if (wanted.has(row)) docs[{row.table, row.id}] = std::move(row.doc);
    }
    return Done{};
  });
  if (!ok) return std::unexpected(ok.error());
  MadeRows made;
  for (const auto& [name, text] : docs) {
    auto doc = parse_own_json(text);
    if (!doc) {
      return fail(Errc::corrupt, fmt::format("table {}, row {}: {}", name.first, name.second, doc.error().message));
    }
    made[name.first][name.second] = std::move(*doc);
  }
  return made;
}

}  // namespace aright::cli
