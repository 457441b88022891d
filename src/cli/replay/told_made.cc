#include "cli/replay/told_made.h"

#include <nlohmann/json.hpp>

namespace aright::cli {

namespace {

class MadeTeller {
 public:
  explicit MadeTeller(const ToldLog& log) : log_(log) {
    for (const auto& [id, finding] : log.before.findings()) about_[id] = {finding.control, finding.subject};
  }

  ToldMadeBy tell() {
    for (const Json& entry : log_.entries) take(entry.value("kind", ""), entry);
    return std::move(told_);
  }

 private:
  void take(const std::string& kind, const Json& entry) {
    if (kind == "step.intended") {
      const auto run = log_.runs.find(entry.value("run", std::uint64_t{0}));
      const std::string resource = entry.value("resource", "");
      if (run != log_.runs.end() && run->second.made.contains(resource)) made_by_[resource] = run->first;
    }
    const std::string finding = entry.value("finding", "");
    if (kind == "finding.opened") about_[finding] = {entry.value("control", ""), entry.value("subject", "")};
    const auto about = about_.find(finding);
    if (about == about_.end()) return;
    const auto& [control, subject] = about->second;
    const auto made = made_by_.find(subject);
    if (made == made_by_.end()) return;
    if (kind == "finding.resolved") told_[made->second][subject].right.insert(control);
    const bool seen = (kind == "finding.opened" || kind == "finding.occurred") && entry.contains("about");
    if (!seen) return;
    if (entry.at("about") != log_.runs.at(made->second).made.at(subject)) {
      made_by_.erase(made);
    } else {
      told_[made->second][subject].wrong.insert(control);
    }
  }

  const ToldLog& log_;
  std::map<std::string, std::pair<std::string, std::string>> about_;  ///< finding → control, subject
  std::map<std::string, std::uint64_t> made_by_;  ///< resource → the run after which nobody else was seen to change it
  ToldMadeBy told_;
};

}  // namespace

ToldMadeBy told_made(const ToldLog& log) { return MadeTeller(log).tell(); }

}  // namespace aright::cli
