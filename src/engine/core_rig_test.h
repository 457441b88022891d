// For tests of the core: a core, a small world behind a driver, and a hand that carries out work when told to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/core.h"
#include "engine/perform.h"

namespace aright::engine::test {

class MemorySnapshots final : public Snapshots {
 public:
  std::vector<Stored> row;
  std::optional<Error> refuses;

  Result<std::vector<Stored>> load() override { return row; }
  Result<Done> put(const Stored& snapshot) override {
    if (refuses) return std::unexpected(*refuses);
    if (snapshot.whole) row.clear();
    row.push_back(snapshot);
    return Done{};
  }
};

inline Json file(const std::string& content) { return {{"exists", true}, {"content", content}, {"mode", "0644"}}; }

class WorldDriver final : public Driver {
 public:
  std::map<std::string, Json> states;
  std::map<std::string, Error> unreadable;
  /// Asked first; nullopt: compare and set as a driver should.
  std::function<std::optional<Result<ApplyOutcome>>(const ApplyRequest&)> on_apply;
  std::function<void()> on_read;
  std::vector<std::string> members;  ///< of every folder
  std::function<void(Plan&)> on_plan;
  std::vector<std::string> applied;  ///< keys of effects that happened

  Json state(const std::string& id) const {
    const auto found = states.find(id);
    return found == states.end() ? Json{{"exists", false}} : found->second;
  }
  Result<State> read(const ResourceId& resource) override {
    if (on_read) on_read();
    if (const auto error = unreadable.find(resource.id); error != unreadable.end()) {
      return std::unexpected(error->second);
    }
    return State{state(resource.id), false};
  }
  Result<std::vector<std::string>> list(const Select& select) override {
    std::vector<std::string> ids = select.ids;
    if (!select.within.empty()) ids.insert(ids.end(), members.begin(), members.end());
    return ids;
  }
  Result<Plan> plan(const ResourceId& resource, const Desired& desired) override {
    auto before = read(resource);
    if (!before) return std::unexpected(before.error());
    Plan plan{.before = *before, .after = *before, .names = {}, .strength = Strength::detected};
    for (const auto& [key, value] : desired.fields.items()) plan.names.push_back(key);
    plan.after.fields.update(desired.fields);
    if (!plan.after.fields.value("exists", true)) plan.after.fields = {{"exists", false}};
    if (on_plan) on_plan(plan);
    return plan;
  }
  Result<ApplyOutcome> set(const ApplyRequest& request) {
    const Json now = state(request.resource.id);
    if (now == request.plan.after.fields) return ApplyOutcome::already;
    if (now != request.plan.before.fields) return fail(Errc::conflict, "somebody was here");
    states[request.resource.id] = request.plan.after.fields;
    applied.push_back(request.key);
    return ApplyOutcome::applied;
  }
  Result<ApplyOutcome> apply(const ApplyRequest& request) override {
    if (on_apply) {
      if (auto answer = on_apply(request)) return *answer;
    }
    return set(request);
  }
};

inline Control control(const std::string& name, const std::string& path, Json desired) {
  Control c;
  c.name = name;
  c.driver = "file";
  c.select.ids = {path};
  c.desired.fields = std::move(desired);
  return c;
}

inline Workflow workflow(const std::string& name, std::vector<std::string> controls,
                         std::vector<Step> steps = {Step{}}) {
  Workflow w;
  w.name = name;
  w.owner = "ops";
  for (std::string& c : controls) w.answers.push_back({std::move(c), "", std::nullopt});
  w.mode = Mode::auto_;
  w.steps = std::move(steps);
  return w;
}

inline Step own(const std::string& path, const std::string& content) {
  return {Step::Ensure{.own = Step::Target{{"file", path}, {{{"exists", true}, {"content", content}}, false}}}};
}

class Rig {
 public:
  explicit Rig(Config config) : config_(std::move(config)) {
    remembered.key = "key";
    driver.states = {{"/a", file("good")}, {"/b", file("good")}, {"/q", file("old")}};
  }

