#include "store/delivery_record.h"

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "store/file_io.h"

namespace aright::store {

namespace {

constexpr std::uint64_t without_mode = 1;
constexpr std::uint64_t version = 2;
constexpr std::size_t head_bytes = 10;  ///< of version 1

/// nullopt: nothing that a source may do.
std::optional<Mode> mode_from(std::uint64_t number) {
  if (number < static_cast<std::uint64_t>(Mode::observe) || number > static_cast<std::uint64_t>(Mode::auto_)) {
    return std::nullopt;
  }
  return static_cast<Mode>(number);
}

}  // namespace

std::string encode_delivery(const DeliveryRecord& delivery) {
  std::string out;
  out.reserve(head_bytes + 1 + delivery.ids.size() * IdKey{}.size() + delivery.bytes.size());
  append_number(out, delivery.mode_max ? version : without_mode, 1);
  append_number(out, delivery.ids.size(), 1);
  append_number(out, static_cast<std::uint64_t>(delivery.at.time_since_epoch().count()), 8);
  if (delivery.mode_max) append_number(out, static_cast<std::uint64_t>(*delivery.mode_max), 1);
  for (const IdKey& id : delivery.ids) out += as_text(id);
  return out + delivery.bytes;
}

std::optional<DeliveryRecord> decode_delivery(std::string_view record) {
  if (record.size() < head_bytes) return std::nullopt;
  const std::uint64_t as = number_at(record, 0, 1);
  if (as != version && as != without_mode) return std::nullopt;
  const std::size_t ids = number_at(record, 1, 1);
  const std::size_t fixed = as == version ? head_bytes + 1 : head_bytes;
  const std::size_t body = fixed + ids * IdKey{}.size();
  if (record.size() < body) return std::nullopt;  // with its mode, if it has one
  DeliveryRecord delivery{std::vector<IdKey>(ids),
                          WallTime{Nanos{static_cast<std::int64_t>(number_at(record, 2, 8))}},
                          std::string(record.substr(body)),
                          {}};
  if (as == version) {
    delivery.mode_max = mode_from(number_at(record, head_bytes, 1));
    if (!delivery.mode_max) return std::nullopt;
  }
  for (std::size_t i = 0; i < ids; ++i) {
    std::ranges::copy(as_bytes(record.substr(fixed + i * IdKey{}.size(), IdKey{}.size())), delivery.ids[i].begin());
  }
  return delivery;
}

}  // namespace aright::store
