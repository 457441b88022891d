// What a start gives the core beside its projection.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/messages.h"
#include "engine/undo_source.h"
#include "model/control.h"
#include "model/event.h"
#include "model/fields.h"
#include "model/intake.h"
#include "model/workflow.h"

namespace aright::engine {

/// What has to be on record before anything else is done: that this is an older copy, or not the log that was known.
struct Remark {
  std::string kind;  ///< "node.…"; with the field "epoch" what is said outside from now on is told apart
  Fields fields;
};

/// What recovery needs beside the projection: definitions and plans of open runs, as far as they are still stored.
struct Remembered {
  std::vector<Workflow> workflows;
  std::vector<Control> controls;
  std::vector<Intake> intakes;
  std::map<std::string, Event> evidence;  ///< by commitment, of open findings and runs; erased ones are absent
  std::vector<WindowSnapshot> snapshots;  ///< oldest first, the first is whole; empty: none, or `snapshot_trouble`
  std::string snapshot_trouble;           ///< why those that were there are of no use
  std::map<std::uint64_t, std::vector<Plan>> plans;  ///< by run, one per step; a run whose content was erased is absent
  /// By run and step: what its program wrote on standard output, where its step declares that; erased ones are absent.
  std::map<std::uint64_t, std::map<std::size_t, std::string>> outputs;
  std::map<std::uint64_t, std::shared_ptr<const UndoSource>> undone;  ///< by open run that undoes another
  std::vector<Remark> remarks;
  VersionTests tests;  ///< of the configuration that the core begins with
  Origin teams;        ///< of the file that names them
  bool low{false};     ///< the store has no room but its reserve's
  std::string key;     ///< keys the hashes of states: without it content cannot be guessed from them
};

}  // namespace aright::engine
