#include "cli/replay/replay_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "cli/show.h"

namespace aright::cli {

namespace {

constexpr std::string_view not_begun = "pending";

struct Counts {
  std::uint64_t ran{0};
  std::uint64_t held{0};
  std::uint64_t suppressed{0};

  void add(const FoundAnswer& answer) {
    if (!answer.held.empty()) {
      ++held;
    } else if (answer.ran) {
      ++ran;
    } else if (!answer.suppressed.empty()) {
      ++suppressed;
    }
  }
  [[nodiscard]] Json to_json() const { return {{"ran", ran}, {"held", held}, {"suppressed", suppressed}}; }
};

const FoundAnswer& answer_of(const FoundAnswers& answers, const FoundAnswers::Key& key) {
  static const FoundAnswer none;
  const auto found = answers.all().find(key);
  return found == answers.all().end() ? none : found->second;
}

std::set<std::string> workflows_of(const Replayed& replayed, const std::string& finding) {
  std::set<std::string> names;
  for (const FoundAnswers* answers : {&replayed.did, &replayed.would}) {
    for (auto at = answers->all().lower_bound({finding, ""}); at != answers->all().end() && at->first.first == finding;
         ++at) {
      names.insert(at->first.second);
    }
  }
  return names;
}

}  // namespace

Json replay_json(const Replayed& replayed, const ToldLog& log, bool all) {
  Json lines = Json::array();
  std::uint64_t differing = 0;
  std::map<std::string, std::pair<Counts, Counts>> by_workflow;
  for (const ReplayedFinding& finding : replayed.findings) {
    std::set<std::string> workflows = workflows_of(replayed, finding.id);
    if (workflows.empty()) workflows.insert("");  // nobody answered, and nobody would
    for (const std::string& workflow : workflows) {
      const FoundAnswer& did = answer_of(replayed.did, {finding.id, workflow});
      const FoundAnswer& would = answer_of(replayed.would, {finding.id, workflow});
      // What had not begun when the log ends may come to anything.
      const bool differs = did.verdict() != would.verdict() && did.verdict() != not_begun;
      if (differs) ++differing;
      if (!workflow.empty()) {
        by_workflow[workflow].first.add(did);
        by_workflow[workflow].second.add(would);
      }
      if (!differs && !all) continue;
      lines.push_back({{"finding", finding.id},
                       {"at", finding.at},
                       {"control", finding.control},
                       {"subject", finding.subject},
                       {"workflow", workflow},
                       {"did", did.text()},
                       {"would", would.text()},
                       {"differs", differs}});
    }
  }
  Json workflows = Json::array();
  for (const auto& [name, counts] : by_workflow) {
    workflows.push_back({{"workflow", name}, {"did", counts.first.to_json()}, {"would", counts.second.to_json()}});
  }
  return {{"findings", replayed.findings.size()},
          {"differing", differing},
          {"lines", std::move(lines)},
          {"workflows", std::move(workflows)},
          {"without_event", log.without_event}};
}

std::string replay_text(const Json& said, bool all) {
  std::string text = show_list(said.at("lines"),
                               {{"AT", "at"},
                                {"CONTROL", "control"},
                                {"SUBJECT", "subject"},
                                {"WORKFLOW", "workflow"},
                                {"DID", "did"},
                                {"WOULD", "would"}},
                               Format::table, all ? "no findings" : "nothing would have been otherwise");
  Json rows = Json::array();
  for (const Json& one : said.at("workflows")) {
    Json row{{"workflow", one.at("workflow")}};
    for (const char* what : {"ran", "held", "suppressed"}) {
      row[what] = fmt::format("{} → {}", one.at("did").at(what).dump(), one.at("would").at(what).dump());
    }
    rows.push_back(std::move(row));
  }
  text +=
      "\n" + show_list(rows, {{"WORKFLOW", "workflow"}, {"RAN", "ran"}, {"HELD", "held"}, {"SUPPRESSED", "suppressed"}},
                       Format::table, "no workflow answered");
  text += fmt::format("\n{}, {} otherwise\n", counted(said.at("findings").get<std::size_t>(), "finding"),
                      said.at("differing").dump());
  if (const auto gone = said.at("without_event").get<std::size_t>(); gone != 0) {
    text += fmt::format("{} without the event they were found in, which is not kept\n", counted(gone, "finding"));
  }
  return text;
}

}  // namespace aright::cli