  void start(Projection projection = {}) {
    core = std::make_unique<Core>(config_, std::move(projection), rules);
    hands_ = {{{"file", &driver}},
              &gate,
              [] { return Digest{}; },
              "key",
              programs,
              &snapshots,
              nullptr,
              calls,
              nullptr,
              notify};
    take(core->start(now, remembered));
  }
  /// For the next start.
  void configure(Config config) { config_ = std::move(config); }
  /// What of events is stored.
  void remember(const Projection& projection) {
    remembered.intakes.clear();
    remembered.evidence.clear();
    remembered.snapshots.clear();
    for (const auto& [source, doc] : intakes) remembered.intakes.push_back(*Intake::from_json(Json::parse(doc)));
    const auto evidence = [&](const Finding& finding) {
      if (!finding.evidence || !blobs.contains(finding.evidence->id)) return;
      remembered.evidence[finding.evidence->id] = *Event::from_json(Json::parse(blobs.at(finding.evidence->id).bytes));
    };
    for (const auto& [id, finding] : projection.findings()) evidence(finding);
    for (const auto& [id, run] : projection.runs()) {
      if (run.finding_was) evidence(*run.finding_was);
    }
    for (const Snapshots::Stored& one : snapshots.row) {
      remembered.snapshots.push_back(*WindowSnapshot::from_text(one.text));
    }
  }
  /// What the shell reads before a start: the plans of runs, and of each errand that ran this as what it wrote.
  void remember_plans(const std::optional<std::string>& written = std::nullopt) {
    for (const auto& [id, run] : core->projection().runs()) {
      std::vector<Plan> plans;
      for (std::size_t i = 0; i < run.steps.size(); ++i) {
        const RunStep& step = run.steps[i];
        Plan plan;
        plan.names = step.names;
        if (step.changes && blobs.contains(step.before.id)) {
          plan.before.fields = parse_json(blobs.at(step.before.id).bytes).value();
          plan.after.fields = parse_json(blobs.at(step.after.id).bytes).value();
        }
        plans.push_back(std::move(plan));
        if (step.ran && written) remembered.outputs[id][i] = *written;
      }
      remembered.plans[id] = std::move(plans);
    }
  }
  /// As after a restart: from the rows, nothing else.
  void restart() {
    std::vector<Row> open;
    for (const auto& [key, row] : rows_) {
      if (row.open) open.push_back(row);
    }
    work.clear();
    auto loaded = Projection::load(entries.size(), context_, open);
    if (!loaded) std::abort();
    remember(*loaded);
    start(std::move(*loaded));
  }
  /// As an older version stored it: nothing says what state it is about.
  void forget_states() { forget("about"); }
  /// As an older version stored it, which knew nothing of this field.
  void forget(const std::string& field) {
    const std::function<void(Json&)> strip = [&](Json& doc) {
      if (!doc.is_structured()) return;
      if (doc.is_object()) doc.erase(field);
      for (Json& item : doc) strip(item);
    };
    for (auto& [key, row] : rows_) {
      Json doc = row.doc.empty() ? Json() : Json::parse(row.doc);
      strip(doc);
      if (!doc.is_null()) row.doc = doc.dump();
    }
  }
  void feed(Input input) {
    std::vector<Input> inputs;
    inputs.push_back(std::move(input));
    take(core->handle(std::move(inputs), now));
  }
  void hint(const std::string& path) {
    Hint h;
    h.source = "watch";
    h.offset = ++offset_;
    h.path = path;
    feed(std::move(h));
  }
  void changes(const std::string& path, const std::string& content) {
    driver.states[path] = file(content);
    hint(path);
  }
  /// Carries out the next piece of work.
  void one() {
    const Work next = std::move(work.front());
    work.pop_front();
    feed(perform(hands_, next));
  }
  /// Carries out the next piece of work, and its answer is lost.
  void done_unseen() {
    const Work next = std::move(work.front());
    work.pop_front();
    (void)perform(hands_, next);
  }
  void newest() {
    const Work next = std::move(work.back());
    work.pop_back();
    feed(perform(hands_, next));
  }
  /// Carries out all work but, if asked, leaves effects waiting.
  void settle(bool effects = true) {
    std::deque<Work> kept;
    while (!work.empty()) {
      Work next = std::move(work.front());
      work.pop_front();
      if (!effects && (std::holds_alternative<DoApply>(next) || std::holds_alternative<DoErrand>(next))) {
        kept.push_back(std::move(next));
      } else {
        feed(perform(hands_, next));
      }
    }
    work = std::move(kept);
  }
  void pass(Nanos span, bool effects = true) {
    const Nanos end = now.boot + span;
    while (now.boot < end) {
      const Nanos by = std::min<Nanos>(std::max<Nanos>(std::chrono::milliseconds{250}, span / 500), end - now.boot);
      now.boot += by;
      now.wall += by;
      take(core->handle({}, now));
      settle(effects);
    }
  }
  Result<Json> ask(Command command, const std::string& user = "alice") {
    return ask(std::move(command), Identity{1000, user, {}});
  }
  Result<Json> ask(Command command, Identity who) {
    const std::size_t known = answers.size();
    feed(Asked{1, std::move(command), std::move(who)});
    while (answers.size() == known && !work.empty()) one();  // what the answer waits for is read or planned
    return answers.back();
  }
  [[nodiscard]] std::size_t count(const std::string& kind) const {
    std::size_t n = 0;
    for (const Json& e : entries) n += e.at("kind") == kind ? 1U : 0U;
    return n;
  }
  [[nodiscard]] Json last(const std::string& kind) const {
    Json found;
    for (const Json& e : entries) {
      if (e.at("kind") == kind) found = e;
    }
    return found;
  }
  /// As it would be stored; null: there is none.
  [[nodiscard]] Json stored(const std::string& table, const std::string& id) const {
    const auto found = rows_.find(table + " " + id);
    return found == rows_.end() ? Json() : Json::parse(found->second.doc);
  }
  [[nodiscard]] std::uint64_t review() const { return core->projection().reviews().begin()->first; }

