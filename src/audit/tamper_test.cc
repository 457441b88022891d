// Ten thousand ways to change a log, each found and said where; a thousand logs that nobody changed, and no alarm.
// What a log alone cannot show is shown as such, and found by what a witness holds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "audit/log_check.h"

namespace aright::audit {
namespace {

constexpr std::size_t mutations = 10'000;
constexpr std::size_t clean_logs = 1'000;
constexpr std::size_t mutations_a_log = 50;
constexpr std::uint64_t first_seed = 20'261'127;
constexpr const char* origin = "aright/0123456789abcdef";

struct Line {
  std::uint64_t seq{0};
  std::string bytes;
  Digest leaf{};
  bool operator==(const Line&) const = default;
};

struct Log {
  std::vector<Line> lines;
  std::vector<StoredNote> notes;
};

const SigningKey& owner() {
  static const SigningKey key = *SigningKey::from_seed(std::string(32, 'o'));
  return key;
}
const SigningKey& stranger() {
  static const SigningKey key = *SigningKey::from_seed(std::string(32, 's'));
  return key;
}
VerifyKey public_key() { return VerifyKey::make(origin, owner().public_key()); }

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t end) { return engine_() % end; }
  std::uint64_t in(std::uint64_t first, std::uint64_t end) { return first + below(end - first); }

 private:
  std::mt19937_64 engine_;
};

Line line(std::uint64_t seq, const std::string& words) {
  std::string bytes = fmt::format(R"({{"kind":"run.created","seq":{},"subject":"{}","v":1}})", seq, words);
  const Digest leaf = leaf_hash(bytes);
  return {seq, std::move(bytes), leaf};
}

/// Signs what `lines` are at `sizes`, as the engine does.
std::vector<StoredNote> signed_at(const std::vector<Line>& lines, const std::vector<std::uint64_t>& sizes,
                                  const SigningKey& by) {
  std::vector<StoredNote> notes;
  Frontier tree;
  for (const Line& l : lines) {
    tree.append(l.leaf);
    if (!std::ranges::binary_search(sizes, tree.size())) continue;
    notes.push_back({tree.size(), *sign_checkpoint({origin, tree.size(), tree.root(), {}}, by, origin)});
  }
  return notes;
}

std::vector<std::uint64_t> sizes_of(const Log& log) {
  std::vector<std::uint64_t> sizes;
  for (const StoredNote& note : log.notes) sizes.push_back(note.size);
  return sizes;
}

/// Ended in order: its last entry is signed.
Log make_log(Chance& chance) {
  Log log;
  const std::uint64_t size = chance.in(4, 24);
  std::vector<std::uint64_t> sizes{size};
  for (std::uint64_t n = 0; n < size; ++n) {
    log.lines.push_back(line(n, fmt::format("file:/etc/{}", chance.below(1000))));
    if (n > 0 && chance.below(4) == 0) sizes.push_back(n);
  }
  if (sizes.size() == 1) sizes.push_back(chance.in(1, size));
  std::ranges::sort(sizes);
  log.notes = signed_at(log.lines, sizes, owner());
  return log;
}

std::vector<HeldCheckpoint> held_by_a_witness(const Log& log) {
  std::vector<HeldCheckpoint> held;
  for (const StoredNote& note : log.notes) {
    held.push_back(
        {fmt::format("witness, line {}", held.size() + 1), held.size() + 1, *open_checkpoint(note.note, public_key())});
  }
  return held;
}

/// The verdict on a log: empty when nothing is wrong with it.
std::string verdict(const Log& log, std::vector<HeldCheckpoint> held = {}) {
  LogCheck check(public_key(), log.notes, std::move(held));
  for (const Line& l : log.lines) {
    if (auto ok = check.add(l.seq, l.bytes, l.leaf); !ok) return ok.error().message;
  }
  const auto end = check.end();
  return end ? std::string() : end.error().message;
}

