#include "cli/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "audit/key.h"
#include "base/digest.h"
#include "base/time.h"
#include "base/unique_fd.h"
#include "cli/audit_verify.h"
#include "cli/file_syntax.h"
#include "cli/own_paths.h"
#include "model/doc.h"
#include "store/file_io.h"
#include "store/state_copy.h"
#include "store/state_folder.h"

namespace aright::cli {

namespace {

constexpr const char* manifest = "backup.json";
constexpr std::uint64_t backup_format = 1;
constexpr std::size_t manifest_bytes_max = std::size_t{4} << 20U;
constexpr std::size_t copied_bytes_max = std::size_t{512} << 20U;  // a snapshot has 256 MiB, a segment less
constexpr int tries = 3;

std::string now_text() { return rfc3339(std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now())); }

/// Removes the folder it was given unless it is kept.
class Unfinished {
 public:
  explicit Unfinished(std::string folder) : folder_(std::move(folder)) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  void keep() { folder_.clear(); }

 private:
  std::string folder_;
};

Result<Done> make_new(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) == 0) return Done{};
  if (errno == EEXIST) return fail(Errc::conflict, folder + ": is there already; name a new folder");
  return std::unexpected(errno_error(errno, folder));
}

/// A new folder under a name that only restores use, locked while one works in it. One that nobody works in was left by
/// a restore that a power cut ended: nobody was told of it, and it must not be in the way of the next one for ever.
Result<UniqueFd> make_own(const std::string& folder) {
  struct stat info{};
  const bool left = lstat(folder.c_str(), &info) == 0;
  if (left && S_ISDIR(info.st_mode) && info.st_uid == geteuid() && !store::StateFolder::in_use(folder)) {
    std::error_code error;
    std::filesystem::remove_all(folder, error);
    if (error) return std::unexpected(errno_error(error.value(), folder));
  }
  if (auto ok = make_new(folder); !ok) return std::unexpected(ok.error());
  UniqueFd made{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  if (!made.valid() || flock(made.get(), LOCK_EX | LOCK_NB) != 0) return std::unexpected(errno_error(errno, folder));
  return made;
}

/// Before the database and after it: a delivery may be worked up meanwhile and leave the spool, or come into it. What
/// is there twice is known by its id.
Result<std::vector<std::string>> copy_all(const std::string& state, const std::string& to) {
  auto files = store::copy_state_files(state, to);
  if (!files) return files;
  const std::string database = state + "/aright.db";
  if (auto ok = store::copy_database(database, to + "/aright.db", store::StateFolder::in_use(state)); !ok) {
    return std::unexpected(ok.error());
  }
  const std::string spools = "webhooks";
  if (!std::filesystem::is_directory(state + "/" + spools)) return files;
  std::error_code error;
  std::filesystem::create_directory(to + "/" + spools, error);
  if (error) return std::unexpected(errno_error(error.value(), to));
  const auto more = store::copy_state_files(state + "/" + spools, to + "/" + spools);
  if (!more) return more;
  for (const std::string& name : *more) files->push_back(spools + "/" + name);
  std::ranges::sort(*files);
  files->erase(std::ranges::unique(*files).begin(), files->end());
  if (auto ok = store::check_spools(to + "/" + spools); !ok) return std::unexpected(ok.error());
  return files;
}

/// A spool that ran on faster than it was copied has a gap in its copy: once more.
Result<std::vector<std::string>> copy_state(const std::string& state, const std::string& to) {
  for (int left = tries;; --left) {
    auto files = copy_all(state, to);
    if (files || files.error().code != Errc::corrupt || left == 1) return files;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(to, ignored)) {
      std::filesystem::remove_all(entry.path(), ignored);
    }
  }
}

Result<std::string> hash_of(const std::string& path) {
  const auto bytes = read_whole(path, copied_bytes_max);
  if (!bytes) return std::unexpected(bytes.error());
  return hex(sha256(*bytes));
}

/// The key that signs is the one whose public half is here.
Result<Done> check_keys(const std::string& folder) {
  const auto published = read_whole(folder + "/signing.pub", 4096);
  if (!published) return std::unexpected(published.error());
  const auto known = audit::VerifyKey::parse(*published);
  if (!known) return std::unexpected(known.error());
  const auto text = read_whole(folder + "/" + store::StateFolder::signing_key, 4096);
  if (!text) return std::unexpected(text.error());
  const auto seed = unhex(*text);
  const auto key =
      seed ? audit::SigningKey::from_seed(*seed) : Result<audit::SigningKey>(std::unexpected(seed.error()));
  if (key && key->public_key() == known->public_key) return Done{};
  return fail(Errc::corrupt, folder + ": signing.key is not the key of this log");
}

Result<Json> check_copy(const std::string& folder) {
  auto verified = verify_log(folder + "/aright.db", folder + "/signing.pub");
  if (!verified) return verified;
  if (auto ok = check_keys(folder); !ok) return std::unexpected(ok.error());
  return verified;
}

Result<Json> manifest_of(const std::string& folder, const std::vector<std::string>& files, const Json& verified) {
  Json hashes = Json::object();
  for (const std::string& name : files) {
    auto hash = hash_of(folder + "/" + name);
    if (!hash) return std::unexpected(hash.error());
    hashes[name] = *hash;
  }
  return Json{{"format", backup_format},
              {"version", ARIGHT_VERSION},
              {"made_at", now_text()},
              {"log", verified.at("origin")},
              {"entries", verified.at("entries")},
              {"signed_entries", verified.at("signed_entries")},
              {"files", std::move(hashes)}};
}

struct Backup {
  Json doc;
  std::uint64_t entries{0};
  std::string made_at;
};

