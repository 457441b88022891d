#include "audit/log_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace aright::audit {

namespace {

/// Up to which line, and beyond which size, checkpoints were given up.
struct GivenUp {
  std::size_t line{0};
  std::uint64_t agreed{0};
};

std::vector<GivenUp> given_up(const std::vector<SetBack>& accepted, const std::vector<HeldCheckpoint>& held) {
  std::vector<GivenUp> all;
  for (const SetBack& back : accepted) {
    for (const HeldCheckpoint& h : held) {
      if (h.body.size == back.size && h.body.root == back.root) all.push_back({h.line, back.agreed});
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
  const std::vector<GivenUp> known = given_up(accepted, held_);
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    const HeldCheckpoint& h = held_[i];
    const bool fits = i < next_held_ && !astray_[i];
    if (fits) before = h.body.size;
    const auto excuses = [&](const GivenUp& g) { return h.line <= g.line && h.body.size > g.agreed; };
    if (!fits && std::ranges::none_of(known, excuses)) return std::unexpected(parted(h, before));
  }
  return Done{};
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
