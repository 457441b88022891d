// How long what is not the log itself is kept.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "base/time.h"

namespace aright {

/// Nothing that is open, or that something open needs, goes; the audit log never does.
struct Retention {
  Nanos rows = std::chrono::hours{24 * 400};     ///< what is over in `kept_tables`, from its end
  Nanos contents = std::chrono::hours{24 * 30};  ///< what was before and after, what programs wrote, events
  Nanos sensitive = std::chrono::hours{24 * 7};  ///< the same of what not everybody may read
  std::uint64_t bytes{4ULL << 30U};  ///< of all of these; beyond, the oldest contents go, then the oldest rows
};

/// What is said of a run that has no row. `begun`: there was one, and its entries are in the log for ever.
[[nodiscard]] inline std::string no_run(std::uint64_t id, bool begun) {
  const std::string number = std::to_string(id);
  return "no run " + number +
         (begun
              ? " any more: retention has taken its row; `aright audit evidence --run " + number + "` still tells of it"
              : std::string());
}

/// A row of a projection, by its name.
struct RowName {
  std::string table;
  std::string id;
  bool operator==(const RowName&) const = default;
};

/// What is to go.
struct Outdated {
  std::vector<std::string> contents;  ///< their commitments' ids
  std::vector<RowName> rows;          ///< that are over
  WallTime rows_before{};             ///< all of these had ended then
  bool erased{false};                 ///< a person wants it gone: old pages do not wait until they are written over
  [[nodiscard]] bool empty() const { return contents.empty() && rows.empty(); }
  void add(Outdated more) {
    std::ranges::move(more.contents, std::back_inserter(contents));
    std::ranges::move(more.rows, std::back_inserter(rows));
    rows_before = std::max(rows_before, more.rows_before);
    erased = erased || more.erased;
  }
};

/// The table of rows that can go, with the keys of when they began and ended.
struct KeptTable {
  const char* table;
  const char* began;
  const char* ended;
};
inline constexpr KeptTable kept_tables[] = {{"finding", "opened_at", "resolved_at"},
                                            {"run", "created_at", "finished_at"},
                                            {"review", "opened_at", "decided_at"},
                                            {"waiver", "granted_at", "ended_at"},
                                            {"notification", "made_at", "ended_at"}};

/// A table whose rows lie beside those of another, by the same ids: they go with them.
struct KeptAlong {
  const char* table;
  const char* with;
};
inline constexpr KeptAlong kept_along[] = {{"mark", "finding"}, {"undone", "run"}};

}  // namespace aright
