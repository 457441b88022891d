#include "sim_store.h"

#include <algorithm>

namespace aright::sim {

Result<Loaded> SimStore::load() {
  Loaded loaded{.tree = tree, .context = context, .open_rows = {}, .checkpoint = {}, .intakes = {}};
  for (const auto& [table, list] : rows) {
    for (const auto& [id, row] : list) {
      if (row.open) loaded.open_rows.push_back(row);
    }
  }
  for (const auto& [source, doc] : intakes) loaded.intakes.push_back({source, doc});
  if (!checkpoints.empty()) loaded.checkpoint = checkpoints.back();
  return loaded;
}

const audit::SigningKey& log_key() {
  static const audit::SigningKey key = audit::SigningKey::from_seed(std::string(32, 's')).value();
  return key;
}

/// Meanwhile everything else goes on, but for the engine, which waits for it.
void SimStore::slow() {
  World& w = world_;
  if (!w.faults.on || !w.slow_disk || !w.chance.percent(w.faults.starting ? 15 : w.faults.slow)) return;
  w.faults.slow_starts += w.faults.starting ? 1U : 0U;
  const Nanos began = w.time;
  w.slow_disk(w.chance.millis(w.chance.percent(10) ? 60'000 : 8000));
  slow_.emplace_back(began, w.time);
  held_up = w.time;
}

Nanos SimStore::slow_within(Nanos from, Nanos to) const {
  Nanos sum{0};
  for (const auto& [began, ended] : slow_) {
    sum += std::max(Nanos{0}, std::min(ended, to) - std::max(began, from));
  }
  return sum;
}

Result<Done> SimStore::commit(const Batch& batch) {
  if (!batch.entries.empty() && batch.entries.front().seq != entries.size()) {
    return fail(Errc::corrupt, "the entry does not continue the stored ones");
  }
  slow();
  if (reserve_.full && !reserve_.released) {
    held_up = world_.time;
    return fail(Errc::no_space, "the simulated disk is full");
  }
  if (world_.faults.on && world_.chance.percent(2)) {
    held_up = world_.time;
    return fail(Errc::unavailable, "the simulated disk is busy", Retry::yes);
  }
  world_
      .about_to_write();  // a death here is one before the commit or in its midst: in both cases nothing of it is left
  keep(batch);
  world_.has_written();
  slow();  // it is durable, and nobody has heard yet
  return Done{};
}

void SimStore::keep(const Batch& batch) {
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    entries.push_back(batch.entries[i]);
    leaves.push_back(batch.leaves.at(i));
    boot_zero.push_back(world_.time - world_.now.boot);
  }
  if (!batch.entries.empty()) tree = batch.tree;
  for (const Row& row : batch.rows) {
    if ((row.table == "admission" || row.table == "subject") && !row.open) {
      rows[row.table].erase(row.id);
    } else {
      rows[row.table][row.id] = row;
    }
  }
  for (const Blob& b : batch.blobs) blobs[b.commitment.id] = b;
  for (const std::string& id : batch.gone.contents) blobs.erase(id);
  for (const RowName& row : batch.gone.rows) {
    rows[row.table].erase(row.id);
    for (const KeptAlong& along : kept_along) {
      if (row.table == along.with) rows[along.table].erase(row.id);
    }
  }
  for (const IntakeRow& i : batch.intakes) intakes[i.source] = i.doc;
  for (const Definition& d : batch.definitions) definitions[d.hash] = d;
  if (batch.checkpoint) {
    checkpoints.push_back(*batch.checkpoint);
    signed_at.push_back(world_.time);
  }
  if (!batch.context.empty()) context = batch.context;
}

Result<std::optional<Blob>> SimStore::blob(const std::string& commitment_id) {
  const auto found = blobs.find(commitment_id);
  return found == blobs.end() ? std::optional<Blob>() : std::optional(found->second);
}

Result<std::optional<Definition>> SimStore::definition(const std::string& hash) {
  const auto found = definitions.find(hash);
  return found == definitions.end() ? std::optional<Definition>() : std::optional(found->second);
}

Result<std::optional<Row>> SimStore::row(const std::string& table, const std::string& id) {
  const auto list = rows.find(table);
  if (list == rows.end() || !list->second.contains(id)) return std::optional<Row>();
  return std::optional(list->second.at(id));
}

}  // namespace aright::sim
