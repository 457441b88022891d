#include "store/delivery_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "store/delivery_record.h"
#include "store/file_check.h"
#include "store/file_io.h"

namespace aright::store {

namespace {

constexpr std::size_t scan_records = 10'000;
constexpr std::size_t scan_bytes = std::size_t{8} << 20U;
constexpr std::size_t small_file = 1000;  ///< records: not worth making anew

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::int64_t until(WallTime at) { return seconds_of(at) + std::chrono::seconds(delivery_ids_for).count(); }

std::string spool_of(const std::string& folder) { return folder + "/spool"; }

std::vector<IdKey> keys_of(const NewDelivery& delivery) {
  std::vector<IdKey> keys;
  keys.reserve(delivery.ids.size());
  for (const std::string& id : delivery.ids) keys.push_back(id_key(id));
  return keys;
}

Result<DeliveryRecord> decoded(const SpoolRecord& record, const std::string& folder) {
  auto whole = decode_delivery(record.bytes);
  if (whole) return std::move(*whole);
  return fail(Errc::corrupt, fmt::format("{}: record {} is no delivery; {}", folder, record.number,
                                         what_to_do_about_deliveries(folder)));
}

/// Empty: nothing that was there is missing. Ids are filed when their records go, so before that none can be gone.
std::string lost_of(const std::string& folder, const Spool& spool, bool no_ids, std::uint64_t done) {
  if (done == 0) return {};
  if (spool.begun_anew()) {
    return fmt::format(
        "{} is gone or empty, though {} deliveries have been worked up: any that were acknowledged and "
        "not worked up yet are lost, and those sent again are taken again",
        no_ids ? folder : spool_of(folder), done);
  }
  if (!no_ids || spool.figures().first == 0) return {};
  return fmt::format("{}/ids is gone: deliveries before number {}, sent again, are taken again", folder,
                     spool.figures().first);
}

}  // namespace

std::size_t DeliveryFiles::KeyHash::operator()(const IdKey& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

Result<DeliveryFiles::Opened> DeliveryFiles::open(const std::string& folder, WallTime now, std::uint64_t done,
                                                  DeliveryLimits limits) {
  if (auto ok = make_folder(folder); !ok) return std::unexpected(ok.error());
  auto spool = Spool::open(spool_of(folder), limits.spool, done);
  if (!spool) return std::unexpected(spool.error());
  auto file = IdFile::open(folder + "/ids");
  if (!file) return std::unexpected(file.error());
  std::string lost = lost_of(folder, **spool, file->made, done);
  const std::uint64_t first = (*spool)->figures().first;
  std::unique_ptr<DeliveryFiles> made(new DeliveryFiles(folder, std::move(*spool), std::move(file->file), limits));
  if (auto ok = made->take_up(file->ids, now); !ok) return std::unexpected(ok.error());
  return Opened{std::move(made), file->damaged, first, std::move(lost)};
}

Result<SpoolFigures> DeliveryFiles::look(const std::string& folder) { return Spool::look(spool_of(folder)); }

/// The ids that are filed are older than those of records that are still here.
Result<Done> DeliveryFiles::take_up(const std::vector<RememberedId>& filed, WallTime now) {
  const std::scoped_lock lock(mutex_);
  for (const RememberedId& id : filed) {
    if (id.until > seconds_of(now)) remember(id);
  }
  for (std::uint64_t next = spool_->figures().first; next < spool_->figures().next;) {
    auto records = spool_->read(next, scan_records, scan_bytes);
    if (!records) return std::unexpected(records.error());
    for (const SpoolRecord& record : *records) {
      auto delivery = decoded(record, spool_of(folder_));
      if (!delivery) return std::unexpected(delivery.error());
      for (const IdKey& key : delivery->ids) remember({key, until(delivery->at)});
      next = record.number + 1;
    }
  }
  forget_old(now);
  return Done{};
}

/// Under `mutex_`.
void DeliveryFiles::remember(const RememberedId& id) {
  known_[id.key] = id.until;
  order_.push_back(id);
}

/// Under `mutex_`.
void DeliveryFiles::forget_old(WallTime now) {
  while (!order_.empty()) {
    const RememberedId& oldest = order_.front();
    const auto known = known_.find(oldest.key);
    const bool void_entry = known == known_.end() || known->second != oldest.until;
    const bool over = oldest.until <= seconds_of(now);
    if (!void_entry && !over && known_.size() <= limits_.ids) return;
    if (!void_entry) {
      if (!over) ++dropped_;
      known_.erase(known);
    }
    order_.pop_front();
  }
}

Result<KeptDelivery> DeliveryFiles::keep(const NewDelivery& delivery) {
  const std::vector<IdKey> keys = keys_of(delivery);
  {
    std::unique_lock lock(mutex_);
    forget_old(delivery.at);
    settled_.wait(lock,
                  [&] { return std::ranges::none_of(keys, [&](const IdKey& k) { return under_way_.contains(k); }); });
    if (std::ranges::any_of(keys, [&](const IdKey& key) { return known_.contains(key); })) {
      lock.unlock();
      // Known only by heart it would be called a repeated one and be on no disk.
      const auto there = spool_->in_place();
      return there ? Result<KeptDelivery>(KeptDelivery{true, 0}) : std::unexpected(there.error());
    }
    under_way_.insert(keys.begin(), keys.end());
  }
  const auto number = spool_->append(encode_delivery({keys, delivery.at, delivery.bytes, delivery.mode_max}));
  {
    const std::scoped_lock lock(mutex_);
    for (const IdKey& key : keys) {
      under_way_.erase(key);
      if (number) remember({key, until(delivery.at)});
    }
  }
  if (!keys.empty()) settled_.notify_all();
  if (!number) return std::unexpected(number.error());
  return KeptDelivery{false, *number};
}

Result<std::vector<SpooledDelivery>> DeliveryFiles::read(std::uint64_t from, std::size_t records, std::size_t bytes) {
  auto found = spool_->read(from, records, bytes);
  if (!found) return std::unexpected(found.error());
  std::vector<SpooledDelivery> all;
  for (const SpoolRecord& record : *found) {
    auto delivery = decoded(record, spool_of(folder_));
    if (!delivery) return std::unexpected(delivery.error());
    all.push_back({record.number, std::move(delivery->bytes), delivery->at, delivery->mode_max});
  }
  return all;
}

/// Copies the ids of records that are about to go.
Result<Done> DeliveryFiles::file_ids(std::uint64_t from, std::uint64_t to, WallTime now) {
  std::vector<RememberedId> ids;
  while (from < to) {
    auto records = spool_->read(from, scan_records, scan_bytes);
    if (!records) return std::unexpected(records.error());
    if (records->empty()) break;
    for (const SpoolRecord& record : *records) {
      from = record.number + 1;
      if (record.number >= to) break;
      auto delivery = decoded(record, spool_of(folder_));
      if (!delivery) return std::unexpected(delivery.error());
      for (const IdKey& key : delivery->ids) ids.push_back({key, until(delivery->at)});
    }
  }
  std::erase_if(ids, [&](const RememberedId& id) { return id.until <= seconds_of(now); });
  if (file_.records() + ids.size() <= small_file + 2 * limits_.ids) return file_.add(ids);
  // Most of the file is over: what is still known takes its place, the new ones among it.
  std::vector<RememberedId> all;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, end] : known_) all.push_back({key, end});
  }
  std::ranges::sort(all, {}, &RememberedId::until);
  return file_.replace(all);
}

Result<Done> DeliveryFiles::release(std::uint64_t done, WallTime now) {
  const std::scoped_lock lock(releasing_);
  const std::uint64_t first = spool_->figures().first;
  const std::uint64_t upto = spool_->releasable(done);
  if (upto <= first) return Done{};
  if (auto ok = file_ids(first, upto, now); !ok) return ok;
  return spool_->release(upto);
}

DeliverySpoolFigures DeliveryFiles::figures() const {
  const SpoolFigures spool = spool_->figures();
  const std::scoped_lock lock(mutex_);
  return {spool.next, spool.bytes, known_.size(), dropped_};
}

}  // namespace aright::store
