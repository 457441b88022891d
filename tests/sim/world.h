// The simulated world: resources, everything ever done to them or read of them, clocks, and the driver that is the
// engine's only hand. What happened is written down here, beside the engine and its log, so that both can be compared.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "chance.h"
#include "model/port/driver.h"
#include "model/program.h"

namespace aright::sim {

/// Ends the simulated process.
struct Crash {};

struct Effect {
  std::uint64_t order{0};  ///< counts effects and reads together
  std::string resource;
  std::string key;
  Json before;
  Json after;
  bool late{false};        ///< came true after the driver had given up waiting
  std::uint64_t asked{0};  ///< order when the driver was asked for it
};
struct Reading {
  std::uint64_t order{0};
  Nanos boot{};
  std::string boot_id;
  Json fields;
};

/// What a program that looks has told of the one with `key`.
struct Look {
  std::uint64_t order{0};
  std::string key;
  bool there{false};
};

/// A program that was started and has not ended. It outlives the process, not the machine.
struct AtWork {
  std::uint64_t order{0};  ///< of its start
  Nanos since{};           ///< true time
};

/// How much goes wrong, in percent.
struct Faults {
  bool on{false};
  bool starting{false};          ///< the process; then a commit is often slow
  std::uint64_t fail_before{4};  ///< apply: an error, nothing happened
  std::uint64_t fail_after{4};   ///< apply: an error, and yet it happened
  std::uint64_t lie{3};          ///< apply: "applied", and nothing happened
  std::uint64_t late{3};         ///< apply: a timeout, happens afterwards
  std::uint64_t outsider{6};     ///< somebody changes the resource right before or after
  std::uint64_t unreadable{4};   ///< reads fail for a while
  std::uint64_t hang{2};         ///< a hand waits for its answer, for up to two minutes
  std::uint64_t slow_starts{0};  ///< commits of a start that took long
  std::uint64_t slow{1};         ///< a commit takes up to ten seconds
};

/// A line of the log: who is named, and the run whose program wrote it; 0: nobody's.
struct Told {
  std::string address;
  std::uint64_t run{0};
};

struct World {
  explicit World(std::uint64_t seed) : chance(seed) {}

  Chance chance;
  std::string key{"plan key"};  ///< of the engine
  Faults faults;
  Now now{WallTime{std::chrono::hours{500'000}}, std::chrono::seconds{10}, "boot-1"};
  Nanos time{0};                       ///< true time since the world began; no clock of the engine shows it
  std::map<std::string, Json> states;  ///< by path
  std::map<std::string, std::set<std::string>> held;     ///< every state a resource ever had, canonical
  std::map<std::string, std::vector<Reading>> readings;  ///< what the driver's reads saw
  std::map<std::string, Nanos> unreadable_until;         ///< boot time
  std::vector<Effect> effects;
  std::uint64_t order{0};
  std::uint64_t writes{0};                ///< commits and effects; each may be the last thing the process does
  std::optional<std::uint64_t> crash_at;  ///< twice the number of the write; odd: right after it
  std::map<std::string, Errc> forced;     ///< apply on this path always: denied, or a timeout after which nothing reads
  std::set<std::string> secret_paths;     ///< whose desired state a user has called secret
  std::function<void(const std::string& path)> changed;  ///< a resource was changed, whoever did it
  std::function<void(std::function<void()>, Nanos wait)> later;
  /// Whoever calls it waits, and meanwhile the world goes on; Crash comes out of it when the process dies.
  std::function<void(Nanos)> hang;
  /// The same for the engine's own thread: others go on, it does not.
  std::function<void(Nanos)> slow_disk;
  /// Called right before an effect, while the log can still be asked whether it was announced.
  std::function<void(const Effect&)> before_effect;
  std::function<void(const ProgramRequest&)> before_program;  ///< right before a start
  std::map<std::string, std::uint64_t> starts;                ///< key → order of its program's last start
  std::map<std::string, AtWork> at_work;                      ///< by key
  std::set<std::string> work;                                 ///< keys whose program has done its work
  std::vector<Look> looks;
  std::vector<Told> told;             ///< lines of the log
  std::set<std::uint64_t> delivered;  ///< notifications that somebody got, whatever was answered
  bool deaf{false};                   ///< nobody ever gets one
  /// A program of `run` brings it about that the log names `address`, and `token` with it.
  std::function<void(const std::string& address, const std::string& token, std::uint64_t run)> tells;
  /// Why no effect by this driver for this workflow may begin now, by what people and files have asked for; empty: it
  /// may.
  std::function<std::string(const std::string& workflow, const std::string& driver)> closed;

  [[nodiscard]] Json state(const std::string& path) const;
  /// Not everybody may read a resource in this state.
  [[nodiscard]] static bool secret(const Json& fields);
  void set(const std::string& path, Json fields);
  void outsider(const std::string& path);
  /// Throws Crash when this write, or the moment after it, is where the process ends.
  void about_to_write();
  void has_written();
  /// In `percent` of all cases, for up to `ms`.
  void may_hang(std::uint64_t percent, std::uint64_t ms) {
    if (faults.on && hang && chance.percent(percent)) hang(chance.millis(ms));
  }

 private:
  [[nodiscard]] Json edited(Json lines);
  std::uint64_t outsiders_{0};
};

/// What a path holds when all is right: lines, as the file driver has them.
[[nodiscard]] Json good_content(const std::string& path);

class SimDriver final : public Driver {
 public:
  explicit SimDriver(World& world) : world_(world) {}
  Result<State> read(const ResourceId& resource) override;
  Result<std::vector<std::string>> list(const Select& select) override;
  Result<Plan> plan(const ResourceId& resource, const Desired& desired) override;
  Result<ApplyOutcome> apply(const ApplyRequest& request) override;

 private:
  Result<ApplyOutcome> compare_and_set(const ApplyRequest& request, std::uint64_t asked, bool late);
  Result<ApplyOutcome> hanging(const ApplyRequest& request);
  World& world_;
};

}  // namespace aright::sim
