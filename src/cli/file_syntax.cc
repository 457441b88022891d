#include "cli/file_syntax.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/path_text.h"
#include "base/unique_fd.h"
#include "cli/key_syntax.h"
#include "detect/fill.h"
#include "driver/file/names.h"
#include "driver/file/path.h"
#include "driver/file/state.h"

namespace aright::cli {

namespace {

constexpr std::size_t content_max = 1U << 20U;
constexpr std::size_t first_piece = 4096;

class DesiredParser {
 public:
  DesiredParser(const std::string& folder, std::set<std::string>* read, Diagnostics& out)
      : folder_(folder), read_(read), out_(out) {}

  std::optional<Desired> parse(const yaml::Node& node) {
    const std::size_t before = out_.size();
    yaml::Fields in(node, "`desired`", out_);
    Desired desired;
    desired.fields = {{"exists", true}};
    content(in, desired);
    parse_keys(in, desired, out_);
    if (in.node("keys") != nullptr && (in.node("content") != nullptr || in.node("content_from") != nullptr)) {
      in.error(in.node("keys")->at, "`keys` and `content` exclude each other",
               "`keys` keeps everything else in the file as it is");
    }
    mode(in, desired);
    for (const bool user : {true, false}) owner(in, user, desired);
    const bool absent = in.boolean("absent").value_or(false);
    const bool optional = in.boolean("optional").value_or(false);
    if (absent && desired.fields.size() > 1) in.error(node.at, "`absent: true` excludes every other field");
    if (absent && optional) in.error(node.at, "`absent: true` and `optional: true` exclude each other");
    desired.sensitive = in.boolean("sensitive").value_or(false);
    in.finish();
    if (!has_errors(out_, before) && !absent && desired.fields.size() == 1) {
      in.error(node.at, "`desired` states nothing",
               "give `content`, `keys`, `mode`, `owner`, `group` or `absent: true`");
    }
    if (absent) desired.fields = {{"exists", false}};
    if (optional) desired.fields.erase("exists");
    if (has_errors(out_, before)) return std::nullopt;
    return desired;
  }

 private:
  /// True: it holds `${ … }`, so what it comes to is known only when the file is read.
  static bool fill_later(const char* field, const std::string& text, Desired& desired) {
    if (!text.contains("${")) return false;
    desired.fields[std::string(cel::filled_field)][field] = text;
    return true;
  }

  void content(yaml::Fields& in, Desired& desired) {
    const auto text = in.text("content");
    const auto from = in.text("content_from");
    if (text && from) return in.error(in.at(), "`content` and `content_from` exclude each other");
    if (text && !fill_later("content", *text, desired)) desired.fields["content"] = content_json(*text);
    if (!from) return;
    const Position at = in.node("content_from")->at;
    if (from->starts_with('/') || !driver::check_path("/" + *from)) {
      return in.error(at, fmt::format("`content_from` \"{}\" must lie below the configuration folder", *from),
                      "such as files/motd");
    }
    if (read_ != nullptr) read_->insert(*from);
    const auto bytes = read_whole(folder_ + "/" + *from, content_max);
    if (!bytes) return in.error(at, "`content_from`: " + bytes.error().message);
    desired.fields["content"] = content_json(*bytes);
  }

  /// A number is who has it, and is kept as reading gives it, so that states are compared without asking who is who. A
  /// name nobody has here may come later, so it is no mistake; but until then every fix would fail.
  void owner(yaml::Fields& in, bool user, Desired& desired) {
    const char* key = user ? "owner" : "group";
    const auto text = in.text(key);
    if (!text || fill_later(key, *text, desired)) return;
    if (text->empty()) {
      return in.error(in.node(key)->at, fmt::format("`{}` is empty, and nobody is called that", key),
                      user ? "name a user, or leave it out where anybody may own the file"
                           : "name a group, or leave it out where any group will do");
    }
    desired.fields[key] = *text;
    const auto id = user ? driver::user_id(*text) : driver::group_id(*text);
    if (id) {
      const auto name = user ? driver::user_name(*id) : driver::group_name(*id);
      if (name) desired.fields[key] = *name;
      return;
    }
    if (id.error().code != Errc::invalid) return;
    out_.push_back({Severity::warning, in.node(key)->at,
                    fmt::format("no {} called `{}` on this machine", user ? "user" : "group", *text),
                    "until there is one, nothing can be put right by it"});
  }

