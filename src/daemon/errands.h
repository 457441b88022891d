// The runners of programs and calls as the daemon holds them: made at start, told to end what runs when the stop takes
// too long.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "cli/config_folder.h"
#include "daemon/tellers.h"
#include "driver/call/call_runner.h"
#include "driver/exec/exec_runner.h"
#include "driver/notify/notifiers.h"
#include "driver/secret_keeper.h"
#include "engine/turns.h"

namespace aright::daemon {

class Errands {
 public:
  /// `node` tells our keys from those of other nodes, `marks` is the file by which programs that outlive us are found.
  /// Errors as ExecRunner::create and CallRunner::create.
  static Result<std::unique_ptr<Errands>> create(const std::string& node, const std::string& marks,
                                                 const cli::LoadedConfig& loaded);

  [[nodiscard]] ProgramRunner& programs() { return *programs_; }
  [[nodiscard]] aright::CallRunner& calls() { return *calls_; }
  /// Who hears what came of each notification. Before the first `tells`.
  void tell_by(Tellers::Tell tell) { tellers_ = std::make_unique<Tellers>(*notifiers_, std::move(tell)); }
  /// False: it is not about telling somebody, and others do it. Never blocks.
  bool tells(const engine::Work& work);
  /// Where calls may go, where secrets lie, and who may be told.
  struct Places {
    http::Destinations destinations;
    SecretSources secrets;
    std::vector<NotifierDefinition> notifiers;
  };
  /// Another configuration is about to be taken: what it has works from now on, beside what there is.
  void expect(const Places& next);
  /// It has been taken.
  void change(Places places);
  /// It has not: it is as before.
  void stay() { use(in_force_); }
  /// The engine is over: nothing that still runs is waited for.
  void end_now();
  /// The stop has been asked for: what still runs after a while is ended, early enough for its end to be recorded.
  void end_soon();

 private:
  explicit Errands(Places places) : in_force_(std::move(places)), secrets_(in_force_.secrets) {}
  void use(Places places);

  Places in_force_;
  driver::SecretKeeper secrets_;
  std::unique_ptr<driver::ExecRunner> programs_;
  std::unique_ptr<driver::CallRunner> calls_;
  std::unique_ptr<driver::Notifiers> notifiers_;
  std::unique_ptr<Tellers> tellers_;
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread ender_;  ///< ends before what it uses
};

}  // namespace aright::daemon
