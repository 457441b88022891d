// Which of our runs led to a finding, and which state came back after it was put right: reckoned anew from the entries,
// what plans say and the world's own list, in the words of docs/decisions/0077. Knows nothing of the engine's memory.
// Each function that returns a text says what is wrong with an entry; empty: nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "world.h"

namespace aright::sim {

class Circles {
 public:
  /// What a run made, as its plan and its steps say.
  struct Made {
    std::string resource;
    std::string state;  ///< canonical
  };
  /// A moment at which a state came back.
  struct Return {
    Moment at;
    Nanos time{0};        ///< true time
    std::string version;  ///< of its workflow then
  };

  explicit Circles(const World& world) : world_(world) {}

  /// The process begins anew and knows what is in rows: of each finding the last run of each workflow.
  void started();
  void definition(const Json& entry);
  /// Of what answered it nothing is in a row any more; `key`: "CONTROL SUBJECT".
  void forgotten(const std::string& key);
  [[nodiscard]] std::string finding(const std::string& kind, const Json& entry, const Moment& at, Nanos time);
  void created(const Json& entry);
  /// Any later entry of a run.
  void told(const Json& entry);
  /// A program or call of it may have been given its token.
  void announced(std::uint64_t run) { runs_.at(run).asked = true; }
  /// `state`: of the answer; `made`: what somebody else looks at.
  void ended(std::uint64_t run, const std::string& state, const std::vector<Made>& made);
  /// Of a run that undoes another: the answer that stands for the episode is only another where it succeeded.
  void undo_ended(std::uint64_t run, const std::string& state, const std::vector<Made>& made);

  /// Its own step on its subject was planned on this state; what it says of that must fit.
  [[nodiscard]] std::string planned_on(std::uint64_t run, const std::string& state) const;
  /// The chain that led to `run` comes back to its workflow, in the same version and for the same control, and to one
  /// of `changes`; or is too long to be told.
  [[nodiscard]] bool comes_back(std::uint64_t run, const std::vector<std::string>& changes) const;
  /// Of what its workflow had put right before.
  [[nodiscard]] const std::vector<Return>& returns(std::uint64_t run) const;

 private:
  struct Link {
    std::uint64_t run{0};
    std::string workflow;
    std::string version;
    std::string control_hash;
    std::string changed;
    bool by_token{false};
    bool operator==(const Link&) const = default;
  };
  using Chain = std::vector<Link>;
  struct Found {
    std::string key;  ///< "control subject"
    std::string subject;
    std::string about;  ///< the mark of its state
    Chain chain;
  };
  struct Begun {
    std::string finding;
    std::string key;
    std::string subject;
    std::string workflow;
    std::string version;
    std::string control_hash;
    std::string about;
    bool asked{false};
    std::optional<Chain> left;  ///< what had led to its finding, when that ended before it
  };
  struct Answer {
    std::uint64_t run{0};
    std::string state;
    std::string about;
  };
  struct Known {  ///< what a run made or had done
    std::uint64_t run{0};
    std::string key;
    std::string workflow;
    std::string state;  ///< that it made
    Chain chain;        ///< with the run itself
  };

  [[nodiscard]] std::string mark(const std::string& subject, const std::string& state) const;
  [[nodiscard]] std::optional<std::string> state_of(const std::string& subject, const std::string& about);
  [[nodiscard]] std::string open(const Json& entry, const Moment& at, Nanos time);
  [[nodiscard]] std::string occur(const Json& entry);
  void close(const std::string& finding);
  void count_returns(const std::string& key, const std::string& about, const Moment& at, Nanos time);
  [[nodiscard]] std::string linked(Found& found, const Json& entry, bool anew);
  [[nodiscard]] Chain led_by_state(const std::string& subject, const std::string& about);
  [[nodiscard]] std::optional<Chain> led_by_token(const std::string& subject, const Json& entry) const;
  [[nodiscard]] Chain led_by_run(std::uint64_t run) const;
  [[nodiscard]] const Chain& chain_of(const Begun& run) const;
  [[nodiscard]] bool lasts(const Known& known) const;
  [[nodiscard]] static Chain with(Chain chain, Link newest);
  [[nodiscard]] static Json as_told(const Chain& chain);

  const World& world_;
  std::map<std::string, Found> findings_;  ///< open, by id
  std::map<std::string, std::string> last_finding_;
  std::map<std::uint64_t, Begun> runs_;                                        ///< open
  std::map<std::string, std::map<std::string, Answer>> answers_;               ///< of the last episode, by workflow
  std::map<std::string, std::vector<Known>> made_;                             ///< by resource, who ended last last
  std::map<std::uint64_t, Known> asked_;                                       ///< ended runs with programs
  std::map<std::string, std::map<std::string, std::vector<Return>>> returns_;  ///< by workflow
  std::map<std::string, std::string> versions_;                                ///< of workflows, as last recorded
  std::map<std::string, std::pair<std::size_t, std::map<std::string, std::string>>>
      read_;  ///< by subject: readings looked at, and the state by its mark
};

}  // namespace aright::sim
