#include "store/delivery_record.h"

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "store/file_io.h"

namespace aright::store {

namespace {

constexpr std::uint64_t version = 1;
constexpr std::size_t fixed_bytes = 10;

}  // namespace

std::string encode_delivery(const DeliveryRecord& delivery) {
  std::string out;
  out.reserve(fixed_bytes + delivery.ids.size() * IdKey{}.size() + delivery.bytes.size());
  append_number(out, version, 1);
  append_number(out, delivery.ids.size(), 1);
  append_number(out, static_cast<std::uint64_t>(delivery.at.time_since_epoch().count()), 8);
  for (const IdKey& id : delivery.ids) out += as_text(id);
  return out + delivery.bytes;
}

std::optional<DeliveryRecord> decode_delivery(std::string_view record) {
  if (record.size() < fixed_bytes || number_at(record, 0, 1) != version) return std::nullopt;
  const std::size_t ids = number_at(record, 1, 1);
  const std::size_t body = fixed_bytes + ids * IdKey{}.size();
  if (record.size() < body) return std::nullopt;
  DeliveryRecord delivery{std::vector<IdKey>(ids), WallTime{Nanos{static_cast<std::int64_t>(number_at(record, 2, 8))}},
                          std::string(record.substr(body))};
  for (std::size_t i = 0; i < ids; ++i) {
    std::ranges::copy(as_bytes(record.substr(fixed_bytes + i * IdKey{}.size(), IdKey{}.size())),
                      delivery.ids[i].begin());
  }
  return delivery;
}

}  // namespace aright::store
