#include "cli/sshd_elsewhere.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "model/content.h"
#include "model/key_wish.h"

namespace aright::cli {

namespace {

using key_text::Syntax;

constexpr std::size_t depth_max = 16;  ///< as sshd has it
constexpr std::size_t files_max = 1000;

std::string form_of(std::string_view key) { return key_text::same_key(key, Syntax::sshd, true); }

/// Reads as sshd does: from top to bottom, with what is included in its place.
class Reading {
 public:
  Reading(Driver& driver, const KeyWish& wish) : driver_(driver) {
    for (const auto& [key, value] : wish.set) wanted_[form_of(key)] = {key, value};
  }

  Elsewhere of(const std::string& path, const std::string& text) {
    read(path, text, 0, "");
    return std::move(found_);
  }

 private:
  struct Wish {
    std::string key;  ///< as its author writes it
    std::optional<std::string> value;
  };

  /// `block`: the line of a `Match` that we are in.
  void read(const std::string& path, std::string_view text, std::size_t depth, std::string block) {
    for (std::size_t number = 1; !text.empty(); ++number) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      const auto parts = key_text::read_line(line, Syntax::sshd);
      if (!parts) continue;
      const std::string_view value = line.substr(parts->value_at, parts->value_size);
      const std::string place = fmt::format("line {} of {}", number, path);
      if (key_text::begins_section(line, Syntax::sshd)) {
        block = place;
      } else if (form_of(parts->key) == "include") {
        include(place, value, depth, block);
      } else {
        sets(*parts, value, place, depth, !block.empty());
      }
    }
  }

  void sets(const key_text::LineParts& parts, std::string_view value, const std::string& place, std::size_t depth,
            bool in_block) {
    const std::string form = form_of(parts.key);
    const auto wish = wanted_.find(form);
    if (wish == wanted_.end()) return;
    const auto& want = wish->second.value;
    const bool same = want && key_text::same_value(value, *want, form, Syntax::sshd);
    if (in_block) {
      if (!same) {
        add(found_.besides,
            fmt::format("{} sets {} to something else for those that its `Match` names", place, wish->second.key));
      }
      return;
    }
    const bool every = key_text::every_line_counts(form, Syntax::sshd);
    const bool counts = settled_.insert(form).second || every;
    if (same || depth == 0 || !counts) return;  // the file itself is what the control looks at
    // What could not be read before may have settled it.
    add(every || found_.unknown.empty() ? found_.contradicts : found_.unknown,
        fmt::format("{}, which is included, sets {} to something else", place, wish->second.key));
  }

  /// What it could still decide.
  [[nodiscard]] bool all_settled() const {
    return std::ranges::all_of(wanted_, [this](const auto& one) {
      return settled_.contains(one.first) && !key_text::every_line_counts(one.first, Syntax::sshd);
    });
  }

  void include(const std::string& place, std::string_view patterns, std::size_t depth, const std::string& block) {
    const bool beside = !block.empty() || all_settled();  // only for those that a `Match` names, if at all
    for (std::string pattern : key_text::value_words(patterns, Syntax::sshd)) {
      if (!pattern.starts_with('/')) pattern.insert(0, "/etc/ssh/");
      const std::string folder = pattern.substr(0, pattern.rfind('/'));
      if (depth == depth_max || folder.find_first_of("*?[") != std::string::npos) {
        unread(place, pattern, "that is not followed", beside);
        continue;
      }
      const auto files = driver_.list({{}, {folder.empty() ? "/" : folder}});
      if (!files) {
        if (files.error().code != Errc::not_found) unread(place, pattern, files.error().message, beside);
        continue;
      }
      for (const std::string& file : *files) {
        if (fnmatch(pattern.c_str(), file.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0)
          read_included(place, file, depth, block);
      }
    }
  }

  void read_included(const std::string& place, const std::string& file, std::size_t depth, const std::string& block) {
    const bool beside = !block.empty() || all_settled();
    if (++files_ > files_max) return unread(place, file, "too many files", beside);
    const auto state = driver_.read({"file", file});
    if (!state) return unread(place, file, state.error().message, beside);
    const auto content = state->fields.find("content");
    if (content == state->fields.end()) return;  // gone meanwhile
    const auto text = content_bytes(*content);
    if (text) read(file, *text, depth + 1, block);
  }

  void unread(const std::string& place, const std::string& what, const std::string& why, bool beside) {
    add(beside ? found_.besides : found_.unknown, fmt::format("{} includes {}: {}", place, what, why));
  }

  static void add(std::string& text, const std::string& more) {
    constexpr std::size_t most = 600;
    if (text.size() < most) text += (text.empty() ? "" : "; ") + more;
  }

  Driver& driver_;
  std::map<std::string, Wish> wanted_;  ///< by the one form of the key
  std::set<std::string> settled_;       ///< of which only the first line counts, and that one has come
  std::size_t files_{0};
  Elsewhere found_;
};

}  // namespace

Elsewhere sshd_elsewhere(Driver& driver, const Control& control, const State& state, const std::string& path) {
  const auto keys = control.desired.fields.find(keys_field);
  const auto content = state.fields.find("content");
  if (keys == control.desired.fields.end() || content == state.fields.end()) return {};
  const auto wish = KeyWish::from_json(*keys);
  if (!wish || wish->format.syntax != Syntax::sshd) return {};
  const auto text = content_bytes(*content);
  return text ? Reading(driver, *wish).of(path, *text) : Elsewhere{};
}

void warn_of_included(Driver& files, const Config& config, Diagnostics& out) {
  for (const Control& control : config.controls) {
    if (control.driver != "file" || !control.desired.fields.contains(keys_field)) continue;
    const auto ids = files.list(control.select);
    if (!ids) continue;  // told when it is looked at
    for (const std::string& id : *ids) {
      const auto state = files.read({control.driver, id});
      const Elsewhere elsewhere = state ? sshd_elsewhere(files, control, *state, id) : Elsewhere{};
      const std::string& said = elsewhere.contradicts.empty() ? elsewhere.unknown : elsewhere.contradicts;
      if (said.empty()) continue;
      out.push_back({Severity::warning,
                     {"controls", 0, 0},
                     fmt::format("control `{}` cannot tell by {} alone: {}", control.name, id, said),
                     "a daemon looks at that file only and calls it as desired; `aright scan` looks at both. Put it "
                     "right there, and write a control for that file too"});
    }
  }
}

}  // namespace aright::cli