void number_anew(std::vector<Line>& lines) {
  for (std::size_t n = 0; n < lines.size(); ++n) lines[n].seq = n;
}

std::uint64_t first_signed_beyond(const Log& log, std::uint64_t index) {
  for (const StoredNote& note : log.notes) {
    if (note.size > index) return note.size;
  }
  ADD_FAILURE() << "nothing signs entry " << index;
  return 0;
}

std::string at_entry(std::uint64_t n) { return fmt::format("entry {}: ", n); }
std::string at_checkpoint(std::uint64_t n) { return fmt::format("checkpoint at {}: ", n); }

/// Changes `log`; how the verdict must begin.
using Mutation = std::string (*)(Log& log, Chance& chance);

void flip_bit(std::string& text, Chance& chance) {
  char& byte = text[chance.below(text.size())];
  byte = static_cast<char>(byte ^ (1 << chance.below(8)));
}

std::string flip_entry(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size());
  flip_bit(log.lines[n].bytes, chance);
  return at_entry(n);
}
std::string flip_leaf(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size());
  log.lines[n].leaf[chance.below(32)] ^= static_cast<std::uint8_t>(1U << chance.below(8));
  return at_entry(n);
}
std::string flip_checkpoint(Log& log, Chance& chance) {
  StoredNote& note = log.notes[chance.below(log.notes.size())];
  flip_bit(note.note, chance);
  return at_checkpoint(note.size);
}
std::string rewrite(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size());
  log.lines[n] = line(n, "file:/etc/nothing-to-see");
  return at_checkpoint(first_signed_beyond(log, n));
}
std::string delete_one(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size() - 1);  // the last: see cut_end
  log.lines.erase(log.lines.begin() + static_cast<std::ptrdiff_t>(n));
  return at_entry(n);
}
std::string delete_and_number_anew(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size());
  log.lines.erase(log.lines.begin() + static_cast<std::ptrdiff_t>(n));
  number_anew(log.lines);
  return at_checkpoint(first_signed_beyond(log, n));
}
std::string insert_twice(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size());
  const Line again = log.lines[n];
  log.lines.insert(log.lines.begin() + static_cast<std::ptrdiff_t>(n), again);
  return at_entry(n + 1);
}
std::string insert_and_number_anew(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size());
  log.lines.insert(log.lines.begin() + static_cast<std::ptrdiff_t>(n), line(n, "file:/etc/made-up"));
  number_anew(log.lines);
  return at_checkpoint(first_signed_beyond(log, n));
}
std::string reorder(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size() - 1);
  const std::uint64_t other = chance.in(n + 1, log.lines.size());
  std::swap(log.lines[n], log.lines[other]);
  number_anew(log.lines);
  const std::uint64_t size = first_signed_beyond(log, n);
  return at_checkpoint(size);
}
std::string reorder_with_numbers(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size() - 1);
  std::swap(log.lines[n], log.lines[n + 1]);
  return at_entry(n);
}
std::string cut_end(Log& log, Chance& chance) {
  const std::uint64_t left = chance.below(log.lines.size());
  const std::uint64_t size = first_signed_beyond(log, left);
  log.lines.resize(left);
  return at_checkpoint(size);
}
std::string exchange_checkpoints(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.notes.size() - 1);
  std::swap(log.notes[n].note, log.notes[n + 1].note);
  return at_checkpoint(log.notes[n].size);
}
std::string fork_without_the_key(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size());
  const std::uint64_t size = first_signed_beyond(log, n);
  log.lines[n] = line(n, "file:/etc/another-history");
  std::vector<StoredNote> notes = signed_at(log.lines, sizes_of(log), stranger());
  for (std::size_t i = 0; i < notes.size(); ++i) {
    if (notes[i].size > n) log.notes[i] = notes[i];
  }
  return at_checkpoint(size);
}

