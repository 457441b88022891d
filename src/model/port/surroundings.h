// What no workflow may name in the network around this machine: its own addresses, the gateway, resolvers, and from
// where administrators are at work. Two implementations: the machine's, and a fixed one for tests and the simulator.
#pragma once

#include <string>
#include <vector>

namespace aright {

struct KnownAddress {
  std::string address;  ///< or a network: "192.0.2.7", "2001:db8::/32"
  std::string what;     ///< in words: "an address of eth0"
};

/// As it was at one moment. A value.
struct Surroundings {
  std::vector<KnownAddress> addresses;
  std::string trouble;  ///< what could not be read; empty: this is all
};

class SurroundingsReader {
 public:
  virtual ~SurroundingsReader() = default;
  /// At most a second old. Any thread.
  virtual Surroundings read() = 0;
};

}  // namespace aright
