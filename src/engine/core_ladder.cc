// Ladders: who else is told while nobody answers. A rung is due since the one before it was climbed, so that a time in
// which nothing ran ends in one rung, not in a burst of them; by the clock that went further, so that none that is set
// back keeps people waiting.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <ranges>
#include <set>

#include "engine/builtin_notices.h"
#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

namespace {

std::uint64_t review_number(const std::string& text) {
  std::uint64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  return id;
}

}  // namespace

/// Of the team in force now; without one written, its notifiers are told once.
std::vector<Rung> Reviewing::ladder_of(const Review& review) const {
  const Team* team = team_of(core_.config_.teams, review.team);
  if (team == nullptr) return {};
  if (!team->ladder.empty()) return team->ladder;
  if (team->notifiers.empty() || review.climbed != 0) return {};
  return {Rung{{}, team->notifiers, {}}};
}

/// None: nobody is told any more.
std::optional<Nanos> Reviewing::rung_left(const Review& review) const {
  const auto ladder = ladder_of(review);
  if (ladder.empty() || !review.acknowledged_by.empty()) return std::nullopt;
  const bool again = review.climbed >= ladder.size();
  const Nanos wait = again ? std::max<Nanos>(ladder.back().after, rung_again_min) : ladder[review.climbed].after;
  return wait - elapsed_at_most(review.climbed == 0 ? review.opened : review.climbed_at, core_.now_);
}

void Reviewing::watch(const Review& review) {
  const std::string key = std::to_string(review.id);
  core_.asking_.climbs_due.forget(key);
  if (const auto left = rung_left(review))
    core_.asking_.climbs_due.at_the_latest(key, core_.now_.boot + std::max(*left, Nanos{0}));
}

void Reviewing::opened(std::uint64_t review) {
  core_.asking_.opened.push_back(review);
  watch_again(review);
  const auto found = core_.projection_.reviews().find(review);
  if (found != core_.projection_.reviews().end() && found->second.climbed != 0) tell_asked_anew(found->second);
}

void Reviewing::remember_rungs(const Review& review) {
  auto& lapsed = core_.asking_.lapsed;
  std::erase_if(lapsed, [&](const auto& item) { return core_.run(item.first) == nullptr; });
  lapsed.erase(review.run);
  if (review.climbed != 0) lapsed.emplace(review.run, review);
}

/// The question of the same run that the one opened by `fields` takes the place of: it has lapsed, or what was let go
/// on by a yes to it has not begun.
std::optional<Review> Reviewing::asked_before(const Run& r, const Fields& fields) {
  if (auto lapsed = core_.asking_.lapsed.extract(r.id); !lapsed.empty()) return std::move(lapsed.mapped());
  if (r.answered.empty() || fields.find("answered") != nullptr) return std::nullopt;
  auto row = parse_own_json(r.answered);
  if (!row || !row->is_object()) return std::nullopt;
  row->erase("decided_before");
  auto review = Review::from_json(*row);
  return review ? std::optional(std::move(*review)) : std::nullopt;
}

/// A team that a rung has let decide still may, where the ladder in force names it: it was woken for this, and would
/// wait for its rung once more. What was acknowledged was the other question.
void Reviewing::keep_rungs(const Run& r, Fields& fields) {
  const auto before = asked_before(r, fields);
  if (!before || before->climbed == 0 || !is_told_by_ladder(fields)) return;
  const Json* step = fields.find("asks_step");
  const bool same_step = before->step == (step == nullptr ? std::nullopt : std::optional(step->get<std::uint64_t>()));
  if (!same_step || *fields.find("team") != before->team) return;
  const std::vector<Rung>& ladder = team_of(core_.config_.teams, before->team)->ladder;
  std::vector<std::string> also;
  for (const Rung& rung : ladder | std::views::take(before->climbed)) {
    const bool may = std::ranges::find(before->also, rung.team) != before->also.end();
    if (may && std::ranges::find(also, rung.team) == also.end()) also.push_back(rung.team);
  }
  fields["climbed"] = before->climbed;
  if (!also.empty()) fields["also"] = also;
}

/// Whoever was told of the question before.
void Reviewing::tell_asked_anew(const Review& review) {
  NewNotification what = review_notice(review, core_.projection_, core_.notices_.change_of(review.run));
  what.text = "it is asked anew, and what was said to the question before does not count\n" + what.text;
  core_.notices_.notify(asked_so_far(review), what);
}

