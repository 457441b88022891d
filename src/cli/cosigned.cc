#include "cli/cosigned.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "audit/note.h"
#include "base/digest.h"
#include "cli/file_syntax.h"
#include "store/file_io.h"

namespace aright::cli {

namespace {

constexpr std::size_t note_bytes_max = 64U << 10U;
constexpr std::size_t name_letters = 32;

/// Signatures that `note` has not, where both are of one checkpoint.
std::string more_signatures(const std::string& kept, const audit::Note& own) {
  const auto other = audit::open_note(kept);
  if (!other || other->body != own.body) return {};
  std::string lines;
  for (const audit::NoteSignature& one : other->signatures) {
    const bool known = std::ranges::find(own.signatures, one.line, &audit::NoteSignature::line) != own.signatures.end();
    if (!known) lines += std::string(one.line) + "\n";
  }
  return lines;
}

}  // namespace

Result<Done> keep_cosigned(const std::string& folder, const std::string& witness, const std::string& note) {
  if (auto ok = store::make_folder(folder); !ok) return ok;
  return store::replace_file(folder + "/" + hex(sha256(witness)).substr(0, name_letters), note, 0600);
}

std::string cosignatures_on(const std::string& folder, const std::string& note) {
  const auto own = audit::open_note(note);
  if (!own) return {};
  std::error_code none;
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder, none)) files.push_back(file.path().string());
  std::ranges::sort(files);
  std::string lines;
  for (const std::string& file : files) {
    if (const auto kept = read_whole(file, note_bytes_max)) lines += more_signatures(*kept, *own);
  }
  return lines;
}

}  // namespace aright::cli
