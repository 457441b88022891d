#include "sim_store.h"

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

Result<Done> SimStore::commit(const Batch& batch) {
  if (!batch.entries.empty() && batch.entries.front().seq != entries.size()) {
    return fail(Errc::corrupt, "the entry does not continue the stored ones");
  }
  if (reserve_.full && !reserve_.released) {
    refused = world_.time;
    return fail(Errc::no_space, "the simulated disk is full");
  }
  if (world_.faults.on && world_.chance.percent(2)) {
    refused = world_.time;
    return fail(Errc::unavailable, "the simulated disk is busy", Retry::yes);
  }
  world_
      .about_to_write();  // a death here is one before the commit or in its midst: in both cases nothing of it is left
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    entries.push_back(batch.entries[i]);
    leaves.push_back(batch.leaves.at(i));
    boot_zero.push_back(world_.time - world_.now.boot);
  }
  if (!batch.entries.empty()) tree = batch.tree;
  for (const Row& row : batch.rows) {
    if (row.table == "admission" && !row.open) {
      rows[row.table].erase(row.id);
    } else {
      rows[row.table][row.id] = row;
    }
  }
  for (const Blob& b : batch.blobs) blobs[b.commitment.id] = b;
  for (const IntakeRow& i : batch.intakes) intakes[i.source] = i.doc;
  for (const Definition& d : batch.definitions) definitions[d.hash] = d;
  if (batch.checkpoint) {
    checkpoints.push_back(*batch.checkpoint);
    signed_at.push_back(world_.time);
  }
  if (!batch.context.empty()) context = batch.context;
  world_.has_written();
  return Done{};
}

Result<std::optional<Blob>> SimStore::blob(const std::string& commitment_id) {
  const auto found = blobs.find(commitment_id);
  return found == blobs.end() ? std::optional<Blob>() : std::optional(found->second);
}

Result<std::optional<Definition>> SimStore::definition(const std::string& hash) {
  const auto found = definitions.find(hash);
  return found == definitions.end() ? std::optional<Definition>() : std::optional(found->second);
}

}  // namespace aright::sim
