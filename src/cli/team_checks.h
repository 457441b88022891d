// `teams:` in aright.yaml, and whether owners are among them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "model/workflow.h"

namespace aright::cli {

/// NAME: { members: [user:alice, group:wheel], quorum: 1, separate: true, notifiers: […], ladder: […] }; every mistake
/// is reported, also a notifier that `notify` has not.
[[nodiscard]] std::vector<Team> parse_teams(const yaml::Node& node, const NotifyRules& notify, Diagnostics& out);

/// Warns of members who may not ask the daemon, where no `socket:` lets a group. `node`: of `teams`.
void check_reach(const yaml::Node& node, const std::vector<Team>& teams, Diagnostics& out);

/// Of the file at `path`, as the system says; of one that is not there nothing.
[[nodiscard]] Origin origin_of_file(const std::string& path);

/// What a definition, written as `node` in the file at `path`, says of people: when that was changed last, and by whom,
/// is taken into it. Mistakes, where there are teams: an owner, or the team of a step, is none of them.
void take_head(Workflow& workflow, const yaml::Node& node, const std::string& path, const std::vector<Team>& teams,
               Diagnostics& out);
void take_head(Control& control, const yaml::Node& node, const std::string& path, const std::vector<Team>& teams,
               Diagnostics& out);

}  // namespace aright::cli
