#include "engine/undo_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace aright::engine {

namespace {

bool is_there(const State& state) { return state.fields.value("exists", true); }

bool same_in(const std::string& field, const State& one, const State& other) {
  const auto left = one.fields.find(field);
  const auto right = other.fields.find(field);
  const bool has = left != one.fields.end();
  return has == (right != other.fields.end()) && (!has || *left == *right);
}

/// Of both.
std::set<std::string> all_fields(const State& one, const State& other) {
  std::set<std::string> names;
  for (const State* state : {&one, &other}) {
    for (const auto& [name, value] : state->fields.items()) names.insert(name);
  }
  return names;
}

std::vector<std::string> differing(const std::vector<std::string>& fields, const State& one, const State& other) {
  std::vector<std::string> differ;
  std::ranges::copy_if(fields, std::back_inserter(differ),
                       [&](const std::string& field) { return !same_in(field, one, other); });
  return differ;
}

/// Its state says that the step may have changed the resource; what is read decides.
bool may_be_changed(const RunStep& s) {
  using enum StepState;
  switch (s.state) {
    case intended:
    case applied:
    case verified:
    case foreign:
    case undo_intended:
    case undo_failed: return s.changes;
    case planned:
    case failed:
    case undone:
    case waiting:
    case passed:
    case skipped:
    case open: return false;
  }
  std::abort();
}

/// It had begun when it failed, and nobody has looked since: neither its `confirm` nor a person.
bool may_be_done_in_part(const RunStep& s) {
  return s.is_errand() && s.changes && s.state == StepState::failed && s.ran && !s.looked &&
         !s.outcome.starts_with(found_not_done);
}

/// Its author has said so, or it only looked.
bool needs_no_undo(const UndoSource& source, std::size_t step) {
  const std::vector<Step>& steps = source.workflow->steps;
  return step < steps.size() && steps[step].leaves_nothing() && source.run.steps[step].is_errand() &&
         (may_be_changed(source.run.steps[step]) || may_be_done_in_part(source.run.steps[step]));
}

UndoPart errand_part(const UndoSource& source, std::size_t step) {
  const RunStep& s = source.run.steps[step];
  const std::string name = s.resource.text();
  if (may_be_done_in_part(s)) {
    if (needs_no_undo(source, step)) return {};
    return {UndoPart::Kind::stays, name + " failed, and may have done its work or a part of it: nobody has looked"};
  }
  if (source.run.undo) return {UndoPart::Kind::stays, name + " has taken something back, and is not taken back itself"};
  const Workflow& w = *source.workflow;
  const Step* declared = step < w.steps.size() ? &w.steps[step] : nullptr;
  if (needs_no_undo(source, step)) return {};
  if (s.state == StepState::intended) {
    return {UndoPart::Kind::stays, "whether " + name + " did its work is not known"};
  }
  if (declared == nullptr || !declared->undo) {
    return {UndoPart::Kind::stays, fmt::format("what {} did has no inverse: its step declares no `undo:`", name)};
  }
  return {UndoPart::Kind::errand, {}};
}

}  // namespace

bool took_something_back(const Run& undo) {
  return std::ranges::any_of(undo.steps, [](const RunStep& s) { return s.is_errand() && s.made(); });
}

std::uint64_t add_taken_back(UndoSource& source, const Run& undo) {
  for (std::size_t i = 0; i < undo.steps.size(); ++i) {  // they stand in the original's places
    if (undo.steps[i].is_errand() && undo.steps[i].made()) source.taken_back.emplace(i, undo.id);
  }
  return undo.undo ? undo.undo->earlier.value_or(0) : 0;
}

UndoPart undo_part(const UndoSource& source, std::size_t step) {
  const RunStep& s = source.run.steps.at(step);
  if (s.steers() || (!may_be_changed(s) && !may_be_done_in_part(s))) return {};
  if (const auto taken = source.taken_back.find(step); taken != source.taken_back.end()) {
    return {UndoPart::Kind::nothing, fmt::format("run {} has taken it back already", taken->second)};
  }
  if (s.is_errand()) return errand_part(source, step);
  if (step >= source.plans.size() || !source.plans[step]) {
    return {UndoPart::Kind::stays, fmt::format("the recorded content of {} has been erased", s.resource.text())};
  }
  return {UndoPart::Kind::resource, {}};
}

