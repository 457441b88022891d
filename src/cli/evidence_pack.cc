#include "cli/evidence_pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/prover.h"
#include "cli/rows_from_entries.h"
#include "model/entry.h"
#include "model/kept_contents.h"
#include "model/withheld.h"

namespace aright::cli {

namespace {

constexpr std::uint32_t chunk = 4096;
constexpr auto evidence_look_again = std::chrono::milliseconds(50);
constexpr std::ptrdiff_t most = 1000;  ///< runs of one page, and as many findings besides

class Evidence {
 public:
  explicit Evidence(store::SqliteHistory& log) : log_(log) {}

  Result<Json> collect(const EvidenceRequest& request) {
    if (auto ok = log_.stand_still(); !ok) return std::unexpected(ok.error());
    if (auto ok = make_rows(request); !ok) return std::unexpected(ok.error());
    if (auto ok = few_enough(request); !ok) return std::unexpected(ok.error());
    auto runs = request.run ? one_run(*request.run) : runs_of(request);
    if (!runs) return std::unexpected(runs.error());
    add_undos(*runs);
    add_runs(std::move(*runs));
    add_findings(request);
    add_waivers(request);
    if (pack_.at("runs").empty() && pack_.at("findings").empty() && pack_.at("waivers").empty()) {
      return fail(Errc::invalid, fmt::format("nothing is recorded about control {} in that time: no run, no finding, "
                                             "no waiver",
                                             request.control));
    }
    if (auto ok = find_entries(); !ok) return std::unexpected(ok.error());
    if (auto ok = add_contents(); !ok) return std::unexpected(ok.error());
    if (auto ok = add_entries(request.patience); !ok) return std::unexpected(ok.error());
    if (auto ok = add_definitions(); !ok) return std::unexpected(ok.error());
    return std::move(pack_);
  }

 private:
  /// Of the entries, not of the database: those are what was signed, and stay when retention takes rows away.
  Result<Done> make_rows(const EvidenceRequest& request) {
    RowsWanted wanted{{}, request.run ? std::string() : request.control};
    for (std::uint64_t next = request.run.value_or(0); next != 0 && wanted.runs.insert(next).second;) {
      const auto first = log_.entries_of_run(next, 1);
      if (!first) return std::unexpected(first.error());
      const auto created = first->empty() ? Result<Json>(Json()) : parse_own_json(first->front().bytes);
      if (!created) return std::unexpected(created.error());
      next = number_in(*created, "undoes");
    }
    auto made = rows_from_entries(log_, wanted);
    if (!made) return std::unexpected(made.error());
    made_ = std::move(*made);
    return Done{};
  }

