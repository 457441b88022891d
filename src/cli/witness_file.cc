#include "cli/witness_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

namespace aright::cli {

namespace {

constexpr std::streamoff end_bytes = 64L << 10U;
constexpr std::uint32_t entries_at_once = 4096;
constexpr std::size_t line_max = 64U << 10U;  ///< a note has some hundred bytes; of longer lines nothing is kept

/// The note in `line`, or nothing.
std::string note_in(std::string_view line, const std::string& origin) {
  const auto at = line.find(origin + "|");
  if (at == std::string_view::npos || !line.ends_with('|')) return {};
  std::string note(line.substr(at));
  std::ranges::replace(note, '|', '\n');
  return note;
}

struct NoteLine {
  std::size_t number{0};
  std::string note;
};

/// Into `line`, without its end; of one that is too long nothing. False: there is none.
bool read_line(std::istream& file, std::vector<char>& line) {
  if (file.getline(line.data(), static_cast<std::streamsize>(line.size()))) return true;
  if (file.eof() || file.bad() || file.gcount() == 0) return false;
  file.clear();
  file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  line.front() = '\0';
  return true;
}

/// From byte `from` on, which may lie within a line. Line numbers count from there.
Result<std::vector<NoteLine>> note_lines(const std::string& path, std::streamoff from, const std::string& origin) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return std::unexpected(errno_error(errno, path));
  if (!S_ISREG(info.st_mode)) return fail(Errc::invalid, path + ": is no regular file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(errno_error(errno == 0 ? EIO : errno, path));
  file.seekg(from);
  std::vector<NoteLine> lines;
  std::vector<char> line(line_max);
  for (std::size_t number = 1; read_line(file, line); ++number) {
    const bool cut = file.eof() || (from != 0 && number == 1);
    std::string note = cut ? std::string() : note_in(line.data(), origin);
    if (!note.empty()) lines.push_back({number, std::move(note)});
  }
  if (file.bad()) return std::unexpected(errno_error(EIO, path));
  return lines;
}

Result<audit::HeldCheckpoint> opened(const std::string& path, const NoteLine& line, const audit::VerifyKey& key) {
  const std::string where = fmt::format("{}, line {}", path, line.number);
  auto body = audit::open_checkpoint(line.note, key);
  if (!body) return fail(Errc::invalid, where + ": " + body.error().message);
  return audit::HeldCheckpoint{where, line.number, std::move(*body)};
}

/// The log begins with what `held` is for, by a checkpoint that it has stored.
Result<bool> has_stored(store::SqliteHistory& history, const audit::HeldCheckpoint& held, const audit::VerifyKey& key) {
  auto stored = history.checkpoint_at(held.body.size);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return false;
  const auto body = audit::open_checkpoint((*stored)->note, key);
  return body && body->size == held.body.size && body->root == held.body.root;
}

std::optional<Digest> root_in(const Json& entry, const char* key) {
  const auto bytes = unbase64(entry.value(key, ""));
  Digest root{};
  if (!bytes || bytes->size() != root.size()) return std::nullopt;
  std::ranges::copy(as_bytes(*bytes), root.begin());
  return root;
}

Result<std::optional<Parted>> read_all(store::SqliteHistory& history, const std::string& file,
                                       const audit::HeldCheckpoint& newest, const audit::VerifyKey& key) {
  auto held = read_witness(file, key);
  if (!held) return std::unexpected(held.error());
  audit::LogCheck log(key, {}, std::move(*held));
  std::vector<audit::SetBack> earlier;
  while (true) {
    auto page = history.entries(log.size(), entries_at_once);
    if (!page) return std::unexpected(page.error());
    auto leaves = history.leaves(log.size(), entries_at_once);
    if (!leaves) return std::unexpected(leaves.error());
    const std::size_t count = std::min(page->size(), leaves->size());
    for (std::size_t i = 0; i < count; ++i) {
      const Entry& entry = (*page)[i];
      if (auto ok = log.add(entry.seq, entry.bytes, (*leaves)[i]); !ok) return std::unexpected(ok.error());
      if (!entry.bytes.contains(set_back_kind)) continue;
      const auto doc = parse_own_json(entry.bytes);
      if (const auto back = doc ? set_back_of(*doc) : std::nullopt) earlier.push_back(*back);
    }
    if (count == 0) break;
  }
  const auto found = log.parting(earlier);
  if (!found) return std::nullopt;
  return Parted{{newest.body.size, newest.body.root, found->agreed, found->first.size, found->first.root},
                found->error.message};
}

}  // namespace

std::string witness_line(const std::string& note) {
  std::string line = note;
  std::ranges::replace(line, '\n', '|');
  return line;
}

Result<std::vector<audit::HeldCheckpoint>> read_witness(const std::string& file, const audit::VerifyKey& key) {
  const auto lines = note_lines(file, 0, key.name);
  if (!lines) return std::unexpected(lines.error());
  std::vector<audit::HeldCheckpoint> held;
  held.reserve(lines->size());
  for (const NoteLine& line : *lines) {
    auto one = opened(file, line, key);
    if (!one) return std::unexpected(one.error());
    held.push_back(std::move(*one));
  }
  return held;
}

Result<std::optional<audit::HeldCheckpoint>> newest_witnessed(const std::string& file, const audit::VerifyKey& key) {
  struct stat info{};
  if (stat(file.c_str(), &info) != 0) return std::unexpected(errno_error(errno, file));
  for (const std::streamoff from : {std::max<std::streamoff>(info.st_size - end_bytes, 0), std::streamoff{0}}) {
    const auto lines = note_lines(file, from, key.name);
    if (!lines) return std::unexpected(lines.error());
    if (!lines->empty()) return opened(file, lines->back(), key);
    if (from == 0) break;
  }
  return std::nullopt;
}

Result<std::optional<Parted>> compare_with_witness(store::SqliteHistory& history, const std::string& file,
                                                   const audit::VerifyKey& key) {
  auto newest = newest_witnessed(file, key);
  if (!newest) return std::unexpected(newest.error());
  if (!*newest) return std::nullopt;
  const auto stored = has_stored(history, **newest, key);
  if (!stored) return std::unexpected(stored.error());
  if (*stored) return std::nullopt;
  return read_all(history, file, **newest, key);
}

std::optional<audit::SetBack> set_back_of(const Json& entry) {
  if (entry.value("kind", "") != set_back_kind) return std::nullopt;
  const auto size = entry.find("held");
  const auto agreed = entry.find("agreed");
  const auto root = root_in(entry, "root");
  if (size == entry.end() || !size->is_number_unsigned() || agreed == entry.end() || !agreed->is_number_unsigned() ||
      !root) {
    return std::nullopt;
  }
  audit::SetBack back{size->get<std::uint64_t>(), *root, agreed->get<std::uint64_t>()};
  const auto from = entry.find("from");
  if (from == entry.end()) return back;
  const auto from_root = root_in(entry, "from_root");
  if (!from->is_number_unsigned() || !from_root) return std::nullopt;
  back.from = from->get<std::uint64_t>();
  back.from_root = *from_root;
  return back;
}

}  // namespace aright::cli
