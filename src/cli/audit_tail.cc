#include "cli/audit_tail.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "model/doc.h"
#include "store/file_check.h"

namespace aright::cli {

namespace {

constexpr std::uint64_t tail_max = 1024;
constexpr auto unsigned_max = std::chrono::seconds{1};

std::unexpected<Error> damaged(std::string why) { return fail(Errc::corrupt, std::move(why)); }

/// The tree before its last perfect subtrees, as many of them as hold at most `tail_max` leaves.
Result<audit::Frontier> before_tail(const TreeHead& tree) {
  std::uint64_t size = tree.size;
  std::size_t nodes = tree.edge.size();
  while (nodes > 0) {
    const std::uint64_t subtree = std::uint64_t{1} << static_cast<unsigned>(std::countr_zero(size));
    if (tree.size - size + subtree > tail_max) break;
    size -= subtree;
    --nodes;
  }
  return audit::Frontier::from(size, {tree.edge.begin(), tree.edge.begin() + static_cast<std::ptrdiff_t>(nodes)});
}

Result<audit::CheckpointBody> newest(const Checkpoint& stored, const audit::VerifyKey& key, std::uint64_t size) {
  const auto wrong = [&](const std::string& why) {
    return damaged(fmt::format("checkpoint at {}: {}", stored.size, why));
  };
  auto body = audit::open_checkpoint(stored.note, key);
  if (!body) return wrong(body.error().message);
  if (body->origin != key.name) return wrong("it is for the log " + body->origin);
  if (body->size != stored.size) return wrong(fmt::format("it is for {} entries", body->size));
  if (body->size > size) return wrong(fmt::format("signed, but the log ends at {}", size));
  return body;
}

/// `last`: the last entries; the unsigned ones may begin before them.
Result<Done> check_unsigned(store::SqliteHistory& history, const std::vector<Entry>& last, std::uint64_t signed_size,
                            std::uint64_t size) {
  UnsignedTail tail;
  auto edge = history.entries(signed_size == 0 ? 0 : signed_size - 1, 2);
  if (!edge) return std::unexpected(edge.error());
  for (const std::vector<Entry>& part : {*edge, last}) {
    for (const Entry& entry : part) {
      if (entry.seq + 1 < signed_size) continue;
      auto doc = parse_own_json(entry.bytes);
      if (!doc) return damaged(fmt::format("entry {}: {}", entry.seq, doc.error().message));
      if (entry.seq < signed_size) {
        tail.follows(*doc);
      } else if (auto ok = tail.add(*doc, size); !ok) {
        return ok;
      }
    }
  }
  return Done{};
}

Result<Done> follow(store::SqliteHistory& history, const TreeHead& tree, audit::Frontier frontier,
                    const std::optional<audit::CheckpointBody>& signed_body) {
  const auto fits = [&] {
    return !signed_body || signed_body->size != frontier.size() || signed_body->root == frontier.root();
  };
  const std::uint64_t first = frontier.size();
  auto entries = history.entries(first, tail_max);
  if (!entries) return std::unexpected(entries.error());
  auto leaves = history.leaves(first, tail_max);
  if (!leaves) return std::unexpected(leaves.error());
  if (entries->size() != tree.size - first || leaves->size() != entries->size()) {
    return damaged(fmt::format("table entry: {} entries from {} on, but the tree has {} leaves", entries->size(), first,
                               tree.size));
  }
  if (!fits()) return damaged("table tree, row 1: leads to another root than was signed");
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const Entry& entry = (*entries)[i];
    if (entry.seq != first + i || audit::leaf_hash(entry.bytes) != (*leaves)[i]) {
      return damaged(fmt::format("entry {}: its bytes are not what was recorded", first + i));
    }
    frontier.append((*leaves)[i]);
    if (!fits()) return damaged(fmt::format("entry {}: leads to another root than was signed", entry.seq));
  }
  if (frontier.edge() != tree.edge) return damaged("table tree, row 1: is not the tree of the entries");
  return check_unsigned(history, *entries, signed_body ? signed_body->size : 0, tree.size);
}

}  // namespace

void UnsignedTail::follows(const Json& entry) {
  stopped_ = DocReader(entry, "an entry").text("kind") == "node.stopped";
}

Result<Done> UnsignedTail::add(const Json& entry, std::uint64_t log_size) {
  DocReader in(entry, "an entry");
  const std::uint64_t seq = in.number("seq");
  const std::string kind = in.text("kind");
  const std::chrono::microseconds up{in.number("up")};
  if (auto ok = in.finish(); !ok) return damaged(ok.error().message);
  if (!first_) {
    first_ = seq;
    first_up_ = up;
  }
  const bool starts_or_ends = seq == 0 || stopped_ || kind == "node.started" || kind == "node.stopped";
  if (!starts_or_ends && up >= first_up_ && up - first_up_ <= unsigned_max) return Done{};
  return damaged(fmt::format("entries {}..{} are not under a signature though a checkpoint was due{}", *first_,
                             std::max(log_size, seq + 1) - 1,
                             *first_ == 0 ? ": the log has none that covers any" : ""));
}

Result<bool> has_begun(store::SqliteHistory& history, const std::string& database, const std::string& key_file) {
  auto any = history.entries(0, 1);
  if (!any) return std::unexpected(any.error());
  if (!any->empty()) return true;
  struct stat info{};
  if (lstat(key_file.c_str(), &info) != 0) return false;
  return damaged(fmt::format("{}: has no entries, but {}, the key of its log, is here; {}", database, key_file,
                             store::what_to_do()));
}

Result<Done> check_tail(store::SqliteHistory& history, const audit::VerifyKey& key) {
  auto tree = history.tree();
  if (!tree) return std::unexpected(tree.error());
  if (auto whole = audit::Frontier::from(tree->size, tree->edge); !whole) {
    return damaged("table tree, row 1: " + whole.error().message);
  }
  auto checkpoint = history.newest_checkpoint();
  if (!checkpoint) return std::unexpected(checkpoint.error());
  std::optional<audit::CheckpointBody> signed_body;
  if (*checkpoint) {
    auto body = newest(**checkpoint, key, tree->size);
    if (!body) return std::unexpected(body.error());
    signed_body = std::move(*body);
  }
  auto frontier = before_tail(*tree);
  if (!frontier) return std::unexpected(frontier.error());
  return follow(history, *tree, std::move(*frontier), signed_body);
}

}  // namespace aright::cli
