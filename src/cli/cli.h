// The command line: `aright NOUN VERB`.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "cli/scan.h"

namespace aright::cli {

struct ServeOptions {
  std::string config;
  std::string state;
  std::string listen;  ///< empty: as aright.yaml says, else no TCP
  std::string root;
  bool accept_older{false};  ///< than a witness knows, or another than it: with `reason`
  std::string reason;
  unsigned workers{8};  ///< driver threads: how many resources are read or put right at once
};

/// What only the daemon can do; handed in by it, since nobody includes it.
struct Hooks {
  /// Runs the daemon and returns its exit code.
  std::function<int(const ServeOptions&)> serve;
  /// Runs the engine until nothing is left to do without a person, then stops it. What came of each run. Errors: the
  /// configuration has mistakes, the state folder is in use or damaged, a run did not end in time (Errc::timeout).
  std::function<Result<FixOutcomes>(const ServeOptions&)> fix;
};

/// Exit codes (docs/decisions/0212): 0 ok, 1 violation or failure, 2 usage, or what is named cannot be read, 3 a yes
/// that was taken and lets nothing go on (cli/approval.h).
int run(int argc, char** argv, const Hooks& hooks);

}  // namespace aright::cli
