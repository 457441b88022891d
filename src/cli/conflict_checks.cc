#include "cli/conflict_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "detect/compare.h"
#include "detect/judge.h"

namespace aright::cli {

namespace {

using Places = std::map<std::string, Position>;

void warn(Diagnostics& out, const Position& at, std::string message, std::string hint) {
  out.push_back({Severity::warning, at, std::move(message), std::move(hint)});
}

/// A resource, or (without an id) all files of a folder.
struct Spot {
  std::string driver;
  std::string folder;
  std::string id;
  auto operator<=>(const Spot&) const = default;

  [[nodiscard]] bool is_folder() const { return id.empty(); }
  /// `text`: the resource's form in the message.
  [[nodiscard]] std::string named(const std::string& text) const {
    return is_folder() ? "the files in " + folder : text;
  }
};

Spot spot_of(const std::string& driver, const std::string& id) {
  const std::size_t slash = id.rfind('/');
  return {driver, slash == 0 || slash == std::string::npos ? "/" : id.substr(0, slash), id};
}

std::vector<Spot> spots(const Control& control) {
  std::vector<Spot> all;
  all.reserve(control.select.ids.size() + control.select.within.size());
  for (const std::string& id : control.select.ids) all.push_back(spot_of(control.driver, id));
  for (const std::string& folder : control.select.within) all.push_back({control.driver, folder, {}});
  return all;
}

bool removes(const Json& desired) { return !desired.value("exists", true); }

/// What is gone is no file of a folder any more: who wants something of those that are there has no wish then.
bool is_wanted_by_both(const Spot& one, const Json& its, const Spot& other, const Json& others) {
  return !(one.is_folder() && removes(others)) && !(other.is_folder() && removes(its));
}

/// Who wants what of which spot.
template <class Who>
class Wishes {
 public:
  struct Wish {
    const Who* who;
    const Json* desired;
  };

  void add(const Spot& spot, Wish wish) { all_[spot].push_back(wish); }

  /// `with` gets each earlier wish that no state can be as beside this one, and the spot that is meant by both.
  template <class With>
  void each_against(const Spot& spot, const Json& desired, With&& with) const {
    const auto look = [&](const Spot& there, const std::vector<Wish>& wishes) {
      for (const Wish& wish : wishes) {
        if (!is_wanted_by_both(spot, desired, there, *wish.desired)) continue;
        if (detect::contradict(*wish.desired, desired)) with(wish, spot.is_folder() ? there : spot);
      }
    };
    const Spot folder{spot.driver, spot.folder, {}};
    if (spot.is_folder()) {
      for (auto at = all_.lower_bound(folder); at != all_.end() && is_in(at->first, folder); ++at) {
        look(at->first, at->second);
      }
      return;
    }
    for (const Spot* same : {&folder, &spot}) {
      if (const auto at = all_.find(*same); at != all_.end()) look(at->first, at->second);
    }
  }

 private:
  static bool is_in(const Spot& spot, const Spot& folder) {
    return spot.driver == folder.driver && spot.folder == folder.folder;
  }