  [[nodiscard]] const Json* row_of(const char* table, const std::string& id) const {
    const auto rows = made_.find(table);
    if (rows == made_.end()) return nullptr;
    const auto found = rows->second.find(id);
    return found == rows->second.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const Json* row_of(const char* table, std::uint64_t id) const {
    return row_of(table, fmt::format("{:012}", id));
  }

  Result<std::vector<Json>> one_run(std::uint64_t id) {
    const Json* doc = row_of("run", id);
    if (doc == nullptr) return fail(Errc::invalid, fmt::format("no run {}: the log has no entry of it", id));
    return std::vector<Json>{*doc};
  }

  /// Whoever reads what was done is to read also that it was taken back, and of what took something back what that was.
  void add_undos(std::vector<Json>& runs) {
    std::set<std::uint64_t> there;
    for (const Json& run : runs) there.insert(run.at("id").get<std::uint64_t>());
    for (std::size_t i = 0; i < runs.size(); ++i) {  // an undo may be undone
      const Json* undone = row_of("undone", runs[i].at("id").get<std::uint64_t>());
      if (undone != nullptr && undone->contains("by")) runs[i]["undone_by"] = undone->at("by");
      for (const char* other : {"undoes", "undone_by"}) {
        const std::uint64_t id = runs[i].value(other, std::uint64_t{0});
        if (id == 0 || !there.insert(id).second) continue;
        if (const Json* doc = row_of("run", id); doc != nullptr) runs.push_back(*doc);
      }
    }
    std::ranges::sort(runs, {}, [](const Json& run) { return run.at("id").get<std::uint64_t>(); });
  }

  /// What is too much for one page is refused: nobody may take a part for all there is.
  Result<Done> few_enough(const EvidenceRequest& request) {
    if (request.run) return Done{};
    const auto runs =
        std::ranges::count_if(made_["run"], [&](const auto& row) { return is_about(request, row.second); });
    const auto findings =
        std::ranges::count_if(made_["finding"], [&](const auto& row) { return is_asked_for(request, row.second); });
    if (runs <= most && findings <= most) return Done{};
    return fail(Errc::invalid, fmt::format("{} and {}, at most {} of each are put together; name a later --since",
                                           counted(static_cast<std::uint64_t>(runs), "run"),
                                           counted(static_cast<std::uint64_t>(findings), "finding"), most));
  }

  static bool is_about(const EvidenceRequest& request, const Json& run) {
    return text_in(run, "control") == request.control && is_since(request, text_in(run, "finished_at"));
  }

  static bool is_asked_for(const EvidenceRequest& request, const Json& finding) {
    return !request.run && text_in(finding, "control") == request.control &&
           is_since(request, text_in(finding, "resolved_at"));
  }

  Result<std::vector<Json>> runs_of(const EvidenceRequest& request) {
    std::vector<Json> runs;
    for (const auto& [id, doc] : made_["run"]) {
      if (is_about(request, doc)) runs.push_back(doc);
    }
    return runs;
  }

  /// What was over before is left out, also where a person has marked it since. Empty `end`: it is not over.
  static bool is_since(const EvidenceRequest& request, const std::string& end) {
    const auto time = parse_rfc3339(end);
    return !request.since || !time || *time >= *request.since;
  }

  void add_runs(std::vector<Json> runs) {
    pack_["runs"] = Json::array();
    for (Json& run : runs) {
      runs_.insert(run.at("id").get<std::uint64_t>());
      findings_.insert(text_in(run, "finding"));
      subjects_.insert(text_in(run, "subject"));
      hashes_.insert({text_in(run, "version"), text_in(run, "control_hash")});
      if (const Json* finding = row_of("finding", text_in(run, "finding")); finding != nullptr) run["found"] = *finding;
      pack_["runs"].push_back(std::move(run));
    }
  }

  /// Of a control, also what no run has answered: what was left as it is, is to be shown too.
  void add_findings(const EvidenceRequest& request) {
    pack_["findings"] = Json::array();
    for (const auto& [id, finding] : made_["finding"]) {
      if (!is_asked_for(request, finding)) continue;
      if (!findings_.insert(id).second) continue;
      subjects_.insert(text_in(finding, "subject"));
      hashes_.insert(text_in(finding, "control_hash"));
      pack_["findings"].push_back(finding);
    }
  }

  /// Of that control and, where a run is asked for, of its subject.
  void add_waivers(const EvidenceRequest& request) {
    pack_["waivers"] = Json::array();
    for (const auto& [id, waiver] : made_["waiver"]) {
      const auto covers = [&waiver](const Json& run) {
        return run.at("control") == waiver.at("control") && run.at("subject") == waiver.at("subject");
      };
      const bool about =
          request.run ? std::ranges::any_of(pack_.at("runs"), covers)
                      : text_in(waiver, "control") == request.control && is_since(request, text_in(waiver, "ended_at"));
      if (!about) continue;
      waivers_.insert(waiver.at("id").get<std::uint64_t>());
      pack_["waivers"].push_back(waiver);
    }
  }

  [[nodiscard]] bool is_about_them(const Json& entry) const {
    const auto number = [&entry](const char* key, const std::set<std::uint64_t>& among) {
      const auto found = entry.find(key);
      return found != entry.end() && found->is_number_unsigned() && among.contains(found->get<std::uint64_t>());
    };
    if (number("run", runs_) || number("waiver", waivers_)) return true;
    if (const std::string finding = text_in(entry, "finding"); !finding.empty() && findings_.contains(finding))
      return true;
    const std::string kind = text_in(entry, "kind");
    if (kind == "contents.erased") return subjects_.contains(text_in(entry, "subject"));
    return kind == "definition.loaded" && hashes_.contains(text_in(entry, "hash"));
  }

  Result<Done> find_entries() {
    pack_["erased"] = Json::object();
    for (std::uint64_t next = 0;;) {
      auto page = log_.entries(next, chunk);
      if (!page) return std::unexpected(page.error());
      if (page->empty()) return Done{};
      for (const Entry& entry : *page) {
        auto doc = parse_own_json(entry.bytes);
        if (!doc) return fail(Errc::corrupt, fmt::format("entry {}: {}", entry.seq, doc.error().message));
        note(entry.seq, *doc);
      }
      next = page->back().seq + 1;
    }
  }

  void note(std::uint64_t seq, const Json& entry) {
    const std::string kind = text_in(entry, "kind");
    if (kind == "contents.erased") pack_["erased"][text_in(entry, "subject")] = text_in(entry, "at");
    if (kind == "retention.applied" && number_in(entry, "contents") != 0 && !seqs_.empty()) retention_.push_back(seq);
    if (!is_about_them(entry)) return;
    seqs_.insert(seq);
    each_commitment(entry, [this](const std::string& id) { commitments_.insert(id); });
  }

  /// What is collected stands still; what signs it may come later.
  Result<Done> add_entries(std::chrono::milliseconds patience) {
    pack_["entries"] = Json::array();
    if (!pack_.at("gone").empty()) seqs_.insert(retention_.begin(), retention_.end());
    if (seqs_.empty()) return Done{};
    auto signed_log = signed_beyond(*seqs_.rbegin(), std::chrono::steady_clock::now() + patience);
    if (!signed_log) return std::unexpected(signed_log.error());
    Prover prover(**signed_log);
    for (const std::uint64_t seq : seqs_) {
      if (auto ok = add_entry(prover, seq); !ok) return ok;
    }
    return Done{};
  }

  /// The same log, standing still with a checkpoint over entry `last`, or with the newest there is until then.
  Result<std::unique_ptr<store::SqliteHistory>> signed_beyond(std::uint64_t last,
                                                              std::chrono::steady_clock::time_point until) {
    while (true) {
      auto beside = log_.again();
      if (!beside) return beside;
      if (auto ok = (*beside)->stand_still(); !ok) return std::unexpected(ok.error());
      auto newest = (*beside)->newest_checkpoint();
      if (!newest) return std::unexpected(newest.error());
      if ((*newest && (*newest)->size > last) || std::chrono::steady_clock::now() >= until) return beside;
      std::this_thread::sleep_for(evidence_look_again);
    }
  }

  Result<Done> add_entry(Prover& prover, std::uint64_t seq) {
    auto proof = prover.prove(seq);
    if (!proof) return std::unexpected(proof.error());
    auto bytes = unbase64(text_in(*proof, "entry"));
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
    const auto doc = parse_own_json(found.doc);
    Json told = withheld(doc.value_or(Json()), !pack_.at("kept_back").empty());
    const bool whole = doc && told == *doc;
    if (whole) definition["doc"] = found.doc;
    if (!whole) definition["told"] = std::move(told);
    pack_["definitions"].push_back(std::move(definition));
  }

  store::SqliteHistory& log_;
  std::set<std::uint64_t> runs_;
  std::set<std::string> findings_;
  std::set<std::string> subjects_;
  std::set<std::uint64_t> waivers_;
  std::set<std::string> hashes_;          ///< of their definitions
  std::set<std::uint64_t> seqs_;          ///< of the entries about all these …
  std::vector<std::uint64_t> retention_;  ///< … and about contents that nobody has erased and that are gone
  std::set<std::string> commitments_;
  MadeRows made_;
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
