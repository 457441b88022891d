// One simulated world: the real core, shell and `perform` over simulated ports, driven from one queue of events.
#pragma once

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checker.h"
#include "engine/perform.h"
#include "engine/shell.h"
#include "log.h"
#include "programs.h"
#include "receiver.h"
#include "sim_store.h"
#include "world.h"

namespace aright::sim {

/// What a world is made for. Calm ones are drawn like random ones, but all goes well there: nothing fails, dies, steps
/// or is configured anew, and nobody meddles with what a run is at work on.
enum class Shape : std::uint8_t {
  success,
  held,
  rollback,
  unknown,
  program,
  call,
  wait,
  each,
  branch,
  ends,  ///< with a step that is done whatever comes of the others
  asks,  ///< who is told is told, and a person is asked on the way
  log,
  undo,
  random,
  calm
};
inline constexpr std::uint64_t shapes = 15;
[[nodiscard]] const char* name(Shape shape);

struct Report {
  std::string violation;  ///< empty: none
  std::string digest;     ///< of the whole trace
  std::uint64_t writes{0};
  std::uint64_t entries{0};
  Nanos lived{};                               ///< of the world's own time, whatever its clocks show
  std::map<std::string, std::uint64_t> ended;  ///< runs by final state
  std::map<std::string, std::uint64_t> drawn;  ///< what must not be missing where there are many worlds
  bool crashed{false};
};

class Sim {
 public:
  Sim(std::uint64_t seed, Shape shape, std::optional<std::uint64_t> crash_at);
  /// Prints every entry and effect as it comes.
  void tell() { telling_ = true; }
  /// Runs the world to its end. A violation ends it early and is in the report.
  Report run();
  /// What is durable of it, and the configuration that was in force last.
  [[nodiscard]] const SimStore& store() const { return store_; }
  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const std::shared_ptr<const detect::sigma::RuleSet>& rules() const { return rules_; }
  /// Of the folder that a control watches.
  [[nodiscard]] std::vector<std::string> members() const;

 private:
  using Event = std::function<void()>;
  void configure(Shape shape);
  void configure_steps(Shape shape);
  void configure_circles();
  void puppet();
  [[nodiscard]] Control other_control() const;
  void boot();
  void crash();
  void at(Nanos wait, Event event) { queue_.emplace(std::pair(time_ + wait, ++sequence_), std::move(event)); }
  void in_process(Nanos wait, Event event);
  void dispatch(engine::Work work);
  void changed(const std::string& path);
  void log_line(const std::string& address, const std::string& agent = {}, std::uint64_t run = 0);
  void read_log();
  /// Of those who write the log: it never steps.
  [[nodiscard]] WallTime log_clock() const { return WallTime{std::chrono::hours{500'000}} + time_; }
  void go(Nanos until);
  [[nodiscard]] std::optional<Nanos> next_event() const;
  void wait_within(Nanos span, bool engine_waits);
  void settle_steps();
  void steps();
  void advance_to(Nanos time);
  void script(Shape shape);
  void step_the_wall_clock();
  void ask(engine::Command command);
  void hear_answers();
  [[nodiscard]] std::string closed(const std::string& workflow, const std::string& driver);
  void answer_a_review(bool approve);
  engine::Identity somebody();
  void check_stop();
  void plan_random();
  void one_random();
  void plan_calm();
  void one_calm();
  void meddle(const std::string& path);
  [[nodiscard]] bool at_work_on(const std::string& path) const;
  void operator_acts();
  void change_a_run();
  void undo_a_run(std::uint64_t id);
  void forget();
  void reload();
  void change_who_is_asked();
  void waive_or_not();
  void stop_softly();
  void pause_by_file();
  void pause_a_while();
  void resume_one();
  [[nodiscard]] engine::PauseScope some_scope();
  void close_the_gate();
  void faults_end();
  void trace();

  World world_;
  SimReserve reserve_;
  SimStore store_;
  SimDriver driver_;
  SimPrograms programs_;
  SimCalls calls_{programs_};
  SimSnapshots snapshots_;
  SimReceiver receiver_{world_};
  Config config_;
  Shape shape_;
  std::shared_ptr<const detect::sigma::RuleSet> rules_;  ///< none: the world has no log
  std::vector<LogLine> log_;
  std::unique_ptr<LogReader> reader_;
  bool reading_{false};  ///< a look at the log is on its way
  std::unique_ptr<engine::Gate> gate_;
  engine::Hands hands_;
  std::unique_ptr<engine::Shell> shell_;
  std::unique_ptr<Checker> checker_;
  std::optional<Workflow> gone_;  ///< its file is away for a while
  std::map<std::pair<Nanos, std::uint64_t>, Event> queue_;
  std::uint64_t sequence_{0};
  Nanos time_{0};       ///< since the world began; never steps
  Nanos booted_at_{0};  ///< the boot-time clock's zero
  Nanos wall_step_{0};
  std::optional<Nanos> stop_at_;  ///< draining: the end of patience
  std::size_t stop_mark_{0};      ///< entries when the stop was asked for
  std::uint64_t life_{0};         ///< of the process: events of an earlier one are void
  std::uint64_t boots_{1};
  std::uint64_t offset_{0};
  bool telling_{false};
  bool crashed_{false};
  std::uint64_t waiting_{0};  ///< hands that hang, and commits that take long: each waits within the one before
  bool engine_waits_{false};  ///< for its disk
  bool has_puppet_{false};
  bool pause_file_{false};
  struct AskedPause {
    engine::PauseScope scope;
    std::uint64_t number{0};           ///< 0: not told yet
    std::future<Result<Json>> answer;  ///< invalid: has been heard
  };
  std::vector<AskedPause> pauses_;  ///< by somebody who asked, or durably; until somebody has been told of their end
  std::vector<std::future<Result<Json>>> resumes_;
  std::string digest_;
  std::size_t traced_{0};
  std::size_t traced_effects_{0};
};

}  // namespace aright::sim
