// What the checker asks of states: those a plan names, the difference between them, and those that were read.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checker.h"

namespace aright::sim {

namespace {

constexpr std::size_t small = 2048;  ///< bytes of both states; their difference has its place in an entry …
constexpr std::uint64_t few = 16;    ///< … and so have this many operations
constexpr auto fresh =
    std::chrono::seconds{3};  ///< the way of an answer into the log, and a disk that is busy meanwhile

/// `made` is `wanted`; with `secrets`, what is null stands for anything.
bool same(const Json& made, const Json& wanted, bool secrets) {
  if (secrets && made.is_null()) return true;
  if (!secrets || made.type() != wanted.type() || !made.is_structured()) return made == wanted;
  if (made.size() != wanted.size()) return false;
  return std::ranges::all_of(made.items(), [&](const auto& item) {
    const Json::json_pointer place("/" + item.key());
    return wanted.contains(place) && same(item.value(), wanted.at(place), item.key() == "content" || made.is_array());
  });
}

}  // namespace

const Blob& Checker::content(const Json& commitment) const {
  const auto found = store_.blobs.find(commitment.at("id").get<std::string>());
  if (found == store_.blobs.end()) violation("a commitment has no content");
  const Blob& blob = found->second;
  if (hex(as_bytes(blob.salt).first(6)) + "-" + hex(hmac_sha256(blob.salt, blob.bytes)) != found->first)
    violation("a commitment is not that of its content");
  return blob;
}

void Checker::planned(RunSeen& run, const Json& e) {
  const Json& plan = e.at("plan");
  const std::string resource = plan.at("resource").get<std::string>();
  StepSeen step;
  step.path = resource.substr(resource.find(':') + 1);
  step.state = plan.at("state").get<std::string>();
  step.changes = plan.at("changes").get<bool>();
  step.driver = resource.substr(0, resource.find(':'));
  step.program = resource.starts_with("exec:") || resource.starts_with("call:");
  for (const Json& name : plan.at("names")) step.names.push_back(name.get<std::string>());
  if (step.state == "open" || step.state == "skipped") {
    step.changes = false;
  } else if (step.program) {
    step.request = content(plan.at("after")).bytes;
    const Json request = parse_json(step.request).value();
    step.arguments = request.contains("url") ? std::vector<std::string>{request.at("method").get<std::string>(),
                                                                        request.at("url").get<std::string>()}
                                             : request.at("arguments").get<std::vector<std::string>>();
    step.confirms = request.contains("confirm");
  } else if (step.changes) {
    step.before = content(plan.at("before")).bytes;
    step.after = content(plan.at("after")).bytes;
    const auto held = world_.held.find(step.path);
    const bool was = (held != world_.held.end() && held->second.contains(step.before)) ||
                     canonical_json(world_.state(step.path)) == step.before;
    if (!was) violation("`before` of " + step.path + " is a state it never had");
    difference(step, e);
  }
  const auto index = e.at("step").get<std::size_t>();
  if (index > run.steps.size()) violation("plans a step before another");
  if (index == run.steps.size()) run.steps.emplace_back();
  run.steps[index] = std::move(step);
}

/// Invariant 4: RFC 6902, carried out by the library. What is secret is null in it and stays so.
void Checker::difference(const StepSeen& step, const Json& e) const {
  const Json& plan = e.at("plan");
  const Json before = parse_json(step.before).value();
  const Json after = parse_json(step.after).value();
  const bool called_secret = world_.secret_paths.contains(step.path);
  const bool undoes =
      runs_.at(number(e, "run")).undoes != 0;  // what was secret then stays so, whatever its mode is now
  for (const bool old : {true, false}) {
    const bool secret = called_secret || World::secret(old ? before : after);
    const bool marked = content(plan.at(old ? "before" : "after")).sensitive;
    if (marked != secret && !(marked && undoes)) {
      violation("the content of " + step.path + " is not marked as what it is");
    }
  }
  const bool over_marked = undoes && (content(plan.at("before")).sensitive || content(plan.at("after")).sensitive);
  const bool secret = called_secret || World::secret(before) || World::secret(after) || over_marked;
  if (secret) masked(step, e);
  const Json& patch = plan.at("difference");
  if (const auto omitted = plan.at("difference_omitted").get<std::uint64_t>(); omitted != 0) {
    const bool fits = omitted < few && step.before.size() + step.after.size() < small;
    if (fits || !patch.empty()) violation("leaves out a difference of " + step.path + " that an entry can hold");
    return;
  }
  Json made;
  try {
    made = before.patch(patch);
  } catch (const Json::exception& wrong) {
    violation("the difference of " + step.path + " cannot be carried out: " + wrong.what());
  }
  if (!same(made, after, secret)) violation("the difference of " + step.path + " does not lead to its `after`");
}

void Checker::masked(const StepSeen& step, const Json& e) const {
  for (const Json& change : e.at("plan").at("difference")) {
    const bool about_it = change.at("path").get<std::string>().starts_with("/content");
    if (about_it && change.contains("value") && !change.at("value").is_null()) {
      violation("tells what " + step.path + " holds, which is secret");
    }
  }
  const std::string whole = e.dump();
  for (const std::string& state : {step.before, step.after}) {
    for (const Json& line : parse_json(state)->value("content", Json::array())) {
      if (line != "" && whole.contains(line.get<std::string>())) violation("tells a line of " + step.path);
    }
  }
}

void Checker::step_done(StepSeen& step, const Json& e) {
  const std::string before = std::exchange(step.state, e.at("state").get<std::string>());
  step.unanswered = false;
  if (e.contains("ran") && e.at("ran").contains("exit")) step.exit = e.at("ran").at("exit").get<int>();
  if (step.program && !found_by_a_person(e)) return program_done(step);
  if (step.program) return;
  const bool taken_back = before == "undo_intended";  // the undo did not begin
  if (step.state == "failed" || step.state == "undo_failed") called_failed(step);
  if (step.state == "verified" && !taken_back) seen_as(step, e, parse_json(step.after).value(), step.names);
  if (step.state != "undone") return;
  const Json wanted = parse_json(step.before).value();
  std::vector<std::string> all;
  for (const auto& [name, value] : wanted.items()) all.push_back(name);
  seen_as(step, e, wanted, all);
}

/// That it did not happen, or did not last, is what somebody has read after it: never what nobody could read. And what
/// may still happen is not called failed.
void Checker::called_failed(const StepSeen& step) {
  const auto done = effect_of_key_.find(step.key);
  const bool happened = done != effect_of_key_.end() && done->second > step.intended_order;
  const auto readings = world_.readings.find(step.path);
  const bool looked = readings != world_.readings.end() && std::ranges::any_of(readings->second, [&](const Reading& r) {
                        return !happened || r.order > done->second;
                      });
  if (happened && !looked) violation(step.key + ": is called failed, and nobody has looked whether it happened");
  if (!happened && step.intended_life == life_) failed_[step.key] = step.intended_order;
}

/// Invariant 5: it was read so, after the effect and shortly before now. Of several steps each was.
void Checker::seen_as(const StepSeen& step, const Json& e, const Json& wanted,
                      const std::vector<std::string>& names) const {
  const Nanos up = std::chrono::microseconds{e.at("up").get<std::uint64_t>()};
  const Nanos zero = store_.boot_zero.at(seen_);
  const auto done = prompt_effect_.find(step.key);
  const std::uint64_t since = std::max(step.intended_order, done == prompt_effect_.end() ? 0 : done->second);
  const auto readings = world_.readings.find(step.path);
  const bool read =
      readings != world_.readings.end() && std::ranges::any_of(readings->second, [&](const Reading& r) {
        if (r.order <= since || r.boot_id != boot_id_) return false;
        if (up - r.boot - store_.slow_within(zero + r.boot, zero + up) > fresh) return false;
        return std::ranges::all_of(names, [&](const std::string& name) {
          return !wanted.contains(name) || (r.fields.contains(name) && r.fields.at(name) == wanted.at(name));
        });
      });
  if (!read) violation(fmt::format("{} is {}, but no fresh reading says so", step.path, step.state));
}

/// Every step that changes something was verified, or it is said that it was not.
void Checker::succeeded(const RunSeen& run, const Json& e) const {
  std::uint64_t unverified = 0;
  for (const StepSeen& step : run.steps) {
    if (!step.changes || step.state == "skipped") continue;
    const auto index = static_cast<std::size_t>(&step - run.steps.data());
    if (step.state == "failed" && workflow(run.workflow).steps.at(index).at_end) continue;  // told, no more
    if (step.program && step.state == "applied" && !step.confirms) {
      ++unverified;
      continue;
    }
    if (step.state != "verified") violation("succeeded with a step in state " + step.state);
  }
  if (e.value("unverified", std::uint64_t{0}) != unverified) violation("does not say what is unverified");
}

}  // namespace aright::sim
