// A history told by hand to a checker, one step after another, so that a test can tell it with a mistake.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "audit/merkle.h"
#include "checker.h"
#include "sim_store.h"
#include "world.h"

namespace aright::sim {

/// What is told is refused by the checker, and for `why`.
[[nodiscard]] testing::AssertionResult refused(const std::function<void()>& tell, const std::string& why);

/// Everything is right unless told otherwise: entries follow, rows are what they imply, every commit is signed.
class History {
 public:
  /// One control and one workflow `fix` with two steps, on /w/a and /w/q.
  History();
  void start() { record("node.started", {{"boot_id", world.now.boot_id}, {"version", "1"}}); }
  void wait(Nanos span);
  /// One entry, one commit, one look of the checker.
  void record(const std::string& kind, Json fields);
  /// A finding on `subject` and a run for it, up to `planning`; `more`: what its creation says beside.
  std::uint64_t open_run(const std::string& subject = "/w/a", const Json& more = Json::object());
  /// Its finding is over: the next run on it is of another episode.
  void resolve(const std::string& subject);
  /// Of the state it has, as findings and runs name it.
  [[nodiscard]] std::string mark(const std::string& path) const;
  void move(std::uint64_t run, const std::string& state, const std::string& input, Json more = Json::object());
  /// By the guards, with a plan.
  void admit(std::uint64_t run) { move(run, "running", "admit", {{"plan_hash", "h"}, {"decided_by", "guards"}}); }
  /// A review of its own.
  void hold(std::uint64_t run, const std::string& state, const std::string& input, const std::string& guard);
  /// As the engine would plan it, from the state the world has.
  [[nodiscard]] Json plan(const std::string& path, const Json& after);
  [[nodiscard]] Json plan_program(const std::vector<std::string>& arguments);
  void planned(std::uint64_t run, std::uint64_t step, const Json& plan) {
    paths_[step] = subject_parts(plan.at("resource").get<std::string>()).id;
    record("step.planned", {{"run", run}, {"step", step}, {"plan", plan}});
  }
  void intend(std::uint64_t run, std::uint64_t step, bool undo = false);
  /// The effect that was intended last.
  void effect(bool late = false);
  /// The same, asked for now and not done yet.
  [[nodiscard]] Effect asked() const;
  void read(const std::string& path);
  void done(std::uint64_t run, std::uint64_t step, const std::string& state) {
    record("step.done", {{"run", run}, {"step", step}, {"state", state}, {"outcome", "applied"}});
  }
  /// Intended, done, read and verified.
  void carry_out(std::uint64_t run, std::uint64_t step);
  /// A run of two steps, planned and admitted.
  std::uint64_t admitted_run();

  Config config;
  World world{1};
  SimReserve reserve;
  SimStore store{world, reserve};
  Checker checker{world, store, config};
  bool signs{true};
  std::string version{"v"};               ///< of the workflow
  std::string workflow{"fix"};            ///< of the next run
  bool marks{false};                      ///< findings say in what state they found a path
  Json more_of_finding = Json::object();  ///< of the next that opens
  /// Of the next commit, before it is stored.
  std::function<void(Batch&)> spoil;
  std::function<std::string(std::uint64_t size, const Digest& root)> sign;

 private:
  void commit(Batch batch);
  engine::Projection projection_;
  audit::Frontier tree_;
  std::vector<Blob> blobs_;
  struct Planned {
    std::string path;
    Json before;
    Json after;
    std::string before_id;
    std::string after_id;
  };
  std::map<std::string, Planned> plans_;        ///< by path, the last
  std::map<std::uint64_t, std::string> paths_;  ///< of the last run, by step
  Effect next_;
  std::uint64_t reviews_{0};
  std::uint64_t runs_{0};
  std::map<std::string, std::string> findings_;  ///< by subject
  std::map<std::string, std::uint64_t> episodes_;
};

}  // namespace aright::sim