void Reviewing::watch_again(std::uint64_t review) {
  const auto found = core_.projection_.reviews().find(review);
  if (found != core_.projection_.reviews().end()) watch(found->second);
}

void Reviewing::watch_all() {
  for (const auto& [id, review] : core_.projection_.reviews()) watch(review);
}

void Reviewing::climb() {
  while (const auto due = core_.asking_.climbs_due.take(core_.now_.boot)) {
    const std::uint64_t id = review_number(*due);
    const auto found = core_.projection_.reviews().find(id);
    if (found == core_.projection_.reviews().end()) continue;
    const auto left = rung_left(found->second);
    if (left && *left <= Nanos::zero()) {
      const auto ladder = ladder_of(found->second);
      tell_rung(found->second, ladder[std::min<std::size_t>(found->second.climbed, ladder.size() - 1)]);
    }
    watch_again(id);
  }
}

/// Each once. A rung that names only a team is told to that one, never to those who were told already; where it has no
/// notifiers, to whoever hears of what nobody else is told.
std::vector<std::string> Reviewing::told_by(const Rung& rung) const {
  std::vector<std::string> to = rung.notify;
  const Team* other = team_of(core_.config_.teams, rung.team);
  if (other != nullptr) to.insert(to.end(), other->notifiers.begin(), other->notifiers.end());
  if (to.empty()) to = core_.config_.notify.defaults;
  std::ranges::sort(to);
  to.erase(std::unique(to.begin(), to.end()), to.end());
  return to;
}

/// The one place where a rung tells people.
void Reviewing::tell_rung(const Review& review, const Rung& rung) {
  const std::vector<std::string> to = told_by(rung);
  Fields fields{{"review", review.id}, {"run", review.run}, {"climbed", review.climbed + 1}, {"to", short_list(to)}};
  if (!rung.team.empty()) fields["team"] = rung.team;
  core_.tell(true, fmt::format("review {} waits for {}: rung {} of its ladder tells {}", review.id,
                               rung.team.empty() ? review.team : rung.team, review.climbed + 1, fmt::join(to, ", ")));
  NewNotification what = review_notice(review, core_.projection_, core_.notices_.change_of(review.run));
  what.data["rung"] = review.climbed + 1;
  if (review.climbed != 0) {  // whoever is woken by a later one has to know that others were asked, and since when
    what.text = fmt::format("nobody has answered since {}{}\n{}", rfc3339(review.opened.wall),
                            rung.team.empty() ? "" : fmt::format("; team {} is asked now, and may decide", rung.team),
                            what.text);
  }
  core_.record("review.escalated", std::move(fields));
  core_.notices_.notify(to, what);
}

/// The rungs reached so far; where no team tells people, or none of it has been told yet, whoever hears of all.
std::vector<std::string> Reviewing::asked_so_far(const Review& review) const {
  std::set<std::string> to;
  if (const Team* team = team_of(core_.config_.teams, review.team)) {
    if (team->ladder.empty()) to.insert(team->notifiers.begin(), team->notifiers.end());
    for (std::size_t i = 0; i < std::min<std::size_t>(review.climbed, team->ladder.size()); ++i) {
      for (std::string& notifier : told_by(team->ladder[i])) to.insert(std::move(notifier));
    }
  }
  if (to.empty()) to.insert(core_.config_.notify.defaults.begin(), core_.config_.notify.defaults.end());
  return {to.begin(), to.end()};
}

/// Who is told first of what a team has to look after.
std::vector<std::string> Reviewing::heard_by(const std::string& name) const {
  const Team* team = team_of(core_.config_.teams, name);
  if (team != nullptr && !team->notifiers.empty()) return team->notifiers;
  if (team != nullptr && !team->ladder.empty()) return told_by(team->ladder.front());
  return core_.config_.notify.defaults;
}

void Reviewing::tell_expired(const Review& review, const Run& r) {
  const char* comes = takes_back(review, r) ? "What its run has made is taken back."
                      : made_something(r)   ? "What its run has made stays; nothing more is done."
                                            : "Nothing is done.";
  core_.notices_.notify(asked_so_far(review), expired_notice(review, comes, core_.projection_));
}

bool Reviewing::is_told_by_ladder(const Fields& held) const {
  const Json* name = held.find("team");
  const Team* team = name == nullptr || !name->is_string()
                         ? nullptr
                         : team_of(core_.config_.teams, name->get_ref<const std::string&>());
  return team != nullptr && (!team->ladder.empty() || !team->notifiers.empty());
}

}  // namespace aright::engine
