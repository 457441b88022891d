#include "programs.h"

#include <csignal>
#include <nlohmann/json.hpp>

namespace aright::sim {

namespace {

ProgramOutcome exits(int code) {
  ProgramOutcome outcome;
  outcome.number = code;
  outcome.output.kept = "said \xFF";
  outcome.output.total = outcome.output.kept.size();
  return outcome;
}

ProgramOutcome ended_by_us() {
  ProgramOutcome outcome = exits(SIGKILL);
  outcome.signalled = true;
  outcome.cut = ProgramCut::time_limit;
  return outcome;
}

}  // namespace

void SimPrograms::do_work(const ProgramRequest& request) {
  world_.work.insert(request.key);
  const std::string& path = request.arguments.at(1);
  Json fields = world_.state(path);
  fields["exists"] = true;
  fields["content"] = good_content(path);
  if (!fields.contains("mode")) fields["mode"] = "0644";
  world_.set(path, std::move(fields));
}

ProgramOutcome SimPrograms::look(const ProgramRequest& request) {
  World& w = world_;
  if (w.faults.on && w.chance.percent(w.faults.unreadable)) return w.chance.percent(50) ? exits(2) : ended_by_us();
  const std::string& key = request.arguments.at(1);
  const bool there = w.work.contains(key);
  w.looks.push_back({++w.order, key, there});
  return exits(there ? 0 : 1);
}

Result<ProgramOutcome> SimPrograms::run(const ProgramRequest& request) {
  World& w = world_;
  const Faults& f = w.faults;
  if (f.on && w.chance.percent(f.fail_before)) {
    return fail(w.chance.percent(50) ? Errc::unavailable : Errc::not_found, "cannot be started");
  }
  w.about_to_write();
  if (w.before_program) w.before_program(request);
  w.starts[request.key] = ++w.order;
  if (request.arguments.front() == look_program) {
    ProgramOutcome outcome = look(request);
    w.has_written();
    return outcome;
  }
  if (f.on && w.chance.percent(f.lie)) {
    w.has_written();
    return exits(0);
  }
  if (f.on && w.chance.percent(f.late)) {
    const bool done = w.chance.percent(50);
    if (done) do_work(request);
    w.has_written();
    return w.chance.percent(80) ? Result<ProgramOutcome>(ended_by_us()) : fail(Errc::timeout, "hangs in the kernel");
  }
  const bool breaks = f.on && w.chance.percent(f.fail_after);
  if (!breaks || w.chance.percent(50)) do_work(request);
  w.has_written();
  return exits(breaks ? 3 : 0);
}

}  // namespace aright::sim
