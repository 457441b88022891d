#include "programs.h"

#include <array>
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

void SimPrograms::do_work(const std::string& key, const std::string& path) {
  world_.work.insert(key);
  Json fields = world_.state(path);
  fields["exists"] = true;
  fields["content"] = good_content(path);
  if (!fields.contains("mode")) fields["mode"] = "0644";
  world_.set(path, std::move(fields));
}

/// Whom its finding names is named in the log by what it does, at once or long after.
void SimPrograms::leave_a_trace(const ProgramRequest& request) {
  World& w = world_;
  if (!w.tells || request.cause.empty() || request.arguments.size() < 3 || !w.chance.percent(40)) return;
  const std::string& subject = request.arguments[2];
  if (!subject.starts_with("host:") && !subject.starts_with("address:")) return;
  const std::string address = subject.substr(subject.find(':') + 1);
  const std::uint64_t run = std::stoull(request.key.substr(1));
  w.later([&w, address, run, token = request.cause] { w.tells(address, token, run); }, w.chance.millis(900'000));
}

ProgramOutcome SimPrograms::look(const std::string& key) {
  World& w = world_;
  if (w.faults.on && w.chance.percent(w.faults.unreadable)) return w.chance.percent(50) ? exits(2) : ended_by_us();
  const bool there = w.work.contains(key);
  w.looks.push_back({++w.order, key, there});
  return exits(there ? 0 : 1);
}

Result<ProgramOutcome> SimPrograms::run(const ProgramRequest& request) {
  return act(request, request.arguments.front() == look_program, request.arguments.at(1), true);
}

Result<FormerProgram> SimPrograms::former(const ProgramRequest& request, bool overdue) {
  World& w = world_;
  const auto found = w.at_work.find(request.key);
  if (found == w.at_work.end()) return FormerProgram{};
  FormerProgram told{.at_work = true, .who = "process 7"};
  const Nanos age = w.time - found->second.since;
  if (!overdue && age < request.time_limit) {
    told.left = request.time_limit - age;
    return told;
  }
  if (w.faults.on && w.chance.percent(w.faults.late)) return fail(Errc::timeout, "hangs in the kernel");
  w.at_work.erase(found);
  told.at_work = false;
  told.ended = true;
  return told;
}

/// It does its work after a while, whatever becomes of us, unless somebody ends it.
void SimPrograms::begin(const std::string& key, std::function<void()> work) {
  const std::uint64_t order = world_.starts.at(key);
  world_.at_work[key] = {order, world_.time};
  world_.later([this, key, order, work = std::move(work)] { end(key, order, work); },
               std::chrono::milliseconds{1} + world_.chance.millis(8000));
}

void SimPrograms::end(const std::string& key, std::uint64_t order, const std::function<void()>& work) {
  const auto found = world_.at_work.find(key);
  if (found == world_.at_work.end() || found->second.order != order) return;
  world_.at_work.erase(found);
  work();
}

Result<ProgramOutcome> SimPrograms::act(const ProgramRequest& request, bool looks, const std::string& target,
                                        bool outlives) {
  World& w = world_;
  const Faults& f = w.faults;
  if (f.on && w.chance.percent(f.fail_before)) {
    return fail(w.chance.percent(50) ? Errc::unavailable : Errc::not_found, "cannot be started");
  }
  w.about_to_write();
  if (w.before_program) w.before_program(request);
  const std::uint64_t order = w.starts[request.key] = ++w.order;
  if (looks) {
    ProgramOutcome outcome = look(target);
    w.has_written();
    return outcome;
  }
  if (f.on) leave_a_trace(request);
  if (f.on && w.chance.percent(f.lie)) {
    w.has_written();
    return exits(0);
  }
  const bool late = f.on && w.chance.percent(f.late);
  const bool breaks = !late && f.on && w.chance.percent(f.fail_after);
  const bool does = !(late || breaks) || w.chance.percent(50);
  const auto work = [this, does, key = request.key, target] {
    if (does) do_work(key, target);
  };
  if (outlives) {
    begin(request.key, work);
    w.has_written();
    w.may_hang(late ? 50 : f.hang, 5000);
    w.about_to_write();
    end(request.key, order, work);
  } else {
    if (!late) w.may_hang(f.hang, 5000);  // within its time limit
    work();
  }
  w.has_written();
  if (!late) return exits(breaks ? 3 : 0);
  if (!outlives) w.may_hang(50, 6000);
  return w.chance.percent(80) ? Result<ProgramOutcome>(ended_by_us()) : fail(Errc::timeout, "hangs in the kernel");
}

Result<CallOutcome> SimCalls::run(const CallRequest& request, const MaySend& may_send) {
  if (!may_send()) return fail(Errc::paused, "it may not be sent any more", Retry::yes);
  const bool looks = request.method == "GET";
  std::string target = request.url.substr(request.url.find('?') + 1);
  for (auto at = target.find("%2F"); at != std::string::npos; at = target.find("%2F")) target.replace(at, 3, "/");
  ProgramRequest asked;
  asked.key = request.key;
  asked.arguments = {request.method, request.url};
  const auto came = programs_.act(asked, looks, target, false);
  CallOutcome outcome;
  if (!came && came.error().code != Errc::timeout) return std::unexpected(came.error());
  if (!came) {
    outcome.cut = CallCut::lost;
  } else if (came->cut != ProgramCut::none) {
    outcome.cut = CallCut::time_limit;
  } else {
    constexpr std::array statuses{200, 404, 500, 422};
    outcome.status = statuses.at(static_cast<std::size_t>(came->number));
    outcome.answer = came->output.kept;
    outcome.total = came->output.total;
  }
  return outcome;
}

}  // namespace aright::sim
