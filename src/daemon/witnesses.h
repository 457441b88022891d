// Sends every durable checkpoint to the witnesses, each from a thread of its own: one that hangs holds up nobody.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/api.h"
#include "cli/witness_place.h"
#include "daemon/witness_writer.h"

namespace aright::daemon {

class Witnesses {
 public:
  Witnesses(WitnessSurroundings around, const std::vector<cli::WitnessPlace>& places);
  Witnesses(const Witnesses&) = delete;
  Witnesses& operator=(const Witnesses&) = delete;
  /// Waits for those that are well, at most two seconds, cuts off the others, and leaves to itself what has not ended a
  /// second later.
  ~Witnesses();

  /// Another configuration: who stays as he is keeps what waits for him. Any thread.
  void change(const std::vector<cli::WitnessPlace>& places);
  /// `note` to all of them. Never blocks. What a witness does not take in time waits; of more than 1,000 the oldest go,
  /// since a later checkpoint covers all that an earlier one does. Any thread.
  void publish(const std::string& note);
  /// How far each is and what is wrong with it. Any thread.
  [[nodiscard]] std::vector<api::WitnessView> view() const;

 private:
  class Line;
  class Witness;
  const WitnessSurroundings around_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Witness>> witnesses_;  ///< by name
  std::vector<std::unique_ptr<Witness>> leaving_;              ///< write what they have, and are over then
};

}  // namespace aright::daemon
