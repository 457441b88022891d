// What is no longer known of subjects whose episodes are over (docs/decisions/0198).
#include "engine/projection.h"

namespace aright::engine {

Projection::NextEpisode Projection::next_episode(const std::string& control, const std::string& subject_text) const {
  const SubjectState* known = subject(control, subject_text);
  const auto forgotten = forgotten_.find(control);
  const std::uint64_t number = known == nullptr ? 1 : known->episode + 1;
  const std::uint64_t times = forgotten == forgotten_.end() ? 0 : forgotten->second;
  return {number, Finding::make_id(control, subject_text, number, times)};
}

void Projection::forget_subjects(DocReader& in) {
  const std::string control = in.text("control");
  for (const std::string& name : in.texts("subjects")) {
    const auto found = subjects_.find(control + " " + name);
    if (found == subjects_.end() || found->second.open) return in.wrong("subjects");
    touch("subject", found->first, false, std::string("{}"));
    subjects_.erase(found);
  }
  ++forgotten_[control];
  context_touched_ = true;
}

}  // namespace aright::engine
