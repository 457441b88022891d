#include "cli/node_file.h"

#include <fmt/format.h>

#include "cli/budget_checks.h"
#include "cli/notifier_places.h"
#include "cli/secret_places.h"
#include "cli/team_checks.h"
#include "cli/team_members.h"
#include "http/socket.h"
#include "workflow/parse_limits.h"
#include "workflow/parse_retention.h"

namespace aright::cli {

namespace {

/// Nobody means nothing by an empty one: who wants none leaves the key out.
std::string filled_text(yaml::Fields& in, const char* key, const std::string& hint, const std::string& example = {}) {
  const auto text = in.text(key, example);
  if (text && text->empty()) in.error(in.node(key)->at, fmt::format("`{}` is empty", key), hint);
  return text.value_or("");
}

std::string take_socket(const yaml::Node& node, Diagnostics& out) {
  yaml::Fields in(node, "`socket`", out);
  const yaml::Node* place = in.required("group");
  std::string group = filled_text(in, "group", "name the group that may use the socket, or leave `socket` out");
  if (const std::string why = group.empty() ? "" : trouble_of_group(group); !why.empty()) {
    out.push_back({Severity::warning, place->at, fmt::format("`group:{}` {}", group, why), {}});
  }
  in.finish();
  return group;
}

}  // namespace

std::string parse_node(const yaml::Node& node, LoadedConfig& into) {
  yaml::Fields in(node, "aright.yaml", into.diagnostics);
  into.listen =
      filled_text(in, "listen", "such as \"127.0.0.1:7480\"; leave it out to listen nowhere", "\"127.0.0.1:7480\"");
  if (in.node("listen") != nullptr && !into.listen.empty()) {
    if (auto ok = http::check_address(into.listen); !ok) in.error(in.node("listen")->at, ok.error().message);
  }
  if (const yaml::Node* socket = in.node("socket")) into.socket_group = take_socket(*socket, into.diagnostics);
  std::string root = filled_text(in, "root", "name the folder that relative paths begin at, or leave it out");
  if (const yaml::Node* map = in.node("secrets")) into.secrets = take_secrets(*map, into.diagnostics);
  if (const yaml::Node* list = in.node("destinations")) {
    into.destinations = http::parse_destinations(*list, into.diagnostics);
  }
  if (const yaml::Node* budgets = in.node("budgets")) {
    into.config.budgets = parse_budgets(*budgets, into.diagnostics);
    for (const yaml::Pair& pair : budgets->pairs) into.budget_places[pair.key] = pair.value.at;
  }
  if (const yaml::Node* limits = in.node("limits")) {
    into.config.limits = workflow::parse_limits(*limits, into.diagnostics);
  }
  if (const yaml::Node* map = in.node("retention")) {
    into.retention = workflow::parse_retention(*map, into.diagnostics);
  }
  if (const auto rule = in.word("tests", {"off", "warn", "required"})) {
    using enum engine::TestsRule;
    into.tests = *rule == "off" ? off : *rule == "warn" ? warn : required;
  }
  if (const yaml::Node* list = in.node("witness"))
    into.witnesses = parse_witnesses(*list, into.destinations, into.diagnostics);
  if (const yaml::Node* map = in.node("notify")) {
    ParsedNotify notify = parse_notifiers(*map, into.secrets, into.destinations, into.diagnostics);
    into.notifiers = std::move(notify.notifiers);
    into.config.notify = std::move(notify.rules);
  }
  if (const yaml::Node* teams = in.node("teams")) {
    into.config.teams = parse_teams(*teams, into.config.notify, into.diagnostics);
    if (into.socket_group.empty()) check_reach(*teams, into.config.teams, into.diagnostics);
  }
  in.finish();
  return root;
}

}  // namespace aright::cli
