// What is Aright's own on this machine: its state, its configuration, its program. Two implementations: `driver/own`,
// which looks at the file system, and a fixed one in tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aright {

class OwnPlaces {
 public:
  virtual ~OwnPlaces() = default;

  /// How a text comes to a program.
  enum class Given : std::uint8_t {
    program,  ///< it is the program that is started
    written,  ///< the author of the workflow wrote it
    filled    ///< an expression made it: then it may not lead above what is ours either
  };
  /// Why a program may not be handed `text`: a path in it leads to what is ours. In words that fit behind "argument 2".
  /// Empty: it may. Any thread.
  [[nodiscard]] virtual std::string named_in(std::string_view text, Given given) const = 0;

  /// The number of the daemon's process; 0: none is meant.
  [[nodiscard]] virtual std::uint64_t process() const { return 0; }

  /// Why nobody may change the file of this path (base/path_text.h). Empty: it may be changed. Any thread.
  [[nodiscard]] virtual std::string why_kept(std::string_view path) const = 0;
};

}  // namespace aright
