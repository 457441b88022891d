#include "history.h"

#include <fmt/format.h>

#include "audit/checkpoint.h"
#include "model/run.h"

namespace aright::sim {

using namespace std::chrono_literals;

testing::AssertionResult refused(const std::function<void()>& tell, const std::string& why) {
  try {
    tell();
  } catch (const Violation& violation) {
    if (violation.what.contains(why)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "refused for another reason: " << violation.what;
  }
  return testing::AssertionFailure() << "nothing is refused";
}

History::History() {
  Control control;
  control.name = "c";
  control.driver = "file";
  config.controls.push_back(control);
  Workflow fix;
  fix.name = "fix";
  fix.answers.push_back({"c", "", std::nullopt});
  fix.mode = Mode::auto_;
  fix.steps = {Step{}, Step{}};
  config.workflows.push_back(fix);
  sign = [](std::uint64_t size, const Digest& root) {
    return audit::sign_checkpoint({log_origin, size, root, {}}, log_key(), log_origin).value();
  };
  for (const char* path : {"/w/a", "/w/b", "/w/q"}) {
    world.set(path, {{"exists", true}, {"content", {"one", "two", ""}}, {"mode", "0644"}});
  }
}

void History::wait(Nanos span) {
  world.time += span;
  world.now.boot += span;
  world.now.wall += span;
}

void History::commit(Batch batch) {
  if (signs) batch.checkpoint = Checkpoint{tree_.size(), sign(tree_.size(), tree_.root())};
  if (spoil) std::exchange(spoil, nullptr)(batch);
  (void)store.commit(batch);
  checker.after_step();
}

void History::record(const std::string& kind, Json fields) {
  fields.update({{"v", 1},
                 {"seq", projection_.entries()},
                 {"at", rfc3339(world.now.wall)},
                 {"up", world.now.boot / 1us},
                 {"kind", kind}});
  Batch batch;
  batch.entries.push_back({projection_.entries(), 0, canonical_json(fields).value()});
  if (auto ok = projection_.apply(fields); !ok) throw std::runtime_error(kind + ": " + ok.error().message);
  batch.leaves.push_back(audit::leaf_hash(batch.entries.back().bytes));
  tree_.append(batch.leaves.back());
  batch.tree = {tree_.size(), tree_.edge()};
  batch.rows = projection_.take_rows();
  batch.context = projection_.context();
  batch.blobs = std::exchange(blobs_, {});
  commit(std::move(batch));
}

std::uint64_t History::open_run(const std::string& subject, const Json& more) {
  const std::string named = subject.starts_with('/') ? "file:" + subject : subject;
  if (!findings_.contains(subject)) {
    const std::string id = Finding::make_id("c", named, ++episodes_[subject]);
    Json found{{"finding", id},       {"control", "c"},         {"control_hash", "h"},
               {"subject", named},    {"severity", "medium"},   {"episode", episodes_[subject]},
               {"recurrence_of", ""}, {"differs", {"content"}}, {"source", "watch"},
               {"offset", 1}};
    if (marks) {
      read(subject);
      found["about"] = mark(subject);
    }
    found.update(std::exchange(more_of_finding, Json::object()));
    record("finding.opened", std::move(found));
    findings_[subject] = id;
  }
  Json created{{"run", ++runs_},      {"finding", findings_[subject]}, {"control", "c"},
               {"control_hash", "h"}, {"workflow", workflow},          {"version", version},
               {"subject", named},    {"severity", "medium"},          {"mode", "auto"}};
  created.update(more);
  record("run.created", std::move(created));
  move(runs_, "planning", "start");
  paths_.clear();
  return runs_;
}

void History::resolve(const std::string& subject) {
  record("finding.resolved",
         {{"finding", findings_.at(subject)}, {"source", "watch"}, {"offset", 2}, {"by", "it is as desired"}});
  findings_.erase(subject);
}

std::string History::mark(const std::string& path) const {
  const Digest whole = hmac_sha256(world.key, "file:" + path + '\0' + canonical_json(world.state(path)).value());
  return hex(std::span(whole).first(16));
}

void History::move(std::uint64_t run, const std::string& state, const std::string& input, Json more) {
  more.update({{"run", run}, {"input", input}});
  if (!more.contains("reason")) more["reason"] = "";
  record("run." + state, std::move(more));
}

void History::hold(std::uint64_t run, const std::string& state, const std::string& input, const std::string& guard) {
  move(run, state, input,
       {{"review", ++reviews_}, {"guard", guard}, {"plan_hash", "h"}, {"expires_at", rfc3339(world.now.wall + 1h)}});
}

Json History::plan(const std::string& path, const Json& after) {
  const auto state = [&](const Json& fields) {
    return State{fields, World::secret(fields) || world.secret_paths.contains(path)};
  };
  const State old = state(world.state(path));
  const State wanted = state(after);
  const Blob before = seal(old, world.chance.digest()).value();
  const Blob sought = seal(wanted, world.chance.digest()).value();
  RunStep step;
  step.resource = {"file", path};
  step.before = before.commitment;
  step.after = sought.commitment;
  step.names = {"content", "mode"};
  step.difference = difference(old, wanted);
  blobs_.push_back(before);
  blobs_.push_back(sought);
  plans_[path] = {path, old.fields, wanted.fields, before.commitment.id, sought.commitment.id};
  return run_step_to_json(step).value();
}

Json History::plan_program(const std::vector<std::string>& arguments) {
  const Blob nothing = seal(State{}, world.chance.digest()).value();
  const Blob asked = seal(State{{{"arguments", arguments}}, false}, world.chance.digest()).value();
  RunStep step;
  step.resource = {"exec", arguments.front()};
  step.before = nothing.commitment;
  step.after = asked.commitment;
  step.changes = true;
  blobs_.push_back(nothing);
  blobs_.push_back(asked);
  return run_step_to_json(step).value();
}

void History::intend(std::uint64_t run, std::uint64_t step, bool undo) {
  const Planned& plan = plans_.at(paths_.at(step));
  next_ = {0, plan.path, fmt::format("r{}-{}{}", run, step, undo ? "-undo" : ""), undo ? plan.after : plan.before,
           undo ? plan.before : plan.after};
  record("step.intended", {{"run", run},
                           {"step", step},
                           {"state", undo ? "undo_intended" : "intended"},
                           {"resource", "file:" + plan.path},
                           {"before", undo ? plan.after_id : plan.before_id},
                           {"after", undo ? plan.before_id : plan.after_id},
                           {"key", next_.key}});
}

void History::effect(bool late) {
  next_.asked = world.order;
  next_.order = ++world.order;
  next_.late = late;
  checker.before_effect(next_);
  world.set(next_.resource, next_.after);
}

Effect History::asked() const {
  Effect effect = next_;
  effect.asked = world.order;
  return effect;
}

void History::read(const std::string& path) {
  world.readings[path].push_back({++world.order, world.now.boot, world.now.boot_id, world.state(path)});
}

void History::carry_out(std::uint64_t run, std::uint64_t step) {
  intend(run, step);
  effect();
  read(next_.resource);
  done(run, step, "applied");
  done(run, step, "verified");
}

std::uint64_t History::admitted_run() {
  const std::uint64_t run = open_run();
  const Json wanted{{"exists", true}, {"content", {"one", "other", ""}}, {"mode", "0644"}};
  planned(run, 0, plan("/w/a", wanted));
  planned(run, 1, plan("/w/q", wanted));
  admit(run);
  return run;
}

}  // namespace aright::sim
