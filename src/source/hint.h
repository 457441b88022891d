// What a source says: something may have changed. Never evidence by itself; the engine reads.
#pragma once

#include <cstdint>
#include <string>

namespace aright::source {

struct Hint {
  enum class What : std::uint8_t { changed, read_all, scan };
  What what{What::changed};
  std::uint64_t offset{0};  ///< counts per source
  std::string path;         ///< changed: which file
  std::string control;      ///< scan: which control is due
  std::string note;         ///< read_all: why
};

}  // namespace aright::source
