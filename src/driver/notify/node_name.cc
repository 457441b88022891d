#include "driver/notify/node_name.h"

#include <unistd.h>

#include <array>

namespace aright::driver {

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && name.front() != '\0' ? name.data() : "-";
}

}  // namespace aright::driver