std::optional<Error> undo_refusal(const UndoSource& source, bool partial) {
  const auto refused = [&](const std::string& why) {
    return Error{Errc::conflict, Retry::no, fmt::format("run {} is not undone: {}", source.run.id, why)};
  };
  if (source.undone_by != 0) return refused(fmt::format("run {} has undone it already", source.undone_by));
  if (!source.workflow || !source.control) return refused("its definition is no longer stored");
  bool some = false;
  std::vector<std::string> stays;
  for (std::size_t i = 0; i < source.run.steps.size(); ++i) {
    UndoPart part = undo_part(source, i);
    if (part.kind == UndoPart::Kind::stays) stays.push_back(fmt::format("step {}: {}", i + 1, part.why));
    some = some || part.kind == UndoPart::Kind::resource || part.kind == UndoPart::Kind::errand;
  }
  if (!some && stays.empty()) {
    if (!source.taken_back.empty()) {
      return refused(fmt::format("run {} has taken back already what it did", source.taken_back.begin()->second));
    }
    bool looked = false;
    for (std::size_t i = 0; i < source.run.steps.size(); ++i) {
      if (!needs_no_undo(source, i)) continue;
      const bool says_so = source.workflow->steps[i].nothing_to_undo;
      if (says_so) return refused("what it did needs none: its steps say `undo: none`");
      looked = true;
    }
    return refused(looked ? "it changed nothing: what it called was only asked (GET, HEAD)" : "it changed nothing");
  }
  if (stays.empty() || (partial && some)) return std::nullopt;
  const std::string why = fmt::format("{}", fmt::join(stays, "; "));
  return refused(some ? why + "; `--partial` undoes the rest" : why);
}

std::vector<std::string> undo_compares(const Plan& made) {
  std::set<std::string> fields = all_fields(made.before, made.after);
  if (is_there(made.before) && is_there(made.after)) {
    const std::set<std::string> named(made.names.begin(), made.names.end());
    std::erase_if(fields, [&](const std::string& field) {
      return !named.contains(field) && same_in(field, made.before, made.after);
    });
  }
  return {fields.begin(), fields.end()};
}

Result<Plan> inverse_of(const Plan& made, const State& now) {
  Plan back{.before = now, .after = now, .names = undo_compares(made), .strength = made.strength};
  if (!is_there(now) && !is_there(made.before)) return back;
  const auto theirs = differing(back.names, made.after, now);
  if (!theirs.empty() && is_there(now) == is_there(made.before) && differing(back.names, made.before, now).empty()) {
    return back;
  }
  if (!is_there(now) && is_there(made.after)) return fail(Errc::conflict, "it has been removed since");
  if (is_there(now) && !is_there(made.after)) return fail(Errc::conflict, "it is there again, by somebody else");
  if (!theirs.empty()) {
    return fail(Errc::conflict, fmt::format("it was changed since: {}", fmt::join(theirs, ", ")));
  }
  if (is_there(now) && is_there(made.before)) {
    for (const std::string& field : back.names) {
      if (same_in(field, made.before, made.after)) continue;
      const auto was = made.before.fields.find(field);
      if (was == made.before.fields.end()) {
        back.after.fields.erase(field);
      } else {
        back.after.fields[field] = *was;
      }
    }
  } else {
    back.after = made.before;
  }
  // What was secret before and after is so whatever its mode says now; else the change is what made it one.
  const bool secret = made.before.sensitive && made.after.sensitive;
  back.before.sensitive = back.before.sensitive || secret;
  back.after.sensitive =
      secret || (made.before.sensitive == made.after.sensitive ? now.sensitive : made.before.sensitive);
  std::erase_if(back.names, [&](const std::string& field) { return !back.after.fields.contains(field); });
  return back;
}

}  // namespace aright::engine
