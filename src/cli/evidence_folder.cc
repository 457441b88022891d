#include "cli/evidence_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/evidence_page.h"
#include "cli/evidence_verifier.h"
#include "store/file_io.h"

namespace aright::cli {

namespace {

constexpr mode_t file_mode = 0644;  ///< whoever may enter the folder may read

Result<Done> make_new_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return Done{};
  if (errno == EEXIST) return fail(Errc::conflict, path + ": is there already; name another folder with --out");
  return std::unexpected(errno_error(errno, path));
}

Result<Done> write_entries(const std::string& path, const Json& pack) {
  std::string lines;
  Json proofs = Json::array();
  for (const Json& entry : pack.at("entries")) {
    lines += entry.at("bytes").get_ref<const std::string&>() + "\n";
    proofs.push_back({{"seq", entry.at("seq")}, {"proof", entry.at("proof")}});
  }
  if (auto ok = store::write_new_file(path + "/entries.jsonl", lines, file_mode); !ok) return ok;
  return store::write_new_file(
      path + "/proofs.json", Json{{"tree_size", pack.at("tree_size")}, {"entries", proofs}}.dump(1) + "\n", file_mode);
}

Result<Done> write_contents(const std::string& path, const Json& pack) {
  if (pack.at("contents").empty()) return Done{};
  if (auto ok = make_new_folder(path); !ok) return ok;
  for (const Json& content : pack.at("contents")) {
    const std::string file = path + "/" + content.at("id").get<std::string>();
    for (const auto& [name, key] : {std::pair(file, "bytes"), std::pair(file + ".salt", "salt")}) {
      const auto bytes = unbase64(content.at(key).get_ref<const std::string&>());
      if (!bytes) return std::unexpected(bytes.error());
      if (auto ok = store::write_new_file(name, *bytes, file_mode); !ok) return ok;
    }
  }
  return Done{};
}

Result<Done> write_definitions(const std::string& path, const Json& pack) {
  if (pack.at("definitions").empty()) return Done{};
  if (auto ok = make_new_folder(path); !ok) return ok;
  for (const Json& definition : pack.at("definitions")) {
    if (!definition.contains("doc")) continue;  // kept back
    const std::string file = fmt::format("{}/{}.json", path, definition.at("hash").get<std::string>());
    if (auto ok = store::write_new_file(file, definition.at("doc").get_ref<const std::string&>(), file_mode); !ok)
      return ok;
  }
  return Done{};
}

}  // namespace

Result<Done> write_evidence(const std::string& path, const Json& pack, const std::string& key) {
  Result<Done> ok = make_new_folder(path);
  if (ok) ok = write_entries(path, pack);
  if (ok) ok = write_contents(path + "/contents", pack);
  if (ok) ok = write_definitions(path + "/definitions", pack);
  if (ok)
    ok =
        store::write_new_file(path + "/checkpoint.txt", pack.at("checkpoint").get_ref<const std::string&>(), file_mode);
  if (ok) ok = store::write_new_file(path + "/signing.pub", key, file_mode);
  if (ok) ok = store::write_new_file(path + "/verify.py", evidence_verifier(), 0755);
  if (ok) ok = store::write_new_file(path + "/index.html", evidence_page(pack), file_mode);
  return ok;
}

}  // namespace aright::cli
