#include "cli/words.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "cli/terminal_text.h"

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

std::string unknown_command(const CLI::App& app, std::span<char*> words) {
  const CLI::App* at = &app;
  for (std::size_t i = 1; i < words.size() && !at->get_subcommands({}).empty(); ++i) {
    const std::string_view word = words[i];
    if (word == "--state" || word == "-o" || word == "--output") ++i;
    if (word.starts_with('-')) continue;
    std::vector<std::string> known;
    const CLI::App* next = nullptr;
    for (const CLI::App* command : at->get_subcommands({})) {
      known.push_back(command->get_name());
      if (command->get_name() == word) next = command;
    }
    if (next == nullptr) {
      return fmt::format("error: unknown command `{}`\nhint: {}\n", safe(word),
                         suggest(std::string(word), known, "commands"));
    }
    at = next;
  }
  return {};
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

}  // namespace aright::cli
