#include "cli/team_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/text.h"
#include "base/yaml_texts.h"
#include "cli/team_members.h"
#include "model/definition_context.h"

namespace aright::cli {

namespace {

using namespace std::chrono_literals;

constexpr const char* team_example = "platform: { members: [user:alice, group:wheel], quorum: 1 }";
constexpr std::size_t rungs_max = 16;
constexpr auto rung_after_max = 24h * 30;

void take_members(yaml::Fields& in, Team& team, Diagnostics& out) {
  const yaml::Node* node = in.required("members");
  if (node == nullptr) return;
  for (const yaml::Node* item : yaml::text_items(in, "members")) {
    const std::string& member = item->scalar;
    const bool user = member.starts_with("user:") && member.size() > 5;
    const bool group = member.starts_with("group:") && member.size() > 6;
    if (user) team.users.push_back(member.substr(5));
    if (group) team.groups.push_back(member.substr(6));
    if (!user && !group) in.error(item->at, fmt::format("`{}` is no member", member), "user:NAME or group:NAME");
    if (!user && !group) continue;
    if (const std::string why = user ? trouble_of_user(member.substr(5)) : trouble_of_group(member.substr(6));
        !why.empty()) {
      out.push_back({Severity::warning, item->at, fmt::format("`{}` {}", member, why), {}});
    }
  }
  const bool empty = node->kind == yaml::Node::Kind::list && node->items.empty();
  if (empty) in.error(node->at, "a team has at least one member", team_example);
}

void take_rung(const yaml::Node& node, Team& team, Diagnostics& out) {
  yaml::Fields in(node, "rung", out);
  Rung rung;
  const yaml::Node* after = in.node("after");
  const bool at_once = after != nullptr && after->scalar == "0s";  // elsewhere a length of time is longer than that
  rung.after = at_once ? 0s : in.duration("after").value_or(0s);
  rung.notify = in.texts("notify").value_or(std::vector<std::string>());
  rung.team = in.text("team").value_or("");
  if (rung.notify.empty() && rung.team.empty()) {
    in.error(node.at, "a rung that tells nobody and names no team does nothing", "{ after: 15m, notify: [mail] }");
  }
  if (rung.after > rung_after_max) in.error(in.node("after")->at, "`after` is at most 30d");
  in.finish();
  team.ladder.push_back(std::move(rung));
}

void take_ladder(const yaml::Node& list, Team& team, Diagnostics& out) {
  if (list.kind != yaml::Node::Kind::list || list.items.empty() || list.items.size() > rungs_max) {
    out.push_back({Severity::error, list.at,
                   fmt::format("`ladder` must be a list of 1 to {} rungs, not {}", rungs_max, list.describe_counted()),
                   "such as [{ after: 0s, notify: [mail] }, { after: 15m, team: managers }]"});
    return;
  }
  for (const yaml::Node& item : list.items) take_rung(item, team, out);
}

Team parse_team(const yaml::Pair& pair, Diagnostics& out) {
  Team team;
  team.name = pair.key;
  yaml::Fields in(pair.value, "team", out);
  take_members(in, team, out);
  team.quorum = static_cast<std::uint32_t>(in.integer("quorum", 1, quorum_max).value_or(1));
  team.separate = in.boolean("separate");
  team.notifiers = in.texts("notifiers").value_or(std::vector<std::string>());
  if (const yaml::Node* ladder = in.node("ladder")) take_ladder(*ladder, team, out);
  const std::size_t people = people_in(team.users);
  if (team.groups.empty() && team.quorum > people && people != 0) {
    in.error(in.node("quorum")->at,
             fmt::format("the quorum is {}, but the team has {}", team.quorum, counted(people, "member")),
             people == team.users.size() ? "" : "who is named twice is one");
  }
  in.finish();
  return team;
}

std::vector<std::string> names_of(const std::vector<Team>& teams) {
  std::vector<std::string> names;
  names.reserve(teams.size());
  for (const Team& team : teams) names.push_back(team.name);
  return names;
}

void check_owner(const std::string& owner, const Position& at, const std::vector<Team>& teams, Diagnostics& out) {
  if (teams.empty() || owner.empty() || team_of(teams, owner) != nullptr) return;
  out.push_back(
      {Severity::error, at, fmt::format("there is no team `{}`", owner), suggest(owner, names_of(teams), "teams")});
}

/// `list`: where they are written.
void check_notifiers(const std::vector<std::string>& names, const yaml::Node* list, const NotifyRules& notify,
                     Diagnostics& out) {
  std::vector<std::string> known;
  known.reserve(notify.notifiers.size());
  for (const NotifierRule& rule : notify.notifiers) known.push_back(rule.name);
  for (const std::string& name : names) {
    if (notify.find(name) != nullptr) continue;
    out.push_back({Severity::error, yaml::place_in_list(list, name, {}), fmt::format("there is no notifier `{}`", name),
                   known.empty() ? "say in aright.yaml who it is: notify: { NAME: { program: [/usr/bin/…] } }"
                                 : suggest(name, known, "notifiers")});
  }
}

/// A rung that names only a team is for those whom that one tells, else for `default`.
void check_is_told(const Rung& rung, const yaml::Node& at, const std::vector<Team>& teams, const NotifyRules& notify,
                   Diagnostics& out) {
  const Team* team = rung.notify.empty() ? team_of(teams, rung.team) : nullptr;
  if (team == nullptr || !team->notifiers.empty() || !notify.defaults.empty()) return;
  out.push_back(
      {Severity::error, at.at,
       fmt::format("this rung tells nobody: team `{}` has no `notifiers`, and `notify` no `default`", rung.team),
       fmt::format("give the team `notifiers: [NAME]`, or the rung: {{ after: {}, team: {}, notify: [NAME] }}",
                   rung.after == Nanos{} ? "0s" : format_duration(rung.after), rung.team)});
}

/// Of everybody who may come to be asked: the team, and those of its ladder. nullopt: whoever is in some group.
std::optional<std::size_t> people_asked(const Team& team, const std::vector<Team>& teams) {
  std::vector<const Team*> all{&team};
  for (const Rung& rung : team.ladder) all.push_back(team_of(teams, rung.team));
  std::vector<std::string> users;
  for (const Team* one : all) {
    if (one == nullptr) continue;  // a rung without, or with one that there is not
    if (!one->groups.empty()) return std::nullopt;
    users.insert(users.end(), one->users.begin(), one->users.end());
  }
  return people_in(users);
}

/// Where a step that asks `team` for `quorum` yes is written.
const yaml::Node* quorum_node(const yaml::Node& node, const std::string& team, std::uint32_t quorum) {
  const yaml::Node* asks = node.kind == yaml::Node::Kind::map ? node.find("approve") : nullptr;
  if (asks != nullptr && asks->kind == yaml::Node::Kind::map) {
    const yaml::Node* of = asks->find("team");
    const yaml::Node* number = asks->find("quorum");
    const bool same = (of == nullptr ? std::string() : of->scalar) == team;
    if (same && number != nullptr && number->scalar == fmt::to_string(quorum)) return number;
  }
  for (const yaml::Node& item : node.items) {
    if (const yaml::Node* found = quorum_node(item, team, quorum)) return found;
  }
  for (const yaml::Pair& pair : node.pairs) {
    if (const yaml::Node* found = quorum_node(pair.value, team, quorum)) return found;
  }
  return nullptr;
}

/// Nobody could ever say yes to a step that asks for more people than there are.
void check_quorum(const Workflow& workflow, const Step::Approve& asked, const yaml::Node& steps,
                  const std::vector<Team>& teams, Diagnostics& out) {
  const std::string& name = asked.team.empty() ? workflow.owner : asked.team;
  const Team* team = team_of(teams, name);
  const auto people = team == nullptr ? std::nullopt : people_asked(*team, teams);
  if (!people || *people == 0 || asked.quorum.value_or(0) <= *people) return;
  const yaml::Node* at = quorum_node(steps, asked.team, *asked.quorum);
  out.push_back({Severity::error, at == nullptr ? steps.at : at->at,
                 fmt::format("the step's quorum is {}, but team `{}` has {}{}", *asked.quorum, name,
                             counted(*people, "member"), team->ladder.empty() ? "" : " with those of its ladder"),
                 "it would wait until it expires, which is a no"});
}

void check_owners(const Workflow& workflow, const yaml::Node& node, const std::vector<Team>& teams, Diagnostics& out) {
  if (const yaml::Node* owner = node.find("owner")) check_owner(workflow.owner, owner->at, teams, out);
  const yaml::Node* steps = node.find("steps");
  for (const Step& step : workflow.steps) {
    const Step::Approve* asked = step.approve();
    if (asked == nullptr || steps == nullptr) continue;
    check_owner(asked->team, steps->at, teams, out);
    check_quorum(workflow, *asked, *steps, teams, out);
  }
}

}  // namespace

Origin origin_of_file(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return {};
  Origin origin;
  origin.modified = WallTime{std::chrono::seconds{found.st_mtim.tv_sec} + Nanos{found.st_mtim.tv_nsec}};
  passwd entry{};
  passwd* known = nullptr;
  std::string buffer(std::size_t{16} << 10U, '\0');
  getpwuid_r(found.st_uid, &entry, buffer.data(), buffer.size(), &known);
  origin.owner = known == nullptr ? fmt::to_string(found.st_uid) : std::string(entry.pw_name);
  return origin;
}

std::vector<Team> parse_teams(const yaml::Node& node, const NotifyRules& notify, Diagnostics& out) {
  std::vector<Team> teams;
  if (node.kind != yaml::Node::Kind::map) {
    out.push_back(
        {Severity::error, node.at, fmt::format("`teams` must be a map, not {}", node.describe()), team_example});
    return teams;
  }
  for (const yaml::Pair& pair : node.pairs) {
    const bool named = check_name(pair.key, pair.key_at, out);
    Team team = parse_team(pair, out);
    if (named) teams.push_back(std::move(team));
  }
  for (const Team& team : teams) {
    const yaml::Node& written = *node.find(team.name);
    check_notifiers(team.notifiers, written.find("notifiers"), notify, out);
    for (std::size_t i = 0; i < team.ladder.size(); ++i) {  // all of its rungs are there, or none is
      const Rung& rung = team.ladder[i];
      const yaml::Node& at = written.find("ladder")->items.at(i);
      if (!rung.team.empty()) check_owner(rung.team, at.find("team")->at, teams, out);
      check_notifiers(rung.notify, at.find("notify"), notify, out);
      check_is_told(rung, at, teams, notify, out);
    }
  }
  return teams;
}

void check_reach(const yaml::Node& node, const std::vector<Team>& teams, Diagnostics& out) {
  for (const Team& team : teams) {
    std::vector<std::string> kept_out;
    for (const std::string& user : team.users) {
      if (trouble_of_user(user).empty() && !is_root_or_we(user)) kept_out.push_back("user:" + user);
    }
    for (const std::string& group : team.groups) {
      if (trouble_of_group(group).empty()) kept_out.push_back("group:" + group);
    }
    if (kept_out.empty()) continue;
    out.push_back(
        {Severity::warning, node.find(team.name)->find("members")->at,
         fmt::format("{} cannot answer: the daemon is asked by root and its own user only", fmt::join(kept_out, ", ")),
         "say whose group may ask it: socket: { group: NAME } in aright.yaml"});
  }
}

void take_head(Workflow& workflow, const yaml::Node& node, const std::string& path, const std::vector<Team>& teams,
               Diagnostics& out) {
  check_owners(workflow, node, teams, out);
  workflow.origin = origin_of_file(path);
}

void take_head(Control& control, const yaml::Node& node, const std::string& path, const std::vector<Team>& teams,
               Diagnostics& out) {
  if (const yaml::Node* owner = node.find("owner")) check_owner(control.owner, owner->at, teams, out);
  control.origin = origin_of_file(path);
}

}  // namespace aright::cli
