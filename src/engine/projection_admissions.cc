// What guards count, as the entries imply it.
#include <fmt/format.h>

#include <algorithm>

#include "engine/projection.h"

namespace aright::engine {

namespace {

std::string admission_key(const std::string& workflow, bool shadow) { return shadow ? "~" + workflow : workflow; }

}  // namespace

const std::vector<guard::Admission>& Projection::admissions(const std::string& workflow, bool shadow) const {
  static const std::vector<guard::Admission> none;
  const auto found = admissions_.find(admission_key(workflow, shadow));
  return found == admissions_.end() ? none : found->second.list;
}

bool SubjectState::came_back(const std::string& workflow) const {
  const auto answer = answers.find(workflow);
  return std::ranges::find(fixed, workflow) != fixed.end() && (answer == answers.end() || answer->second.runs == 0);
}

void Projection::admit(const std::string& workflow, const std::string& control, const std::string& subject, bool shadow,
                       DocReader& in) {
  const std::string key = admission_key(workflow, shadow);
  forget_admissions(workflow, shadow);
  context_touched_ = true;
  KeyedAdmissions& keyed = admissions_[key];
  guard::Admission admission{subject, at_};
  if (in.has("keys")) admission.keys = in.texts("keys");
  const auto about = subjects_.find(control + " " + subject);
  admission.again = about != subjects_.end() && about->second.came_back(workflow);
  keyed.list.push_back(std::move(admission));
  keyed.ids.push_back(fmt::format("{:012}", entries_));
  touch("admission", keyed.ids.back(), true, admission_text(key, keyed.list.back()));
}

/// Those older than every window of their workflow, when the next one comes. By nothing but the entries, so that every
/// reader of the log knows which rows there must be.
void Projection::forget_admissions(const std::string& workflow, bool shadow) {
  const auto window = windows_.find(workflow);
  if (window == windows_.end()) return;
  KeyedAdmissions& keyed = admissions_[admission_key(workflow, shadow)];
  const Nanos keep = window->second;
  const Now now{at_.wall, at_.boot, at_.boot_id};
  std::size_t old = 0;  // in order of admission, so the old ones are in front
  // One from before this boot is at least as old as the boot; until that proves it old enough, the wall clock alone
  // does not: it may step back again.
  const auto over = [&](const Moment& at) {
    return elapsed(at, now) >= keep && (at.boot_id == now.boot_id || now.boot >= keep);
  };
  while (old < keyed.list.size() && over(keyed.list[old].at)) {
    touch("admission", keyed.ids[old++], false, {});
  }
  keyed.list.erase(keyed.list.begin(), keyed.list.begin() + static_cast<std::ptrdiff_t>(old));
  keyed.ids.erase(keyed.ids.begin(), keyed.ids.begin() + static_cast<std::ptrdiff_t>(old));
}

std::uint64_t Projection::admissions_kept() const {
  std::uint64_t count = 0;
  for (const auto& [key, keyed] : admissions_) count += keyed.list.size();
  return count;
}

Result<Done> Projection::load_admission(const Row& row, const Json& doc) {
  DocReader in(doc, row.table);
  guard::Admission admission{in.text("subject"),
                             {in.time("at"), std::chrono::microseconds{in.number("up")}, in.text("boot_id")}};
  if (in.has("keys")) admission.keys = in.texts("keys");
  if (in.has("again")) admission.again = in.boolean("again");
  KeyedAdmissions& keyed = admissions_[in.text("key")];
  keyed.list.push_back(std::move(admission));
  keyed.ids.push_back(row.id);
  return in.finish();
}

}  // namespace aright::engine
