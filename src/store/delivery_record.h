// How a delivery lies in a record of the spool. Pure.
//
// Version (1 byte, 2), number of ids (1), time (8 bytes, nanoseconds since 1970, little endian), mode (1 byte, as
// `Mode` numbers them), ids (16 bytes each), then the delivery's bytes. Version 1 has no mode.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/mode.h"
#include "store/id_file.h"

namespace aright::store {

struct DeliveryRecord {
  std::vector<IdKey> ids;  ///< at most 255
  WallTime at{};
  std::string bytes;
  std::optional<Mode> mode_max{};  ///< nullopt: of version 1
};
[[nodiscard]] std::string encode_delivery(const DeliveryRecord& delivery);
[[nodiscard]] std::optional<DeliveryRecord> decode_delivery(std::string_view record);

}  // namespace aright::store
