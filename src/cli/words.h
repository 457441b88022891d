// What people may write after a command, and options that several verbs share.
#pragma once

#include <CLI/App.hpp>
#include <span>
#include <string>
#include <vector>

#include "cli/session.h"

namespace aright::cli {

// What people name ends up in the path of a request: nothing but these may.
[[nodiscard]] const CLI::Validator& a_number();
[[nodiscard]] const CLI::Validator& a_name();
[[nodiscard]] const CLI::Validator& a_digest();  ///< hex SHA-256

/// One of these words; else the nearest is suggested. `what`: what they are, several of them.
[[nodiscard]] CLI::Validator one_of(std::vector<std::string> words, std::string what);
[[nodiscard]] CLI::Validator a_mode();
[[nodiscard]] const CLI::Validator& a_duration();          ///< 30m, 12h, 7d
[[nodiscard]] const CLI::Validator& a_day_or_time();       ///< 2026-12-01, 2026-12-01T08:00:00Z
[[nodiscard]] const CLI::Validator& a_duration_or_time();  ///< 30d (ago), 2026-12-01, 2026-12-01T08:00:00Z
[[nodiscard]] const CLI::Validator& a_past_time();         ///< the same, but nothing that is still to come

/// `help runs undo` as `runs undo --help`; anything else as it is. The words must outlive it.
[[nodiscard]] std::vector<char*> help_last(std::span<char*> words);

/// The first word that is no command where one is expected; empty when there is none. CLI11 itself only says that a
/// command is missing.
[[nodiscard]] std::string unknown_command(const CLI::App& app, std::span<char*> words);

/// What `-o` before a verb says, for all of them. Throws CLI::ValidationError.
[[nodiscard]] Format format_of(const std::string& text);
/// Its reverse.
[[nodiscard]] std::string format_word(Format format);

/// Every `--reason` takes words in any encoding: what is not UTF-8 stands there as `\xNN`. The stop of everything must
/// work from any terminal.
void take_reasons_in_any_encoding(CLI::App& app);
/// What to print, ending the program, where an option is given as `--name=` with nothing behind: the next word would be
/// its value. Empty: none is.
[[nodiscard]] std::string nothing_behind(std::span<char*> words);
/// No option or argument of any command takes an empty text: mostly it is a variable that is not set, and where it
/// names a file to check by, nothing would be checked. After all options have been added.
void refuse_empty_words(CLI::App& app);
/// --limit and --before, into `session`, which must outlive parsing.
void add_paging(CLI::App& list, Session& session);
/// --break-glass, into `session`.
void add_break_glass(CLI::App& command, Session& session);

}  // namespace aright::cli
