#include "daemon/start_error.h"

#include <string>
#include <utility>

#include "store/file_check.h"

namespace aright::daemon {

Error state_folder_error(Error error) {
  std::string& said = error.message;
  if (error.code == Errc::not_found) said += "; make the folder that it is to lie in, or use --state";
  if (said.ends_with("permission denied")) said += "; give a folder of your own with --state, or run as its owner";
  return error;
}

Error start_error(Error error) { return store::advised(std::move(error)); }

}  // namespace aright::daemon
