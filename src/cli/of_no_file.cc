#include "cli/of_no_file.h"

namespace aright::cli {

Config of_no_file(Config config) {
  for (Control& control : config.controls) control.origin = {};
  for (Workflow& workflow : config.workflows) workflow.origin = {};
  return config;
}

}  // namespace aright::cli
