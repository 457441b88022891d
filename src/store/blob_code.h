// Blob content as stored: zstd above 512 bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aright::store {

struct Packed {
  std::string bytes;
  bool packed{false};
};
[[nodiscard]] Packed pack(std::string_view bytes);
/// `size`: of the content. Errc::corrupt when it does not come out at that size.
[[nodiscard]] Result<std::string> unpack(std::string_view bytes, bool packed, std::size_t size);

}  // namespace aright::store
