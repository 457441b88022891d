#include "driver/own/own_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/path_text.h"
#include "driver/own/own_tree.h"
#include "driver/own/real_path.h"

namespace aright::driver {

namespace {

constexpr std::string_view blanks = " \t\r\n";
/// What may stand before or behind a path: in lists, options, addresses of copies, sentences.
constexpr std::string_view separators = " \t\r\n=:,;@|&<>()[]{}'\"`";
constexpr std::size_t paths_max = 256;
constexpr std::chrono::seconds kept_for{1};

std::vector<std::string> real_paths(const std::vector<std::string>& texts) {
  std::vector<std::string> paths;
  paths.reserve(texts.size());
  for (const std::string& text : texts) paths.push_back(real_path(path_bytes(text).value_or(text)));
  return paths;
}

/// Where a path may begin: at first, behind separators, and behind the letters of an option ("-C/var").
std::vector<std::size_t> beginnings(std::string_view text) {
  std::vector<std::size_t> list{0};
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (separators.contains(text[i]) && !separators.contains(text[i + 1])) list.push_back(i + 1);
  }
  const auto slash = text.find('/');
  if (text.starts_with('-') && slash != std::string_view::npos && slash > 1) list.push_back(slash);
  return list;
}

/// As far as the next separator, and to the end: a name may hold what separates others.
std::vector<std::string_view> readings(std::string_view text, std::size_t begin) {
  const std::string_view whole = text.substr(begin);
  std::vector<std::string_view> list{whole};
  const auto end = whole.find_first_of(separators);
  if (end != std::string_view::npos && end != 0) list.push_back(whole.substr(0, end));
  return list;
}

/// The first folder of it is there, or would be one of ours: else it leads nowhere, like most words.
bool may_lead_somewhere(const std::string& path, const OwnTree& own) {
  const auto from = path.find_first_not_of('/');
  if (from == std::string::npos) return true;
  const std::string first = path.substr(from, path.find('/', from) - from);
  struct stat ignored{};
  return first == ".." || own.begins_with(first) || lstat(("/" + first).c_str(), &ignored) == 0;
}

}  // namespace

void OwnFiles::change(std::vector<std::string> paths) {
  const std::lock_guard lock(mutex_);
  paths_ = std::move(paths);
  kept_.reset();
}

OwnTree OwnFiles::tree() const {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!kept_ || now - kept_at_ >= kept_for) {
    kept_.emplace(real_paths(paths_));
    kept_at_ = now;
  }
  return *kept_;
}

std::string OwnFiles::named_in(std::string_view text, Given given) const {
  if (text.empty() || text.contains('\0')) return {};
  OwnTree own = tree();
  if (given == Given::program) return own.is_program(std::string(text)) ? "is Aright's own program" : std::string();
  const bool one_word = text.find_first_of(blanks) == std::string_view::npos;
  std::size_t looked_at = 0;
  for (const std::size_t begin : beginnings(text)) {
    for (const std::string_view reading : readings(text, begin)) {
      const std::string path = reading.starts_with('/') ? std::string(reading) : "/" + std::string(reading);
      if (!may_lead_somewhere(path, own)) continue;
      if (++looked_at > paths_max) return fmt::format("holds more than {} paths, too many to look at", paths_max);
      const std::string real = real_path(path);
      if (const std::string what = own.around(real); !what.empty()) return "leads to " + what;
      // A lone word is a name of something else more often than of a folder in "/"; "/" in a sentence is a mark.
      const bool folder = reading.contains('/') || reading == "." || reading == "..";
      if (given != Given::filled || !folder || (!one_word && reading.size() != text.size())) continue;
      if (const std::string what = own.within(real); !what.empty()) return "is a folder above " + what;
    }
  }
  return {};
}

std::uint64_t OwnFiles::process() const { return static_cast<std::uint64_t>(getpid()); }

std::string OwnFiles::why_kept(std::string_view path) const {
  const auto bytes = path_bytes(path);
  if (!bytes || !bytes->starts_with('/')) return {};
  OwnTree own = tree();
  const std::string real = real_path(*bytes);
  if (const std::string what = own.around(real); !what.empty()) return "it leads to " + what;
  const std::string what = own.within(real);
  return what.empty() ? std::string() : "it is a folder above " + what;
}

}  // namespace aright::driver
