// After a restart: whether a program that nobody has seen end is at work still. Until it is over it is not looked at,
// and certainly not done again.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"

namespace aright::engine {

namespace {

constexpr Nanos look_at_most_every = std::chrono::seconds{1};

Nanos in_seconds(Nanos span) { return std::chrono::ceil<std::chrono::seconds>(span); }

/// Whether that is one process or several.
std::string started_before(const FormerProgram& found) {
  return fmt::format("what was started before the restart ({})", found.who);
}

}  // namespace

/// True: the run goes on when it is over. It has its turn meanwhile, like any program that runs; who is not told of an
/// effect's end may begin none, so it waits for no pause: an overdue one is ended.
bool Core::waits_for_outlived(const Run& r) {
  const auto active = active_.find(r.id);
  if (active == active_.end() || !active->second.waits_for_outlived()) return false;
  Outlived& one = *active->second.outlived;
  if (one.asked || draining_) return true;
  auto plan = errand_plan(r, one.step);
  if (!plan) {  // who goes on sees it too
    one.over = true;
    return false;
  }
  if (!one.seen && !take_turn(r, {one.step, true, true})) return true;
  one.asked = true;
  const Nanos limit = plan->time_limit(false);
  const bool overdue = one.seen && now_.boot - *one.seen >= limit;
  out_.work.emplace_back(DoFormer{r.id, static_cast<std::uint32_t>(one.step), overdue,
                                  std::make_shared<const ErrandPlan>(std::move(*plan)),
                                  cause_token(key_, r.id, projection_.epochs())});
  return true;
}

void Core::on(FormerDone& done) {
  const Run* r = run(done.run);
  const auto active = active_.find(done.run);
  if (r == nullptr || active == active_.end() || !active->second.waits_for_outlived()) {
    ++figures_.late_messages;
    return;
  }
  Outlived& one = *active->second.outlived;
  one.asked = false;
  const std::size_t step = one.step;
  const std::string program = r->steps[step].resource.text();
  const auto note = [&](const std::string& found) {
    record("step.outlived",
           {{"run", r->id}, {"step", step}, {"state", name(r->steps[step].state)}, {"found", line(found)}});
    tell(true, fmt::format("run {}: {}: {}", r->id, program, found));
  };
  if (done.found && done.found->at_work) {
    const FormerProgram& found = *done.found;
    const std::string who = started_before(found);
    if (!one.seen)
      note(fmt::format("{} is at work still, for {} at most", who, format_duration(in_seconds(found.left))));
    one.seen = one.seen.value_or(now_.boot);
    waits_[r->id] = fmt::format("waits for {}, which is at work still; it has {} left", who,
                                format_duration(in_seconds(found.left)));
    timers_.emplace(now_.boot + std::min(one.pause, found.left), OutlivedAgain{r->id});
    one.pause = std::min(one.pause * 2, look_at_most_every);
    return;
  }
  if (done.found && done.found->ended) {
    note(started_before(*done.found) + " was at work after its time limit, and has been ended");
  } else if (done.found && one.seen) {
    note("what was at work of it has ended");
  }
  one.over = true;
  one.was_at_work = one.seen || (done.found && done.found->ended);
  waits_.erase(r->id);
  turns_.give_back(r->id);
  if (done.found) {
    go_on(r->id);
  } else {
    doubt(*r, done.found.error().message);
  }
  next_turns();
}

}  // namespace aright::engine