  std::map<Spot, std::vector<Wish>> all_;
};

void check_controls(const Config& config, const Places& places, Diagnostics& out) {
  Wishes<Control> wishes;
  std::set<std::string> told;
  for (const Control& control : config.controls) {
    if (!control.violation.empty()) continue;
    for (const Spot& spot : spots(control)) {
      wishes.each_against(spot, control.desired.fields, [&](const auto& other, const Spot& both) {
        if (other.who == &control) return;
        std::string said = fmt::format("controls `{}` and `{}` want {} differently", other.who->name, control.name,
                                       both.named(both.id));
        if (told.insert(said).second) warn(out, places.at("control " + control.name), std::move(said), {});
      });
      wishes.add(spot, {&control, &control.desired.fields});
    }
  }
}

/// A state that a workflow may bring a resource to.
struct Drive {
  Spot spot;
  const Json& desired;
};

std::vector<Drive> drives(const Workflow& w, const Config& config) {
  std::vector<Drive> all;
  bool cures = false;
  for (const Step& step : w.steps) {
    if (step.ensure() == nullptr) continue;
    cures = cures || step.cures();
    if (step.cures()) continue;
    const Step::Target& own = *step.ensure()->own;
    all.push_back({spot_of(own.resource.driver, own.resource.id), own.desired.fields});
  }
  for (const Control& control : config.controls) {
    if (!cures || !control.violation.empty() || !w.answers_to(control)) continue;
    for (const Spot& spot : spots(control)) all.push_back({spot, control.desired.fields});
  }
  return all;
}

/// Each pair once, whatever they differ in.
void check_pairs(const Config& config, const Places& places, Diagnostics& out) {
  Wishes<Workflow> wishes;
  std::set<std::string> told;
  for (const Workflow& w : config.workflows) {
    if (w.mode < Mode::propose) continue;  // it drives nothing to any state, whatever is asked for
    for (const Drive& drive : drives(w, config)) {
      wishes.each_against(drive.spot, drive.desired, [&](const auto& other, const Spot& both) {
        if (other.who == &w) return;
        std::string said = fmt::format("workflows `{}` and `{}` drive {} to different states", other.who->name, w.name,
                                       both.named(both.driver + ":" + both.id));
        if (!told.insert(said).second) return;
        warn(out, places.at("workflow " + w.name), std::move(said),
             "one undoes what the other does; let one of them leave it alone");
      });
      wishes.add(drive.spot, {&w, &drive.desired});
    }
  }
}

/// Of a condition only where the desired state alone tells: of what it does not name, nothing is known.
bool calls_wrong(const Control& control, const Step::Target& target) {
  if (control.violation.empty()) return detect::contradict(control.desired.fields, target.desired.fields);
  const auto judge = detect::Judge::make(control);
  if (!judge) return false;
  State made{target.desired.fields, false};
  if (!made.fields.contains("exists")) made.fields["exists"] = true;
  const auto wrong = judge->differs(target.resource, made);
  return wrong && !wrong->empty();
}

bool looks_at(const Control& control, const Step::Target& target) {
  if (control.driver != target.resource.driver) return false;
  const Select& select = control.select;
  if (std::ranges::find(select.ids, target.resource.id) != select.ids.end()) return true;
  const std::string folder = spot_of(target.resource.driver, target.resource.id).folder;
  return !removes(target.desired.fields) && std::ranges::find(select.within, folder) != select.within.end();
}

/// What it makes of a resource is what a control that it answers calls wrong: it would answer itself.
void check_own_effects(const Workflow& w, const Config& config, const Places& places, Diagnostics& out) {
  const bool acts = w.mode >= Mode::propose;
  for (const Step& step : w.steps) {
    if (step.ensure() == nullptr || step.cures()) continue;
    const Step::Target& target = *step.ensure()->own;
    for (const Control& control : config.controls) {
      if (!looks_at(control, target) || !w.answers_to(control) || !calls_wrong(control, target)) continue;
      warn(out, places.at("workflow " + w.name),
           fmt::format("workflow `{}` {} of {} what control `{}`, which it answers, calls wrong", w.name,
                       acts ? "makes" : "would make", target.resource.text(), control.name),
           fmt::format("it would answer its own effect{}{}",
                       acts ? "" : fmt::format(", once its mode is no more `{}`", name(w.mode)),
                       control.violation.empty() ? "; `ensure: desired` makes it right" : ""));
    }
  }
}

constexpr const char* whatever_is_found = "what is found";

/// What a step brings to a state, as far as the configuration names it.
std::set<std::string> targets_of(const Step& step, const Workflow& w, const Config& config) {
  if (step.ensure() == nullptr) return {};
  if (step.ensure()->own) return {step.ensure()->own->resource.text()};
  std::set<std::string> names{whatever_is_found};
  for (const Control& control : config.controls) {
    if (!w.answers_to(control)) continue;
    for (const std::string& id : control.select.ids) names.insert(control.driver + ":" + id);
  }
  return names;
}

/// All steps of a way are planned on one state: the second would undo or miss the first, and no such run goes on.
void check_same_targets(const Workflow& w, const Config& config, const Places& places, Diagnostics& out) {
  std::multimap<std::string, std::size_t> earlier;
  for (std::size_t i = 0; i < w.steps.size(); ++i) {
    for (const std::string& name : targets_of(w.steps[i], w, config)) {
      const auto [first, last] = earlier.equal_range(name);
      const auto beside = std::find_if(first, last, [&](const auto& item) { return !w.exclude(item.second, i); });
      const bool is_alone = beside == last;
      // Of `ensure: desired` only where the finding is about that one.
      const bool both = !is_alone && w.steps[i].cures() && w.steps[beside->second].cures();
      const bool always = is_alone || w.steps[i].cures() == w.steps[beside->second].cures();
      earlier.emplace(name, i);
      if (is_alone || (both && name != whatever_is_found)) continue;  // said once, of whatever it is
      out.push_back(
          {always ? Severity::error : Severity::warning, places.at("workflow " + w.name),
           fmt::format("workflow `{}`: two steps are about {}{}", w.name, name,
                       always ? "" : ", where that is what was found"),
           "all steps are planned before the first is done; write them as one, or let another workflow do the "
           "second"});
    }
  }
}

std::string text(const Threshold& limit) {
  return fmt::format("threshold of {} runs within {} per {}", limit.runs, format_duration(limit.within),
                     limit.per_text());
}

bool counts_the_same(const Threshold& one, const Threshold& other) {
  return one.per == other.per && one.key == other.key;
}

/// Whether `first` holds a run whenever `limit` would. Of equal ones, each does.
bool is_reached_before(const Threshold& first, const Threshold& limit) {
  if (first.per != Per::workflow && !counts_the_same(first, limit)) return false;
  return first.runs <= limit.runs && first.within >= limit.within;
}

/// The one that `limit` is needless beside; of equal ones the first stays.
const Threshold* reached_before(const std::vector<Threshold>& all, const Threshold& limit) {
  for (const Threshold& other : all) {
    const bool earlier = &other < &limit;
    if (&other == &limit || !is_reached_before(other, limit)) continue;
    if (earlier || !is_reached_before(limit, other)) return &other;
  }
  return nullptr;
}

void warn_needless(const Workflow& w, const Threshold& limit, const Threshold& first, const Position& at,
                   Diagnostics& out) {
  if (is_reached_before(limit, first)) {
    warn(out, at, fmt::format("workflow `{}`: its {} stands there twice", w.name, text(limit)), "leave one out");
    return;
  }
  warn(out, at,
       fmt::format("workflow `{}`: its {} can never trip: the {} does before", w.name, text(limit), text(first)),
       counts_the_same(first, limit) ? "leave it out, or count fewer runs within a shorter time"
                                     : "count fewer runs per " + std::string(limit.per_text()));
}

void check_thresholds(const Workflow& w, const Places& places, Diagnostics& out) {
  const auto& cool = w.guards.cool_down;
  for (const Threshold& limit : w.guards.threshold) {
    const bool spaced = cool && (cool->per == Per::workflow || limit.per == cool->per);
    // So many runs, each `wait` after the one before, and one more now: the first of them is out of the window.
    if (spaced && cool->wait >= (limit.within + Nanos{limit.runs} - Nanos{1}) / limit.runs) {
      warn(out, places.at("workflow " + w.name),
           fmt::format("workflow `{}`: its {} can never trip: its cool-down lets one run pass in {}", w.name,
                       text(limit), format_duration(cool->wait)),
           "count fewer runs, or within a longer time");
      continue;
    }
    const Threshold* first = reached_before(w.guards.threshold, limit);
    if (first != nullptr) warn_needless(w, limit, *first, places.at("workflow " + w.name), out);
  }
}

}  // namespace

void check_conflicts(const Config& config, const Places& places, Diagnostics& out) {
  check_controls(config, places, out);
  if (has_errors(out)) return;  // a control or workflow that is meant may be missing
  check_pairs(config, places, out);
  for (const Workflow& w : config.workflows) {
    check_same_targets(w, config, places, out);
    check_own_effects(w, config, places, out);
    check_thresholds(w, places, out);
  }
}

}  // namespace aright::cli
