#include "detect/sigma/mode_windows.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aright::detect::sigma {

namespace {

Mode next_above(Mode mode) { return mode == Mode::auto_ ? mode : static_cast<Mode>(static_cast<int>(mode) + 1); }
Mode next_below(Mode mode) { return mode == Mode::off ? mode : static_cast<Mode>(static_cast<int>(mode) - 1); }

}  // namespace

ModeWindows::ModeWindows(const Correlation& correlation, const WindowLimits& limits)
    : empty_(correlation, limits), by_mode_{{Mode::auto_, empty_}} {}

/// Until now nothing came that goes as far as this and not as far as the next one.
void ModeWindows::part(Mode mode) {
  const auto next = by_mode_.lower_bound(mode);
  if (next->first == mode) return;
  by_mode_.emplace_hint(next, mode, next->second)->second.all_changed();
}

ModeWindows::Added ModeWindows::add(const Group& group, const Occurrence& event, Mode mode_max) {
  part(mode_max);
  Added added;
  Mode least = Mode::off;
  for (auto one = by_mode_.begin(); one != by_mode_.end() && one->first <= mode_max; ++one) {
    const CountWindows::Outcome outcome = one->second.add(group, event);
    // Read again when its source goes further, it must not count as more than it did.
    if (one == by_mode_.begin() && outcome == CountWindows::Outcome::repeated) return added;
    added.late = added.late || outcome == CountWindows::Outcome::late;
    if (outcome == CountWindows::Outcome::fired) {
      added.completed.push_back({least, one->first, *one->second.completed(group)});
    }
    least = next_above(one->first);
  }
  return added;
}

void ModeWindows::hold() {
  empty_.hold();
  for (auto& [mode, windows] : by_mode_) windows.hold();
}

void ModeWindows::settle() {
  empty_.settle();
  for (auto& [mode, windows] : by_mode_) windows.settle();
}

/// Modes below it may not have been told apart here yet, as they were when it was completed.
void ModeWindows::note_completed(const Group& group, const Completion& completion) {
  if (completion.least > Mode::off) part(next_below(completion.least));
  part(completion.most);
  for (auto& [mode, windows] : by_mode_) {
    if (mode >= completion.least && mode <= completion.most) windows.note_completed(group, completion.until);
  }
}

std::vector<ModeWindows::Count> ModeWindows::count_at(const Group& group, const std::string& source,
                                                      std::uint64_t offset) const {
  std::optional<WallTime> at;
  for (const auto& [mode, windows] : by_mode_) {
    if (!at) at = windows.time_of(group, source, offset);
  }
  std::vector<Count> counts;
  if (!at) return counts;
  for (const auto& [mode, windows] : by_mode_) {
    const auto silenced_by = windows.silenced_by(group, *at);
    counts.push_back({mode, windows.count_until(group, *at), silenced_by, silenced_by && *silenced_by < *at});
  }
  return counts;
}

std::optional<WallTime> ModeWindows::silenced_by(const Group& group, WallTime at) const {
  std::optional<WallTime> first;
  for (const auto& [mode, windows] : by_mode_) {
    const auto one = windows.silenced_by(group, at);
    if (!one) return std::nullopt;
    first = std::min(first.value_or(*one), *one);
  }
  return first;
}

Json ModeWindows::take(Json (CountWindows::*taken)()) {
  Json doc;
  Json modes = Json::object();
  for (auto& [mode, windows] : by_mode_) {
    Json one = (windows.*taken)();
    (mode == Mode::auto_ ? doc : modes[std::string(name(mode))]) = std::move(one);
  }
  if (!modes.empty()) doc["modes"] = std::move(modes);
  return doc;
}

Json ModeWindows::take_changes() { return take(&CountWindows::take_changes); }
Json ModeWindows::take_all() { return take(&CountWindows::take_all); }

Result<Done> ModeWindows::restore(const Json& changes) {
  if (auto ok = by_mode_.at(Mode::auto_).restore(changes); !ok) return ok;
  const auto modes = changes.find("modes");
  if (modes == changes.end()) return Done{};
  for (const auto& [word, one] : modes->items()) {
    const auto mode = parse_mode(word);
    const bool known = mode && *mode != Mode::auto_;
    if (!known || !by_mode_.try_emplace(*mode, empty_).first->second.restore(one)) {
      return fail(Errc::corrupt, "a snapshot of a correlation is not what was written");
    }
  }
  return Done{};
}

}  // namespace aright::detect::sigma