Result<Backup> read_manifest(const std::string& folder) {
  const auto text = read_whole(folder + "/" + manifest, manifest_bytes_max);
  if (!text && text.error().code == Errc::not_found) {
    return fail(Errc::corrupt, fmt::format("{}: is no whole backup: {} is missing", folder, manifest));
  }
  if (!text) return std::unexpected(text.error());
  auto doc = parse_json(*text);
  if (!doc) return fail(Errc::corrupt, fmt::format("{}/{}: {}", folder, manifest, doc.error().message));
  DocReader in(*doc, manifest);
  const std::uint64_t format = in.number("format");
  const std::uint64_t entries = in.number("entries");
  const std::string made_at = in.text("made_at");
  if (auto ok = in.finish(); !ok) return fail(Errc::corrupt, folder + ": " + ok.error().message);
  if (format != backup_format) return fail(Errc::invalid, folder + ": was made by a newer version");
  if (!doc->contains("files") || !doc->at("files").is_object()) {
    return fail(Errc::corrupt, fmt::format("{}/{}: has no files", folder, manifest));
  }
  return Backup{std::move(*doc), entries, made_at};
}

/// Of a folder whose files are those of `backup`.
Result<Done> check_as_made(const std::string& folder, const Backup& backup) {
  for (const auto& [name, hash] : backup.doc.at("files").items()) {
    const auto found = hash_of(folder + "/" + name);
    if (!found) return fail(Errc::corrupt, found.error().message);
    if (Json(*found) != hash)
      return fail(Errc::corrupt, fmt::format("{}/{}: is not as it was when the backup was made", folder, name));
  }
  const auto verified = check_copy(folder);
  if (!verified) return std::unexpected(verified.error());
  if (verified->at("entries") == backup.entries) return Done{};
  return fail(Errc::corrupt, fmt::format("{}/aright.db: has {} entries, but had {} when the backup was made", folder,
                                         verified->at("entries").dump(), backup.entries));
}

Result<Done> check_place(const std::string& state) {
  struct stat info{};
  if (lstat(state.c_str(), &info) != 0)
    return errno == ENOENT ? Result<Done>(Done{}) : std::unexpected(errno_error(errno, state));
  if (!S_ISDIR(info.st_mode)) return fail(Errc::denied, state + ": is no folder");
  if (store::StateFolder::in_use(state)) return fail(Errc::denied, state + ": a daemon works in it");
  std::error_code error;
  const bool empty = std::filesystem::is_empty(state, error);
  if (error) return std::unexpected(errno_error(error.value(), state));
  if (!empty)
    return fail(Errc::denied, state + ": is not empty; move what is in it away, or name another with --state");
  return Done{};
}

}  // namespace

Result<Json> back_up(const std::string& state, const std::string& to) {
  if ((absolute(to) + "/").starts_with(absolute(state) + "/")) {
    return fail(Errc::invalid, to + ": lies in the state folder; a backup belongs elsewhere");
  }
  struct stat info{};
  if (stat((state + "/aright.db").c_str(), &info) != 0)
    return std::unexpected(errno_error(errno, state + "/aright.db"));
  if (auto ok = make_new(to); !ok) return std::unexpected(ok.error());
  Unfinished made(to);
  const auto files = copy_state(state, to);
  if (!files) return std::unexpected(files.error());
  const auto verified = check_copy(to);
  if (!verified) return verified;
  auto doc = manifest_of(to, *files, *verified);
  if (!doc) return doc;
  if (auto ok = store::write_new_file(to + "/" + manifest, doc->dump(2) + "\n"); !ok)
    return std::unexpected(ok.error());
  for (const std::string& folder : {to, std::filesystem::path(absolute(to)).parent_path().string()}) {
    if (auto ok = store::sync_folder(folder); !ok) return std::unexpected(ok.error());
  }
  made.keep();
  return doc;
}

Result<Json> restore(const std::string& from, const std::string& state, const std::string& reason) {
  const auto backup = read_manifest(from);
  if (!backup) return std::unexpected(backup.error());
  if (auto ok = check_place(state); !ok) return std::unexpected(ok.error());
  const std::string target = absolute(state);
  if ((target + "/").starts_with(absolute(from) + "/")) {
    return fail(Errc::invalid, state + ": lies in the backup; a state folder belongs elsewhere");
  }
  const std::string unfinished = target + ".restoring";
  const auto alone = make_own(unfinished);
  if (!alone) return std::unexpected(alone.error());
  Unfinished made(unfinished);
  const auto files = store::copy_state_files(from, unfinished);
  if (!files) return std::unexpected(files.error());
  if (auto ok = store::copy_database(from + "/aright.db", unfinished + "/aright.db", false); !ok) {
    return std::unexpected(ok.error());
  }
  if (auto ok = check_as_made(unfinished, *backup); !ok) return std::unexpected(ok.error());
  std::error_code ignored;
  for (const char* name : {manifest, restored_mark}) std::filesystem::remove(unfinished + "/" + name, ignored);
  Json mark{
      {"made_at", backup->made_at}, {"entries", backup->entries}, {"restored_at", now_text()}, {"reason", reason}};
  if (auto ok = store::write_new_file(unfinished + "/" + restored_mark, mark.dump() + "\n"); !ok)
    return std::unexpected(ok.error());
  if (auto ok = store::sync_folder(unfinished); !ok) return std::unexpected(ok.error());
  if (std::rename(unfinished.c_str(), target.c_str()) != 0) return std::unexpected(errno_error(errno, target));
  made.keep();
  if (auto ok = store::sync_folder(std::filesystem::path(target).parent_path().string()); !ok)
    return std::unexpected(ok.error());
  return mark;
}

}  // namespace aright::cli
