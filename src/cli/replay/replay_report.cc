#include "cli/replay/replay_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.h"
#include "cli/show.h"

namespace aright::cli {

namespace {

constexpr std::string_view not_begun = "pending";
constexpr std::size_t did_max = 40;     ///< bytes in a table: what it was; the guard's reason stands in `runs show`
constexpr std::size_t would_max = 100;  ///< what there is to be learnt here

/// What had not begun, or was not over, when the log ends may come to anything.
bool answered_otherwise(const FoundAnswer& did, const FoundAnswer& would) {
  const bool as_far_as_told = !would.untold.empty() && did.ran && did.held.empty() && would.held.empty();
  return !as_far_as_told && did.verdict() != would.verdict() && did.verdict() != not_begun;
}
bool ended_otherwise(const FoundAnswer& did, const FoundAnswer& would) {
  return would.untold.empty() && did.verdict() == would.verdict() && !did.outcome.empty() &&
         did.outcome != would.outcome;
}

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

std::string would_text(const Replayed& replayed, const std::string& finding, const FoundAnswer& would) {
  const auto before = replayed.still.find(finding);
  if (before == replayed.still.end() || would.verdict() != "nothing") return would.text();
  return fmt::format("nothing: {} would be open still", before->second);
}

}  // namespace

Json replay_json(const Replayed& replayed, const ToldLog& log, bool all) {
  Json lines = Json::array();
  std::uint64_t differing = 0;
  std::uint64_t ending = 0;
  std::uint64_t untold = 0;
  std::map<std::string, std::pair<Counts, Counts>> by_workflow;
  for (const ReplayedFinding& finding : replayed.findings) {
    std::set<std::string> workflows = workflows_of(replayed, finding.id);
    if (workflows.empty()) workflows.insert("");  // nobody answered, and nobody would
    for (const std::string& workflow : workflows) {
      const FoundAnswer& did = answer_of(replayed.did, {finding.id, workflow});
      const FoundAnswer& would = answer_of(replayed.would, {finding.id, workflow});
      const bool differs = answered_otherwise(did, would);
      const bool ends = ended_otherwise(did, would);
      if (differs) ++differing;
      if (ends) ++ending;
      if (!would.untold.empty()) ++untold;
      if (!workflow.empty()) {
        by_workflow[workflow].first.add(did);
        by_workflow[workflow].second.add(would);
      }
      if (!differs && !ends && would.untold.empty() && !all) continue;
      lines.push_back({{"finding", finding.id},
                       {"at", finding.at},
                       {"control", finding.control},
                       {"subject", finding.subject},
                       {"workflow", workflow},
                       {"did", did.text()},
                       {"would", would_text(replayed, finding.id, would)},
                       {"differs", differs},
                       {"ends_otherwise", ends},
                       {"cannot_be_told", !would.untold.empty()}});
    }
  }
  Json workflows = Json::array();
  for (const auto& [name, counts] : by_workflow) {
    workflows.push_back({{"workflow", name}, {"did", counts.first.to_json()}, {"would", counts.second.to_json()}});
  }
  return {{"findings", replayed.findings.size()},
          {"differing", differing},
          {"ending_otherwise", ending},
          {"cannot_be_told", untold},
          {"lines", std::move(lines)},
          {"workflows", std::move(workflows)},
          {"without_event", log.without_event}};
}

namespace {

/// "ran 3 → 1": then and now.
std::string totals_text(const Json& workflows) {
  Json rows = Json::array();
  for (const Json& one : workflows) {
    Json row{{"workflow", one.at("workflow")}};
    for (const char* what : {"ran", "held", "suppressed"}) {
      row[what] = fmt::format("{} → {}", one.at("did").at(what).dump(), one.at("would").at(what).dump());
    }
    rows.push_back(std::move(row));
  }
  return show_list(rows, {{"WORKFLOW", "workflow"}, {"RAN", "ran"}, {"HELD", "held"}, {"SUPPRESSED", "suppressed"}},
                   Format::table, "no workflow answered");
}

std::string otherwise_text(const Json& said) {
  const auto differing = said.at("differing").get<std::size_t>();
  const auto ending = said.at("ending_otherwise").get<std::size_t>();
  const auto unknown = said.at("cannot_be_told").get<std::size_t>();
  const std::string untold =
      unknown == 0 ? "" : fmt::format("; how {} would have ended cannot be told", counted(unknown, "answer"));
  if (differing == 0 && ending == 0) return "nothing would have been otherwise" + untold;
  if (ending == 0) return fmt::format("{} would have been otherwise", counted(differing, "answer")) + untold;
  if (differing == 0) return fmt::format("{} would have ended otherwise", counted(ending, "answer")) + untold;
  return fmt::format("{} would have been otherwise, {} more would have ended otherwise{}", counted(differing, "answer"),
                     ending, untold);
}

/// What is to be known of it, a line each.
std::string notes_text(const Json& said) {
  std::string text;
  if (const auto gone = said.at("without_event").get<std::size_t>(); gone != 0) {
    text += fmt::format("{} without the event they were found in, which is not kept\n", counted(gone, "finding"));
  }
  const auto untested = said.at("untested").get<std::vector<std::string>>();
  if (!untested.empty()) {
    text += fmt::format("as if the tests of this folder had passed; a daemon keeps in mode propose: {}\n",
                        fmt::join(untested, ", "));
  }
  for (const auto& [control, count] : said.at("members_now").items()) {
    text += fmt::format("shares of control {} are of the {} that its folders have now\n", control,
                        counted(count.get<std::size_t>(), "member"));
  }
  return text;
}

/// Whole texts of guards make a table wider than any screen; JSON has them.
Json cut_lines(Json lines) {
  for (Json& line : lines) {
    for (const auto& [field, bytes] : {std::pair("did", did_max), std::pair("would", would_max)}) {
      line[field] = clip_text(line.at(field).get<std::string>(), bytes);
    }
  }
  return lines;
}

}  // namespace

std::string replay_text(const Json& said) {
  const auto findings = said.at("findings").get<std::size_t>();
  const std::string since = " since " + said.at("since").get<std::string>();
  if (findings == 0) return "no findings" + since + "\n" + notes_text(said);
  std::string text = counted(findings, "finding") + since + "; " + otherwise_text(said);
  text += "\n\n" + totals_text(said.at("workflows"));
  if (!said.at("lines").empty()) {
    text += "\n" + show_list(cut_lines(said.at("lines")),
                             {{"AT", "at"},
                              {"CONTROL", "control"},
                              {"SUBJECT", "subject"},
                              {"WORKFLOW", "workflow"},
                              {"DID", "did"},
                              {"WOULD", "would"}},
                             Format::table, "");
  }
  const std::string notes = notes_text(said);
  return notes.empty() ? text : text + "\n" + notes;
}

}  // namespace aright::cli
