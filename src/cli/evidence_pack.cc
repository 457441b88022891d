#include "cli/evidence_pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/bytes.h"
#include "cli/gone_rows.h"
#include "cli/prover.h"
#include "model/entry.h"
#include "model/kept_contents.h"
#include "model/withheld.h"

namespace aright::cli {

namespace {

constexpr std::uint32_t chunk = 4096;
constexpr std::size_t runs_max = 1000;  ///< of one page

std::string text_of(const Json& doc, const char* key) {
  const auto found = doc.find(key);
  return found != doc.end() && found->is_string() ? found->get<std::string>() : std::string();
}

class Evidence {
 public:
  explicit Evidence(store::SqliteHistory& log) : log_(log), prover_(log) {}

  Result<Json> collect(const EvidenceRequest& request) {
    if (auto ok = log_.stand_still(); !ok) return std::unexpected(ok.error());
    if (auto ok = make_gone_rows(request); !ok) return std::unexpected(ok.error());
    auto runs = request.run ? one_run(*request.run) : runs_of(request);
    if (!runs) return std::unexpected(runs.error());
    if (auto ok = add_undos(*runs); !ok) return std::unexpected(ok.error());
    if (auto ok = add_runs(std::move(*runs)); !ok) return std::unexpected(ok.error());
    if (auto ok = add_entries(); !ok) return std::unexpected(ok.error());
    if (auto ok = add_contents(); !ok) return std::unexpected(ok.error());
    if (auto ok = add_definitions(); !ok) return std::unexpected(ok.error());
    return std::move(pack_);
  }

 private:
  /// Entries stay when rows go: what those said is made of them.
  Result<Done> make_gone_rows(const EvidenceRequest& request) {
    const auto taken = rows_were_taken(log_);
    if (!taken) return std::unexpected(taken.error());
    if (!*taken) return Done{};
    GoneWanted wanted{{}, request.run ? std::string() : request.control};
    if (request.run) {
      const auto first = log_.entries_of_run(*request.run, 1);
      if (!first) return std::unexpected(first.error());
      const auto created = first->empty() ? Result<Json>(Json()) : parse_json(first->front().bytes);
      if (!created) return std::unexpected(created.error());
      wanted.runs = {*request.run};
      if (created->is_object()) wanted.runs.insert(created->value("undoes", *request.run));
    }
    auto made = rows_from_entries(log_, wanted);
    if (!made) return std::unexpected(made.error());
    made_ = std::move(*made);
    return Done{};
  }

  /// As it is kept, or was.
  Result<std::optional<Json>> row_of(const std::string& table, const std::string& id) {
    auto row = log_.row(table, id);
    if (!row) return std::unexpected(row.error());
    if (!*row) {
      const auto found = made_[table].find(id);
      return found == made_[table].end() ? std::optional<Json>() : std::optional(found->second);
    }
    auto doc = parse_json((*row)->doc);
    if (!doc) return fail(Errc::corrupt, fmt::format("table {}, row {}: {}", table, id, doc.error().message));
    return std::optional(std::move(*doc));
  }
  Result<std::optional<Json>> row_of(const std::string& table, std::uint64_t id) {
    return row_of(table, fmt::format("{:012}", id));
  }

  Result<std::vector<Json>> one_run(std::uint64_t id) {
    auto doc = row_of("run", id);
    if (!doc) return std::unexpected(doc.error());
    if (!*doc) return fail(Errc::invalid, fmt::format("no run {}: the log has no entry of it", id));
    return std::vector<Json>{std::move(**doc)};
  }

  /// Whoever reads what was done is to read also that it was taken back, and of what took something back what that was.
  Result<Done> add_undos(std::vector<Json>& runs) {
    std::set<std::uint64_t> there;
    for (const Json& run : runs) there.insert(run.at("id").get<std::uint64_t>());
    for (std::size_t i = 0; i < runs.size(); ++i) {  // an undo may be undone
      auto undone = row_of("undone", runs[i].at("id").get<std::uint64_t>());
      if (!undone) return std::unexpected(undone.error());
      if (*undone) runs[i]["undone_by"] = (*undone)->at("by");
      for (const char* other : {"undoes", "undone_by"}) {
        const std::uint64_t id = runs[i].value(other, std::uint64_t{0});
        if (id == 0 || !there.insert(id).second) continue;
        auto doc = row_of("run", id);
        if (!doc) return std::unexpected(doc.error());
        if (*doc) runs.push_back(std::move(**doc));
      }
    }
    std::ranges::sort(runs, {}, [](const Json& run) { return run.at("id").get<std::uint64_t>(); });
    return Done{};
  }

  Result<std::vector<Json>> runs_of(const EvidenceRequest& request) {
    auto rows = log_.all_rows("run");
    if (!rows) return std::unexpected(rows.error());
    std::map<std::string, Json> docs = made_["run"];
    for (const Row& row : *rows) {
      auto doc = parse_json(row.doc);
      if (!doc) return fail(Errc::corrupt, fmt::format("table run, row {}: {}", row.id, doc.error().message));
      if (text_of(*doc, "control") == request.control) docs.insert_or_assign(row.id, std::move(*doc));
    }
    std::vector<Json> runs;
    for (auto& [id, doc] : docs) {
      const auto created = parse_rfc3339(text_of(doc, "created_at"));
      const bool in_time = !request.since || (created && *created >= *request.since);
      if (text_of(doc, "control") == request.control && in_time) runs.push_back(std::move(doc));
    }
    if (runs.empty())
      return fail(Errc::invalid, fmt::format("no run is about control {} in that time", request.control));
    if (runs.size() > runs_max) {
      return fail(Errc::invalid,
                  fmt::format("{} runs, at most {} are put together; name a later --since", runs.size(), runs_max));
    }
    return runs;
  }

