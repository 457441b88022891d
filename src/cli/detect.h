// Events through Sigma rules and controls of kind alert, without a daemon.
#pragma once

#include <string>
#include <vector>

namespace aright::cli {

struct DetectOptions {
  std::string controls;            ///< folder of rule files and controls, its subfolders too
  std::vector<std::string> files;  ///< of events; "-": standard input
  std::string decoder{"json"};     ///< "json", "sshd" or the path of a source's definition
  std::string time;                ///< JSON: the key with the event's time
  std::string log_source;          ///< "product=linux,service=sshd": what all events belong to beside what they state
  std::string format;              ///< "table", "json" or "yaml"
};

/// Prints each finding as a line on standard output, refusals and a summary on standard error. Several files are one
/// log: events with times come in their order, however the files are named. Holds one piece of each file and the
/// windows of correlations, however long the files are. Exit code: 0 looked at everything with every rule and found
/// nothing; 1 found something, could not read a file or quarantined a line; 2 nothing of these, but there is no rule to
/// look with, rule files have mistakes, no rule is for any of the events, or the options are wrong.
[[nodiscard]] int detect_files(const DetectOptions& options);

}  // namespace aright::cli
