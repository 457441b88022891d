#include "engine/closed_subjects.h"

#include <algorithm>
#include <map>
#include <utility>

namespace aright::engine {

namespace {

constexpr std::size_t subjects_an_entry = 100;
constexpr std::size_t bytes_an_entry = 3000;  ///< of an entry's 4 KiB

struct Forgotten {
  std::vector<std::string> subjects;
  std::size_t bytes{0};
};

bool is_needed(const Projection& projection, const SubjectState& s) {
  return !s.returns.empty() || !projection.runs_of(s.finding).empty();
}

Fields entry_of(const std::string& control, Forgotten forgotten) {
  return {{"control", control}, {"subjects", std::move(forgotten.subjects)}};
}

}  // namespace

void ClosedSubjects::closed(const std::string& id, Nanos boot) {
  order_.forget(id);
  order_.at_the_latest(id, boot);
}

std::vector<Fields> ClosedSubjects::forget(const Projection& projection, std::size_t most) {
  const auto& all = projection.subjects();
  if (all.size() <= most) return {};
  std::size_t many = all.size() - most + most / 16;
  std::vector<Fields> entries;
  std::map<std::string, Forgotten> by_control;
  std::vector<std::string> passed;
  for (const auto& [closed, id] : order_.order()) {
    if (many == 0) break;
    passed.push_back(*id);
    const auto found = all.find(*id);
    if (found == all.end() || found->second.open || is_needed(projection, found->second)) continue;
    const SubjectState& s = found->second;
    Forgotten& with = by_control[s.control];
    if (with.subjects.size() == subjects_an_entry || with.bytes + s.subject.size() > bytes_an_entry) {
      entries.push_back(entry_of(s.control, std::exchange(with, {})));
    }
    with.subjects.push_back(s.subject);
    with.bytes += s.subject.size() + 3;
    --many;
  }
  for (auto& [control, with] : by_control) entries.push_back(entry_of(control, std::move(with)));
  // What is still needed is passed over until its run or its next episode is over: the list is not walked for it again.
  for (const std::string& id : passed) order_.forget(id);
  return entries;
}

}  // namespace aright::engine
