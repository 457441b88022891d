#include "cli/words.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

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
