// `teams:` in aright.yaml, and whether owners are among them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "model/workflow.h"

namespace aright::cli {

/// NAME: { members: [user:alice, group:wheel], quorum: 1, separate: true, notifiers: […], ladder: […] }; every mistake
/// is reported.
[[nodiscard]] std::vector<Team> parse_teams(const yaml::Node& node, Diagnostics& out);

/// Mistakes, where there are teams: an owner, or the team of a step, is none of them.
void check_owner(const std::string& owner, const Position& at, const std::vector<Team>& teams, Diagnostics& out);
void check_owners(const Workflow& workflow, const yaml::Node& node, const std::vector<Team>& teams, Diagnostics& out);

/// Warnings: nobody has changed `what` for longer than its `review_by`, as its file says.
void warn_of_age(const std::string& what, const Position& at, const Origin& origin,
                 std::optional<std::chrono::nanoseconds> review_by, WallTime now, Diagnostics& out);

/// When the file was changed last, and whose it is.
[[nodiscard]] Origin origin_of_file(const std::string& path);

}  // namespace aright::cli
