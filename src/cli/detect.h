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
  std::string format{"table"};     ///< "table" or "json"
};

/// Prints each finding as a line on standard output, refusals and a summary on standard error. Holds one piece of one
/// file and the windows of correlations, however long the files are. Exit code: 0 nothing found, 1 found something or
/// could not read a file, 2 there is no rule to look with, or the decoder is none.
[[nodiscard]] int detect_files(const DetectOptions& options);

}  // namespace aright::cli
