#include "driver/exec/code.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace aright::driver {

namespace {

constexpr std::array<std::string_view, 12> shells{"sh",  "bash", "rbash", "dash", "zsh",  "ksh",
                                                  "csh", "tcsh", "fish",  "mksh", "yash", "busybox"};
constexpr std::array<std::string_view, 13> interpreters{"python", "pypy",   "perl",  "ruby",   "node", "nodejs", "php",
                                                        "lua",    "luajit", "tclsh", "expect", "su",   "runuser"};
constexpr std::array<std::string_view, 4> remote_shells{"ssh", "slogin", "rsh", "dbclient"};
constexpr std::array<std::string_view, 5> script_readers{"sed", "awk", "gawk", "mawk", "nawk"};
constexpr std::array<std::string_view, 22> launchers{
    "env",         "timeout",  "nice",    "ionice",           "chrt",   "nohup", "setsid", "xargs", "sudo",
    "doas",        "chroot",   "unshare", "nsenter",          "stdbuf", "time",  "flock",  "watch", "strace",
    "systemd-run", "parallel", "setpriv", "start-stop-daemon"};
constexpr std::array<std::string_view, 7> code_words{"--eval", "--command", "--expression",     "--print",
                                                     "--run",  "--execute", "--session-command"};
constexpr std::string_view code_letters = "ceErp";

std::string_view name_in(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// "python3.11" is python.
std::string_view without_version(std::string_view name) {
  const auto end = name.find_last_not_of("0123456789.-");
  return name.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

template <class List>
bool is_one_of(const List& list, std::string_view path) {
  return std::ranges::find(list, without_version(name_in(path))) != list.end();
}

bool is_filled(std::string_view argument) { return argument.contains("${"); }

/// "-c", "-lc", "-pe"; not "--".
bool asks_for_code(std::string_view argument) {
  if (std::ranges::find(code_words, argument) != code_words.end()) return true;
  return argument.size() >= 2 && argument[0] == '-' && argument[1] != '-' && code_letters.contains(argument.back());
}

/// "-e${ … }", "--eval=${ … }".
bool has_code_within(std::string_view argument) {
  if (!is_filled(argument) || !argument.starts_with('-')) return false;
  const std::string_view before = argument.substr(0, argument.find("${"));
  const auto equals = before.find('=');
  return asks_for_code(before.substr(0, equals)) || asks_for_code(before.substr(0, 2));
}

bool takes_code_by_flag(std::string_view path) { return is_one_of(interpreters, path) || is_shell(path); }

/// What stands where an interpreter before it reads code.
bool is_code(std::span<const std::string> arguments, std::size_t at) {
  const auto before = arguments.first(at);
  if (std::ranges::none_of(before, takes_code_by_flag)) return false;
  return has_code_within(arguments[at]) || (is_filled(arguments[at]) && asks_for_code(arguments[at - 1]));
}

/// ssh makes one text of all its arguments, and a shell elsewhere reads it.
bool goes_to_a_shell_elsewhere(std::span<const std::string> arguments, std::size_t at) {
  return is_filled(arguments[at]) && std::ranges::any_of(arguments.first(at), [](const std::string& argument) {
           return is_one_of(remote_shells, argument);
         });
}

/// The first argument of sed or awk that is no option.
bool is_script(std::span<const std::string> arguments, std::size_t at) {
  const auto reader =
      std::ranges::find_if(arguments.first(at), [](const std::string& a) { return is_one_of(script_readers, a); });
  const auto from = reader - arguments.begin() + 1;
  if (reader == arguments.begin() + static_cast<std::ptrdiff_t>(at) || !is_filled(arguments[at])) return false;
  if (has_code_within(arguments[at]) || asks_for_code(arguments[at - 1])) return true;
  const auto between = arguments.subspan(static_cast<std::size_t>(from), at - static_cast<std::size_t>(from));
  return !arguments[at].starts_with('-') &&
         std::ranges::all_of(between, [](const std::string& a) { return a.starts_with('-'); });
}

}  // namespace

bool is_shell(std::string_view path) { return std::ranges::find(shells, name_in(path)) != shells.end(); }

std::optional<CodeMistake> shell_code_in(std::span<const std::string> arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& flags = arguments[i];
    const bool told = flags.size() >= 2 && flags[0] == '-' && flags[1] != '-' && flags.contains('c');
    if (!told || !is_shell(arguments[i - 1])) continue;
    return CodeMistake{i, "hands text to a shell, which makes it into code; name a script file with a #! line instead"};
  }
  return std::nullopt;
}

std::optional<CodeMistake> code_in(std::span<const std::string> arguments) {
  if (auto mistake = shell_code_in(arguments)) return mistake;
  bool launches = !arguments.empty() && is_one_of(launchers, arguments.front());
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (is_code(arguments, i) || is_script(arguments, i)) {
      return CodeMistake{
          i,
          "is code for the interpreter before it, and `${ … }` in it would become code; give it as an argument "
          "of its own behind the code, in `environment` or on standard input"};
    }
    if (goes_to_a_shell_elsewhere(arguments, i)) {
      return CodeMistake{i,
                         "is read by the shell of the other machine, where `${ … }` would become code; give it on "
                         "standard input"};
    }
    if (launches && is_filled(argument)) {
      return CodeMistake{i, "may be the program that is started, which no event decides; write its path out before it"};
    }
    if (launches && argument.starts_with('/')) launches = is_one_of(launchers, argument);
  }
  return std::nullopt;
}

}  // namespace aright::driver
