#include "audit/log_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace aright::audit {

namespace {

/// The lines that were given up, and the size beyond which.
struct GivenUp {
  std::size_t first{0};
  std::size_t last{0};
  std::uint64_t agreed{0};
};

std::size_t first_line_of(const SetBack& back, const std::vector<HeldCheckpoint>& held) {
  std::size_t first = 0;
  for (const HeldCheckpoint& h : held) {
    if (h.body.size != back.from || h.body.root != back.from_root) continue;
    first = first == 0 ? h.line : std::min(first, h.line);
  }
  return first;
}

/// What the log has gone on to before the first of them is not given up, though it may be longer.
std::vector<GivenUp> given_up(const std::vector<SetBack>& accepted, const std::vector<HeldCheckpoint>& held) {
  std::vector<GivenUp> all;
  for (const SetBack& back : accepted) {
    const std::size_t first = first_line_of(back, held);
    for (const HeldCheckpoint& h : held) {
      if (h.body.size == back.size && h.body.root == back.root) all.push_back({first, h.line, back.agreed});
    }
  }
  return all;
}

}  // namespace

LogCheck::LogCheck(const VerifyKey& key, std::vector<StoredNote> stored, std::vector<HeldCheckpoint> held)
    : log_(key, key.name), stored_(std::move(stored)), held_(std::move(held)), astray_(held_.size()) {
  std::ranges::sort(held_, {}, [](const HeldCheckpoint& h) { return std::pair(h.body.size, h.line); });
  while (next_held_ < held_.size() && held_[next_held_].body.size == 0) ++next_held_;  // every log begins with nothing
}

Result<Done> LogCheck::add(std::uint64_t seq, std::string_view bytes, const Digest& stored_leaf) {
  if (auto ok = log_.add(seq, bytes, stored_leaf); !ok) return ok;
  for (; next_stored_ < stored_.size() && stored_[next_stored_].size <= size(); ++next_stored_) {
    const StoredNote& note = stored_[next_stored_];
    if (auto ok = log_.checkpoint(note.size, note.note); !ok) return ok;
  }
  if (next_held_ == held_.size() || held_[next_held_].body.size != size()) return Done{};
  const Digest root = tree().root();
  for (; next_held_ < held_.size() && held_[next_held_].body.size == size(); ++next_held_) {
    const bool same = held_[next_held_].body.root == root;
    if (same) agreed_ = size();
    astray_[next_held_] = !same;
  }
  return Done{};
}

Result<Done> LogCheck::end(const std::vector<SetBack>& accepted) const {
  if (next_stored_ != stored_.size()) {
    return fail(Errc::corrupt,
                fmt::format("checkpoint at {}: signed, but the log ends at {}", stored_[next_stored_].size, size()));
  }
  if (auto stray = parting(accepted)) return std::unexpected(std::move(stray->error));
  return Done{};
}

std::optional<Parting> LogCheck::parting(const std::vector<SetBack>& accepted) const {
  const std::vector<GivenUp> known = given_up(accepted, held_);
  std::optional<Parting> found;
  std::size_t first_line = 0;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    const HeldCheckpoint& h = held_[i];
    const bool fits = i < next_held_ && !astray_[i];
    if (fits) before = h.body.size;
    const auto excuses = [&](const GivenUp& g) {
      return g.first <= h.line && h.line <= g.last && h.body.size > g.agreed;
    };
    if (fits || std::ranges::any_of(known, excuses)) continue;
    if (!found) found = Parting{before, h.body, parted(h, before)};
    if (first_line == 0 || h.line < first_line) {
      first_line = h.line;
      found->first = h.body;
    }
  }
  return found;
}

Error LogCheck::parted(const HeldCheckpoint& stray, std::uint64_t before) const {
  const std::string why =
      stray.body.size > size()
          ? fmt::format("the log ends at {}: it was cut back, or an older copy is in its place", size())
          : std::string("the entries lead to another root: they were changed and signed anew");
  return {Errc::corrupt, Retry::no,
          fmt::format("{}: a checkpoint for {} entries, but {}; entries {}..{} are not the ones signed there",
                      stray.where, stray.body.size, why, before, stray.body.size - 1)};
}

}  // namespace aright::audit
