#include "cli/words.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/terminal_text.h"
#include "model/mode.h"

namespace aright::cli {

namespace {
constexpr std::string_view id_letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
}

const CLI::Validator& a_number() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        const bool digits =
            !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == std::string::npos;
        return digits ? std::string() : fmt::format("must be a number, not \"{}\"", safe(text));
      },
      "NUMBER");
  return validator;
}

const CLI::Validator& a_name() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        const bool name = !text.empty() && text.size() <= 64 &&
                          text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
        return name ? std::string() : fmt::format("must be a name of a-z, 0-9 and -, not \"{}\"", safe(text));
      },
      "NAME");
  return validator;
}

const CLI::Validator& a_digest() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        const bool digest = text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
        return digest ? std::string() : fmt::format("must be 64 digits of 0-9 and a-f, not \"{}\"", safe(text));
      },
      "DIGEST");
  return validator;
}

CLI::Validator one_of(std::vector<std::string> words, std::string what) {
  return {[words = std::move(words), what = std::move(what)](const std::string& text) {
            if (std::ranges::find(words, text) != words.end()) return std::string();
            return fmt::format("\"{}\" is none; {}", safe(text), suggest(text, words, what));
          },
          "WORD"};
}

CLI::Validator a_mode() { return one_of(mode_names(), "modes"); }

const CLI::Validator& a_duration() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        return parse_duration(text) ? std::string()
                                    : fmt::format(
                                          "\"{}\" is no length of time; write a whole number and a unit, such "
                                          "as 30m, 12h or 7d",
                                          safe(text));
      },
      "DURATION");
  return validator;
}

const CLI::Validator& a_day_or_time() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        return parse_day_or_time(text)
                   ? std::string()
                   : fmt::format("\"{}\" is no day or time; write 2026-12-01, or in UTC 2026-12-01T08:00:00Z",
                                 safe(text));
      },
      "TIME");
  return validator;
}

const CLI::Validator& a_duration_or_time() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        const auto time = parse_past(text, std::chrono::system_clock::now());
        return time ? std::string() : safe(time.error().message);
      },
      "TIME");
  return validator;
}

const CLI::Validator& a_past_time() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        const WallTime now = std::chrono::system_clock::now();
        const auto time = parse_past(text, now);
        if (!time) return safe(time.error().message);
        return *time <= now ? std::string()
                            : safe(fmt::format("{} is in the future: it is {} now", text, rfc3339(now)));
      },
      "TIME");
  return validator;
}

namespace {

/// Of options that stand before the verb: another word follows.
bool has_value(std::string_view word) { return word == "--state" || word == "-o" || word == "--output"; }

std::size_t verb_at(std::span<char*> words) {
  std::size_t at = 1;
  while (at < words.size() && std::string_view(words[at]).starts_with('-')) at += has_value(words[at]) ? 2U : 1U;
  return at;
}

}  // namespace

std::vector<char*> help_last(std::span<char*> words) {
  static std::string option = "--help";
  std::vector<char*> all(words.begin(), words.end());
  const std::size_t verb = verb_at(words);
  if (verb >= all.size() || std::string_view(all[verb]) != "help") return all;
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(verb));
  all.push_back(option.data());
  return all;
}

std::string unknown_command(const CLI::App& app, std::span<char*> words) {
  const CLI::App* at = &app;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (has_value(word)) ++i;
    if (word.starts_with('-')) continue;
    std::vector<std::string> known;
    const CLI::App* next = nullptr;
    for (const CLI::App* command : at->get_subcommands({})) {
      if (command->get_name().empty()) continue;  // a group of options
      known.push_back(command->get_name());
      if (command->get_name() == word) next = command;
    }
    if (known.empty()) return {};
    if (next == nullptr) {
      return fmt::format("error: unknown command `{}`\nhint: {}\n", safe(word),
                         suggest(std::string(word), known, "commands"));
    }
    at = next;
  }
  return {};
}

Format format_of(const std::string& text) {
  if (text == "table") return Format::table;
  if (text == "json") return Format::json;
  if (text == "yaml") return Format::yaml;
  if (text == "junit" || text == "sarif") {
    throw CLI::ValidationError("--output", fmt::format("{} is of `scan` alone: `aright scan DIR -o {}`", text, text));
  }
  throw CLI::ValidationError("--output", fmt::format("must be table, json or yaml, not \"{}\"", safe(text)));
}

std::string format_word(Format format) {
  switch (format) {
    case Format::table: break;
    case Format::json: return "json";
    case Format::yaml: return "yaml";
  }
  return "table";
}

void take_reasons_in_any_encoding(CLI::App& app) {
  const auto masked = [](const std::string& text) { return is_utf8(text) ? text : safe(text); };
  for (CLI::App* command : app.get_subcommands({})) {
    if (CLI::Option* reason = command->get_option_no_throw("--reason")) reason->transform(masked, "");
    take_reasons_in_any_encoding(*command);
  }
}

std::string nothing_behind(std::span<char*> words) {
  for (const std::string_view word : words.subspan(words.empty() ? 0 : 1)) {
    if (word == "--") break;
    if (!word.starts_with("--") || !word.ends_with('=') || word.find('=') != word.size() - 1) continue;
    return fmt::format("error: {} is empty, a variable that is not set perhaps; say something there, or leave it out\n",
                       safe(word.substr(0, word.size() - 1)));
  }
  return {};
}

void refuse_empty_words(CLI::App& app) {
  const auto filled = [](std::string& text) {
    return text.empty()
               ? std::string("is empty, a variable that is not set perhaps; say something there, or leave it out")
               : std::string();
  };
  for (CLI::Option* option : app.get_options()) {
    if (option->get_type_size_max() != 0) option->transform(CLI::Validator(filled, ""));  // before other checks
  }
  for (CLI::App* command : app.get_subcommands({})) refuse_empty_words(*command);
}

void add_paging(CLI::App& list, Session& session) {
  list.add_option("--limit", session.limit, "How many, the newest first")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  const auto is_id = [](const std::string& text) {
    return text.find_first_not_of(id_letters) == std::string::npos ? std::string() : "is no id of the list";
  };
  list.add_option("--before", session.before, "Only what is older than the one with this id")->check(is_id);
}

void add_break_glass(CLI::App& command, Session& session) {
  command.add_flag("--break-glass", session.break_glass,
                   "Root, who is no member of the team, decides alone; recorded as such");
}

}  // namespace aright::cli