  WorldDriver driver;
  ProgramRunner* programs{nullptr};
  CallRunner* calls{nullptr};
  NotifyHand* notify{nullptr};
  MemorySnapshots snapshots;
  std::shared_ptr<const detect::sigma::RuleSet> rules;
  std::map<std::string, std::string> intakes;  ///< as stored, by source
  Remembered remembered;                       ///< what a start finds stored
  Gate gate;
  Now now{WallTime{std::chrono::hours{500'000}}, std::chrono::hours{1}, "boot"};
  std::unique_ptr<Core> core;
  std::deque<Work> work;
  std::vector<Json> entries;
  std::vector<std::string> bytes;
  std::vector<Result<Json>> answers;
  std::vector<std::string> told;
  std::map<std::string, Blob> blobs;  ///< by commitment
  std::optional<Nanos> wake;          ///< as the last round asked for

 private:
  void take(Output out) {
    for (const auto& [said, times] : core->figures().verdicts) {
      EXPECT_TRUE(std::ranges::any_of(verdicts_there_are, [&](const auto& v) {
        return said == std::string(v.first) + " " + std::string(v.second);
      })) << said;
    }
    for (Entry& e : out.entries) {
      entries.push_back(Json::parse(e.bytes));
      bytes.push_back(std::move(e.bytes));
    }
    for (Blob& blob : out.blobs) blobs[blob.commitment.id] = blob;
    for (Row& row : out.rows) rows_[row.table + " " + row.id] = row;
    if (!out.context.empty()) context_ = out.context;
    for (IntakeRow& row : out.intakes) intakes[row.source] = std::move(row.doc);
    wake = out.wake;
    for (Work& w : out.work) work.push_back(std::move(w));
    for (Notice& n : out.notices) told.push_back(std::move(n.text));
    for (Answered& a : out.answers) answers.push_back(std::move(a.answer));
  }

  Config config_;
  Hands hands_;
  std::map<std::string, Row> rows_;
  std::string context_;
  std::uint64_t offset_{0};
};

inline Config one_file() {
  return {{control("a", "/a", {{"exists", true}, {"content", "good"}})}, {workflow("fix", {"a"})}, {}};
}
/// Two steps: the finding's file, then /q.
inline Config two_steps() {
  return {{control("a", "/a", {{"exists", true}, {"content", "good"}})},
          {workflow("fix", {"a"}, {Step{}, own("/q", "new")})},
          {}};
}

}  // namespace aright::engine::test
