// Performs one piece of work with the drivers and says what came of it. Called by the worker threads and the simulator.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/gate.h"
#include "engine/messages.h"
#include "model/port/call.h"
#include "model/port/driver.h"
#include "model/port/notify.h"
#include "model/port/own_places.h"
#include "model/port/program.h"
#include "model/port/snapshots.h"
#include "model/port/surroundings.h"

namespace aright::engine {

struct Hands {
  std::map<std::string, Driver*> drivers;  ///< by resource kind; not owned, outlive the workers
  const Gate* gate{nullptr};               ///< not owned
  std::function<Digest()> salt;            ///< random; any thread
  std::string plan_key;                    ///< keys the hashes of plans: without it content cannot be guessed from them
  ProgramRunner* programs{nullptr};        ///< not owned; none: steps `exec` fail
  Snapshots* snapshots{nullptr};           ///< not owned; none: windows are not put aside
  SurroundingsReader* around{nullptr};     ///< not owned; none: nothing is known of the network around
  CallRunner* calls{nullptr};              ///< not owned; none: steps `call` fail
  const OwnPlaces* own{nullptr};           ///< not owned; none: nothing on this machine is ours
  NotifyHand* notify{nullptr};             ///< not owned; none: nobody is told
};

/// Any thread. Effects are performed only while the gate lets them (else Errc::paused in the answer).
[[nodiscard]] Input perform(const Hands& hands, const Work& work);

/// What `perform` does of it.
[[nodiscard]] Input plan_undo(const Hands& hands, const DoUndoPlan& work);

/// A plan with its content committed to.
[[nodiscard]] Result<SealedPlan> sealed(const Hands& hands, const ResourceId& id, Plan plan);

}  // namespace aright::engine