  static void mode(yaml::Fields& in, Desired& desired) {
    const yaml::Node* node = in.node("mode");
    if (node == nullptr) return;
    const std::string& text = node->scalar;
    if (fill_later("mode", text, desired)) return;
    const bool octal = text.size() == 4 && text.find_first_not_of("01234567") == std::string::npos;
    if (!octal || !node->quoted) {
      return in.error(node->at, fmt::format("`mode` must be four octal digits in quotes, not {}", node->describe()),
                      "such as mode: \"0644\"; without quotes YAML reads a number");
    }
    desired.fields["mode"] = text;
  }

  const std::string& folder_;
  std::set<std::string>* read_;  ///< lent; may be nullptr
  Diagnostics& out_;
};

/// A warning: on another machine, or tomorrow, the same path may lead through none.
void warn_of_link(const std::string& path, const Position& at, Diagnostics& out) {
  const auto bytes = path_bytes(path);
  if (!bytes) return;
  const std::filesystem::path whole(*bytes);
  std::filesystem::path part;
  std::error_code unknown;
  const bool linked = std::ranges::any_of(whole, [&](const std::filesystem::path& name) {
    part /= name;
    return std::filesystem::is_symlink(part, unknown);
  });
  if (!linked) return;
  const auto resolved = std::filesystem::weakly_canonical(whole, unknown);
  out.push_back({Severity::warning, at,
                 fmt::format("path \"{}\" leads through a link, and nothing is read or changed there", path),
                 unknown ? "name the real path" : fmt::format("name the real path {}", path_text(resolved.string()))});
}

}  // namespace

Result<std::string> read_whole(const std::string& path, std::size_t bytes_max) {
  const UniqueFd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!fd.valid() && errno == ELOOP) return fail(Errc::denied, path + ": is a link");
  if (!fd.valid()) return std::unexpected(errno_error(errno, path));
  struct stat info{};
  if (fstat(fd.get(), &info) != 0) return std::unexpected(errno_error(errno, path));
  if (!S_ISREG(info.st_mode)) return fail(Errc::denied, path + ": is not a regular file");
  // As large as the file says it is, and on from there: those in /proc say 0, and one may grow while it is read. The
  // limit is only the end of that: a small file must not cost a buffer of the largest.
  std::size_t next = std::min(std::max(static_cast<std::size_t>(info.st_size) + 1, first_piece), bytes_max + 1);
  std::string bytes;
  std::size_t have = 0;
  while (have <= bytes_max) {
    if (have == bytes.size()) {
      bytes.resize(next);
      next = std::min(next * 2, bytes_max + 1);
    }
    const ssize_t count = read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(errno_error(errno, path));
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  if (have > bytes_max) return fail(Errc::invalid, fmt::format("{}: is larger than {} bytes", path, bytes_max));
  bytes.resize(have);
  return bytes;
}

ResourceSyntax file_syntax(std::string folder, std::string root, std::shared_ptr<std::set<std::string>> read) {
  ResourceSyntax syntax;
  using enum StateField::Kind;
  syntax.fields = {{"exists", boolean}, {"content", texts},  {"mode", text}, {"owner", text},
                   {"group", text},     {"attributes", any}, {"flags", any}};
  syntax.desired = [folder = std::move(folder), read = std::move(read)](const yaml::Node& node, Diagnostics& out) {
    return DesiredParser(folder, read.get(), out).parse(node);
  };
  syntax.id = [root = std::move(root)](const std::string& text, const Position& at,
                                       Diagnostics& out) -> std::optional<std::string> {
    if (text.contains("${")) {
      out.push_back({Severity::error, at,
                     fmt::format("path \"{}\" is taken as it is, and `${{ … }}` has no place in it", text),
                     "write one control or step for each file"});
      return std::nullopt;
    }
    if (text.empty()) {
      out.push_back({Severity::error, at, "path is empty", "write the absolute path, such as /etc/motd"});
      return std::nullopt;
    }
    const bool relative = !text.starts_with('/');
    if (relative && root.empty()) {
      out.push_back({Severity::error, at, fmt::format("path \"{}\" is relative, and there is no root", text),
                     "write the absolute path, or give `root:` in aright.yaml or `--root DIR`"});
      return std::nullopt;
    }
    std::string path = relative ? root + "/" + text : text;
    if (auto ok = driver::check_path(path); !ok) {
      out.push_back({Severity::error, at, ok.error().message, {}});
      return std::nullopt;
    }
    warn_of_link(path, at, out);
    return path;
  };
  return syntax;
}

}  // namespace aright::cli
