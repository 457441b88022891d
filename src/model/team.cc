#include "model/team.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.h"

namespace aright {

bool Team::has(const std::string& user, const std::vector<std::string>& its_groups) const {
  if (std::ranges::find(users, user) != users.end()) return true;
  return std::ranges::any_of(its_groups,
                             [this](const std::string& g) { return std::ranges::find(groups, g) != groups.end(); });
}

std::string Team::members() const {
  std::vector<std::string> all;
  all.reserve(users.size() + groups.size());
  for (const std::string& user : users) all.push_back("user " + user);
  for (const std::string& group : groups) all.push_back("group " + group);
  return fmt::format("{}", fmt::join(all, ", "));
}

Json Team::to_json() const {
  Json rungs = Json::array();
  for (const Rung& rung : ladder) {
    rungs.push_back(
        {{"after_ms", rung.after / std::chrono::milliseconds{1}}, {"notify", rung.notify}, {"team", rung.team}});
  }
  return {{"team", name},    {"users", users},          {"groups", groups},      {"quorum", quorum},
          {"ladder", rungs}, {"separate", separates()}, {"notifiers", notifiers}};
}

std::string Team::hash() const { return hex(sha256(canonical_json(to_json()).value_or(std::string()))); }

const Team* team_of(const std::vector<Team>& teams, const std::string& name) {
  const auto found = std::ranges::find(teams, name, &Team::name);
  return found == teams.end() ? nullptr : &*found;
}

}  // namespace aright