constexpr std::array found_alone{flip_entry,
                                 flip_leaf,
                                 flip_checkpoint,
                                 rewrite,
                                 delete_one,
                                 delete_and_number_anew,
                                 insert_twice,
                                 insert_and_number_anew,
                                 reorder,
                                 reorder_with_numbers,
                                 cut_end,
                                 exchange_checkpoints,
                                 fork_without_the_key};

/// An older state as a whole, as somebody has who copied the folder before. Where: after the last checkpoint left.
std::string roll_back(Log& log, Chance& chance) {
  const std::size_t left = chance.in(1, log.notes.size());
  const std::uint64_t size = log.notes[left - 1].size;
  const std::uint64_t beyond = log.notes[left].size;
  log.notes.resize(left);
  log.lines.resize(chance.in(size, beyond));  // up to where the next signature was due
  return fmt::format(
      "witness, line {}: a checkpoint for {} entries, but the log ends at {}: it was cut back, or an "
      "older copy is in its place; entries {}..{} are not the ones signed there",
      left + 1, beyond, log.lines.size(), size, beyond - 1);
}
/// Another history by whoever has the key.
std::string fork_with_the_key(Log& log, Chance& chance) {
  const std::uint64_t n = chance.below(log.lines.size());
  const std::uint64_t size = first_signed_beyond(log, n);
  log.lines[n] = line(n, "file:/etc/another-history");
  log.notes = signed_at(log.lines, sizes_of(log), owner());
  const auto at = std::ranges::find(log.notes, size, &StoredNote::size);
  const std::uint64_t before = at == log.notes.begin() ? 0 : (at - 1)->size;
  return fmt::format(
      "witness, line {}: a checkpoint for {} entries, but the entries lead to another root: they were "
      "changed and signed anew; entries {}..{} are not the ones signed there",
      at - log.notes.begin() + 1, size, before, size - 1);
}

TEST(Tampering, TenThousandChangesAreFoundAndSaidWhere) {
  std::size_t found = 0;
  std::size_t found_by_the_witness_only = 0;
  for (std::uint64_t seed = first_seed; found < mutations; ++seed) {
    Chance chance(seed);
    const Log whole = make_log(chance);
    const auto held = held_by_a_witness(whole);
    ASSERT_EQ(verdict(whole, held), "") << "seed " << seed;
    for (std::size_t i = 0; i < mutations_a_log; ++i, ++found) {
      Log log = whole;
      const std::uint64_t kind = chance.below(found_alone.size() + 2);
      const bool alone = kind < found_alone.size();
      const Mutation mutate = alone                        ? Mutation{found_alone.at(kind)}
                              : kind == found_alone.size() ? roll_back
                                                           : fork_with_the_key;
      const std::string where = mutate(log, chance);
      const std::string said = verdict(log, held);
      ASSERT_TRUE(said.starts_with(where)) << "seed " << seed << ", change " << i << " of kind " << kind << ": \""
                                           << said << "\" instead of \"" << where << "\"";
      if (alone) {
        ASSERT_EQ(verdict(log), said) << "seed " << seed << ", change " << i << " of kind " << kind;
      } else {
        ASSERT_EQ(verdict(log), "") << "a log alone cannot show this; seed " << seed << ", change " << i;
        ++found_by_the_witness_only;
      }
    }
  }
  EXPECT_EQ(found, mutations);
  EXPECT_GT(found_by_the_witness_only, mutations / 20);
}

TEST(Tampering, AThousandCleanLogsRaiseNoAlarm) {
  for (std::uint64_t seed = 0; seed < clean_logs; ++seed) {
    Chance chance(seed);
    Log log = make_log(chance);
    std::vector<HeldCheckpoint> held = held_by_a_witness(log);
    // A witness may have missed some and heard others twice; after a death the last entries are not signed yet.
    std::erase_if(held, [&](const HeldCheckpoint&) { return chance.below(3) == 0; });
    if (!held.empty() && chance.below(3) == 0) held.push_back(held[chance.below(held.size())]);
    for (std::uint64_t more = chance.below(3); more > 0; --more)
      log.lines.push_back(line(log.lines.size(), "unsigned"));
    ASSERT_EQ(verdict(log, held), "") << "seed " << seed;
    ASSERT_EQ(verdict(log), "") << "seed " << seed;
  }
}