  Result<Done> add_runs(std::vector<Json> runs) {
    pack_["runs"] = Json::array();
    for (Json& run : runs) {
      runs_.insert(run.at("id").get<std::uint64_t>());
      findings_.insert(text_of(run, "finding"));
      hashes_.insert({text_of(run, "version"), text_of(run, "control_hash")});
      auto finding = row_of("finding", text_of(run, "finding"));
      if (!finding) return std::unexpected(finding.error());
      if (*finding) run["found"] = std::move(**finding);
      pack_["runs"].push_back(std::move(run));
    }
    return Done{};
  }

  [[nodiscard]] bool is_about_them(const Json& entry) const {
    const auto run = entry.find("run");
    if (run != entry.end() && run->is_number_unsigned() && runs_.contains(run->get<std::uint64_t>())) return true;
    if (const std::string finding = text_of(entry, "finding"); !finding.empty() && findings_.contains(finding))
      return true;
    return text_of(entry, "kind") == "definition.loaded" && hashes_.contains(text_of(entry, "hash"));
  }

  Result<Done> add_entries() {
    pack_["entries"] = Json::array();
    pack_["erased"] = Json::object();
    for (std::uint64_t next = 0;;) {
      auto page = log_.entries(next, chunk);
      if (!page) return std::unexpected(page.error());
      if (page->empty()) return Done{};
      for (const Entry& entry : *page) {
        auto doc = parse_json(entry.bytes);
        if (!doc) return fail(Errc::corrupt, fmt::format("entry {}: {}", entry.seq, doc.error().message));
        if (doc->value("kind", "") == "contents.erased")
          pack_["erased"][text_of(*doc, "subject")] = text_of(*doc, "at");
        if (!is_about_them(*doc)) continue;
        if (auto ok = add_entry(entry.seq); !ok) return ok;
        each_commitment(*doc, [this](const std::string& id) { commitments_.insert(id); });
      }
      next = page->back().seq + 1;
    }
  }

  Result<Done> add_entry(std::uint64_t seq) {
    auto proof = prover_.prove(seq);
    if (!proof) return std::unexpected(proof.error());
    auto bytes = unbase64(text_of(*proof, "entry"));
    if (!bytes) return fail(Errc::corrupt, fmt::format("entry {}: cannot be shown", seq));
    pack_["checkpoint"] = proof->at("checkpoint");
    pack_["tree_size"] = proof->at("tree_size");
    pack_["entries"].push_back({{"seq", seq}, {"bytes", std::move(*bytes)}, {"proof", proof->at("proof")}});
    return Done{};
  }

  Result<Done> add_contents() {
    for (const char* list : {"contents", "kept_back", "gone"}) pack_[list] = Json::array();
    for (const std::string& id : commitments_) {
      auto blob = log_.blob(id);
      if (!blob) return std::unexpected(blob.error());
      if (!*blob) {
        pack_["gone"].push_back(id);
      } else if ((*blob)->sensitive) {
        pack_["kept_back"].push_back(id);
      } else {
        pack_["contents"].push_back({{"id", id}, {"salt", base64((*blob)->salt)}, {"bytes", base64((*blob)->bytes)}});
      }
    }
    return Done{};
  }

  Result<Done> add_definitions() {
    pack_["definitions"] = Json::array();
    for (const std::string& hash : hashes_) {
      auto found = log_.definition(hash);
      if (!found) return std::unexpected(found.error());
      if (*found) add_definition(hash, **found);
    }
    return Done{};
  }

  /// Its bytes are its proof. Where they hold what is sensitive, the page gets it without that, and nobody the bytes.
  void add_definition(const std::string& hash, const Definition& found) {
    Json definition{{"hash", hash}, {"kind", found.kind}};
    const auto doc = parse_json(found.doc);
    Json told = withheld(doc.value_or(Json()), !pack_.at("kept_back").empty());
    const bool whole = doc && told == *doc;
    if (whole) definition["doc"] = found.doc;
    if (!whole) definition["told"] = std::move(told);
    pack_["definitions"].push_back(std::move(definition));
  }

  store::SqliteHistory& log_;
  Prover prover_;
  std::set<std::uint64_t> runs_;
  std::set<std::string> findings_;
  std::set<std::string> hashes_;  ///< of their definitions
  std::set<std::string> commitments_;
  MadeRows made_;  ///< of the entries, where rows may have gone
  Json pack_ = Json::object();
};

}  // namespace

Result<Json> collect_evidence(store::SqliteHistory& log, const EvidenceRequest& request) {
  return Evidence(log).collect(request);
}

std::size_t definitions_kept_back(const Json& pack) {
  return static_cast<std::size_t>(
      std::ranges::count_if(pack.at("definitions"), [](const Json& d) { return !d.contains("doc"); }));
}

}  // namespace aright::cli
