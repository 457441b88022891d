#include "engine/reviewers.h"

#include <fmt/format.h>

#include <algorithm>

namespace aright::engine {

std::vector<std::string> Question::editors() const {
  std::vector<std::string> users;
  for (const Edit& edit : edits) {
    if (std::ranges::find(users, edit.user) == users.end()) users.push_back(edit.user);
  }
  return users;
}

bool Reviewers::is_member(const Question& question, const std::string& user,
                          const std::vector<std::string>& groups) const {
  if (teams_.empty()) return true;
  std::vector<std::string> names = question.also;
  names.push_back(question.team);
  return std::ranges::any_of(names, [&](const std::string& name) {
    const Team* team = team_of(teams_, name);
    return team != nullptr && team->has(user, groups);
  });
}

std::string Reviewers::who_may(const Question& question) const {
  std::vector<std::string> names{question.team};
  names.insert(names.end(), question.also.begin(), question.also.end());
  std::string text;
  for (const std::string& name : names) {
    const Team* team = team_of(teams_, name);
    const std::string members = team == nullptr ? "nobody: aright.yaml has no such team" : team->members();
    text += fmt::format("{}team {} ({})", text.empty() ? "" : ", ", name, members);
  }
  return text;
}

Result<Done> Reviewers::may_decide(const Question& question, const Identity& who) const {
  if (is_member(question, who.user, who.groups)) return Done{};
  if (who.uid == 0 && who.break_glass) return Done{};
  const char* root = who.uid == 0 ? "; `--break-glass` lets root decide alone, which is recorded as such" : "";
  return fail(Errc::denied,
              fmt::format("{} is no member of those who decide this: {}{}", who.user, who_may(question), root));
}

Result<Done> Reviewers::may_approve(const Question& question, const Identity& who) const {
  if (auto ok = may_decide(question, who); !ok) return ok;
  const Team* team = team_of(teams_, question.team);
  const bool alone = who.uid == 0 && who.break_glass;
  if (alone || team == nullptr || (!team->separates() && !question.apart)) return Done{};
  if (who.user == question.requester) {
    return fail(Errc::denied,
                fmt::format("{} asked for this run: somebody else says yes to it: {}", who.user, who_may(question)));
  }
  const auto edit = std::ranges::find(question.edits, who.user, &Edit::user);
  if (edit == question.edits.end()) return Done{};
  return fail(Errc::denied, fmt::format("{0} has changed {1} {2}: somebody else says yes to it, {3}, or says by "
                                        "`aright {1}s reviewed {2} --reason …` that it is as it should be",
                                        who.user, edit->kind, edit->name, who_may(question)));
}

bool Reviewers::decides_alone(const Question& question, const Identity& who) const {
  return who.uid == 0 && who.break_glass && !is_member(question, who.user, who.groups);
}

bool Reviewers::approves_alone(const Question& question, std::uint32_t needed, const std::vector<Yes>& said,
                               const Identity& who) const {
  if (who.uid != 0 || !who.break_glass) return false;
  Identity without = who;
  without.break_glass = false;
  if (!may_approve(question, without)) return true;
  std::vector<Yes> with_his;
  std::ranges::copy_if(said, std::back_inserter(with_his), [&](const Yes& yes) { return yes.by != who.user; });
  Yes his;
  his.by = who.user;
  his.groups = who.groups;
  with_his.push_back(std::move(his));
  return count(question, with_his) < needed;
}

std::uint32_t Reviewers::count(const Question& question, const std::vector<Yes>& said) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(said, [&](const Yes& yes) { return is_member(question, yes.by, yes.groups); }));
}

std::uint32_t Reviewers::quorum(const Question& question) const {
  const Team* team = team_of(teams_, question.team);
  return team == nullptr ? 1 : team->quorum;
}

}  // namespace aright::engine
