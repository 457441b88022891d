// The command line: `aright NOUN VERB`.
#pragma once

#include <functional>
#include <string>

namespace aright::cli {

struct ServeOptions {
  std::string config;
  std::string state;
  std::string listen;  ///< empty: as aright.yaml says, else no TCP
  std::string root;
  unsigned workers{8};  ///< driver threads: how many resources are read or put right at once
};

/// Starts the daemon and returns its exit code; handed in by the daemon, which nobody includes.
using Serve = std::function<int(const ServeOptions&)>;

/// Exit codes: 0 ok, 1 violation or failure, 2 usage.
int run(int argc, char** argv, const Serve& serve);

}  // namespace aright::cli
