// Warnings of definitions that nobody has changed or looked at for long.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/diagnostic.h"
#include "base/time.h"
#include "model/workflow.h"

namespace aright::cli {

/// When people have last said of a definition that it is as it should be, or its last change.
struct Looked {
  WallTime at{};
  std::string hash;  ///< of what they looked at
};
using LookedAt = std::map<std::string, Looked>;  ///< by "workflow NAME" and "control NAME"

class AgeWarnings {
 public:
  /// `looked_at` is asked at most once; none: only files say how old they are. A file that was only written anew, by a
  /// deployment, is as old as what it holds.
  explicit AgeWarnings(std::function<LookedAt()> looked_at) : looked_at_(std::move(looked_at)) {}

  /// Of a definition at `at`, into `out`: where its `review_by` is over by the system's clock.
  void look(const std::string& kind, const Workflow& workflow, const Position& at, Diagnostics& out) {
    look(kind + " " + workflow.name, [&] { return workflow.version(); }, workflow.origin, workflow.review_by, at, out);
  }
  void look(const std::string& kind, const Control& control, const Position& at, Diagnostics& out) {
    look(kind + " " + control.name, [&] { return control.hash(); }, control.origin, control.review_by, at, out);
  }

 private:
  void look(const std::string& key, const std::function<std::string()>& hash, const Origin& origin,
            std::optional<Nanos> review_by, const Position& at, Diagnostics& out);

  std::function<LookedAt()> looked_at_;
  std::optional<LookedAt> known_;
};

}  // namespace aright::cli