TEST(LogCheck, WhatAPersonHasTakenUpIsNoAlarmAndOnlyThat) {
  Chance chance(1);
  Log first = make_log(chance);
  while (first.notes.size() < 3) first = make_log(chance);
  std::vector<HeldCheckpoint> held = held_by_a_witness(first);
  Log second = first;  // set back to its first signature, and gone on from there
  second.lines.resize(second.notes.front().size);
  const std::uint64_t agreed = second.lines.size();
  for (int more = 0; more < 30; ++more) second.lines.push_back(line(second.lines.size(), "after"));
  second.notes = signed_at(second.lines, {agreed, agreed + 30}, owner());
  held.push_back({"witness, the last line", held.size() + 1, *open_checkpoint(second.notes.back().note, public_key())});
  const SetBack accepted{held[held.size() - 2].body.size, held[held.size() - 2].body.root, agreed};
  const auto end = [&](const std::vector<SetBack>& all) {
    LogCheck check(public_key(), second.notes, held);
    for (const Line& l : second.lines) EXPECT_TRUE(check.add(l.seq, l.bytes, l.leaf));
    return check.end(all);
  };
  EXPECT_FALSE(end({}));
  EXPECT_TRUE(end({accepted}));
  EXPECT_FALSE(end({{accepted.size, accepted.root, first.notes[1].size}})) << "more was given up than is said";
  EXPECT_FALSE(end({{accepted.size + 1, accepted.root, agreed}})) << "it names a checkpoint that nobody holds";
  EXPECT_FALSE(end({{held[1].body.size, held[1].body.root, agreed}})) << "later ones were not given up";
}

TEST(LogCheck, AForkThatTheLogHasOutgrownIsTakenUpAndNothingElseWithIt) {
  Log real;  // a copy of its first four entries went on elsewhere, as a drill, with the same witness and key
  for (std::uint64_t n = 0; n < 12; ++n) real.lines.push_back(line(n, "real"));
  real.notes = signed_at(real.lines, {4, 8, 10, 12}, owner());
  Log drill;
  drill.lines.assign(real.lines.begin(), real.lines.begin() + 4);
  for (std::uint64_t n = 4; n < 9; ++n) drill.lines.push_back(line(n, "drill"));
  drill.notes = signed_at(drill.lines, {7, 9}, owner());
  std::vector<HeldCheckpoint> held = held_by_a_witness(real);
  for (const StoredNote& note : drill.notes)
    held.push_back({"witness, the drill", held.size() + 1, *open_checkpoint(note.note, public_key())});
  const auto check = [&](const Log& log) {
    LogCheck all(public_key(), log.notes, held);
    for (const Line& l : log.lines) EXPECT_TRUE(all.add(l.seq, l.bytes, l.leaf));
    return all;
  };
  const auto found = check(real).parting({});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->agreed, 4U) << "not 12: up to there it agrees with its own lines only";
  EXPECT_EQ(found->first.size, 7U);
  const CheckpointBody& newest = held.back().body;
  const SetBack accepted{newest.size, newest.root, found->agreed, found->first.size, found->first.root};
  EXPECT_TRUE(check(real).end({accepted}));
  // Signed anew later, with what had been accepted in it: lines of its own from before the fork came stay an alarm.
  Log changed = real;
  changed.lines[5] = line(5, "file:/etc/another-history");
  changed.notes = signed_at(changed.lines, {4, 8, 10, 12}, owner());
  const auto end = check(changed).end({accepted});
  ASSERT_FALSE(end);
  EXPECT_TRUE(end.error().message.starts_with("witness, line 2: a checkpoint for 8 entries")) << end.error().message;
}

}  // namespace
}  // namespace aright::audit
