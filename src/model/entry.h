// One line of the audit log, and the batch in which lines become durable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/resource.h"
#include "model/retention.h"

namespace aright {

inline constexpr std::size_t entry_bytes_max = 4096;

/// An entry as stored: `bytes` are RFC 8785 JSON, at most 4 KiB; the Merkle leaf is the hash of exactly these bytes.
struct Entry {
  std::uint64_t seq{0};  ///< from 0 without gaps: the leaf index
  std::uint64_t run{0};  ///< which run it is about; 0: none
  std::string bytes;
};

/// The projections, one table each: what the entries so far imply.
inline constexpr std::array<std::string_view, 9> row_tables{"finding", "run",  "review", "admission",   "subject",
                                                            "waiver",  "mark", "undone", "notification"};

/// One row of a projection. `doc` is canonical JSON. `open` rows are loaded at start; an "admission" row that is not
/// open has left every window and is deleted, a "subject" that is not has been forgotten, likewise.
struct Row {
  std::string table;  ///< one of `row_tables`
  std::string id;
  bool open{true};
  std::string doc;
};

/// The right edge of the Merkle tree after `size` leaves: enough to append the next one.
struct TreeHead {
  std::uint64_t size{0};
  std::vector<Digest> edge;  ///< roots of the perfect subtrees, largest first (RFC 6962 §2.1)
  bool operator==(const TreeHead&) const = default;
};

/// A signed C2SP checkpoint for the tree of `size` leaves.
struct Checkpoint {
  std::uint64_t size{0};
  std::string note;
};

/// A definition that entries refer to by its hash: a control or workflow as JSON, kept so that running runs keep
/// theirs.
struct Definition {
  std::string hash;
  std::string kind;  ///< "control" or "workflow"
  std::string doc;   ///< canonical JSON
};

/// How far a source has been handled, as `Intake::to_json`. Not implied by entries: most events leave none.
struct IntakeRow {
  std::string source;
  std::string doc;
};

/// Everything one group commit makes durable, in one transaction.
struct Batch {
  std::vector<Entry> entries;
  std::vector<Digest> leaves;  ///< leaf hash of each entry, same order
  TreeHead tree;               ///< after the entries
  std::vector<Row> rows;
  std::vector<Blob> blobs;
  std::vector<IntakeRow> intakes;
  std::vector<Definition> definitions;
  std::optional<Checkpoint> checkpoint;
  Outdated gone;        ///< is no more, also where an older copy of the database's pages would show it
  std::string context;  ///< canonical JSON of the projection's small state (counters, pauses, modes); empty: unchanged
  [[nodiscard]] bool empty() const {
    return entries.empty() && rows.empty() && blobs.empty() && definitions.empty() && intakes.empty() && !checkpoint &&
           gone.empty() && context.empty();
  }
};

}  // namespace aright
