// Leaves of trees for tests.
#pragma once

#include <string>
#include <vector>

#include "audit/merkle.h"

namespace aright::audit {

inline std::vector<Digest> leaves(std::size_t count) {
  std::vector<Digest> list;
  for (std::size_t i = 0; i < count; ++i) list.push_back(leaf_hash("entry " + std::to_string(i)));
  return list;
}

}  // namespace aright::audit
