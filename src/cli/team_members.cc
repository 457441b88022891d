#include "cli/team_members.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <set>

namespace aright::cli {

namespace {

constexpr std::size_t account_bytes = std::size_t{64} << 10U;
constexpr const char* unknown_here = "is not known on this machine now: nobody is meant by it";

std::optional<std::uint32_t> as_number_of(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<std::uint32_t> number_of_user(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(account_bytes, '\0');
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? std::nullopt : std::optional<std::uint32_t>(entry.pw_uid);
}

std::string name_of_user(std::uint32_t number) {
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(account_bytes, '\0');
  getpwuid_r(number, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? std::string() : std::string(entry.pw_name);
}

std::optional<std::uint32_t> number_of_group(const std::string& name) {
  group entry{};
  group* found = nullptr;
  std::string buffer(account_bytes, '\0');
  getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? std::nullopt : std::optional<std::uint32_t>(found->gr_gid);
}

bool is_group(const std::string& name) { return number_of_group(name).has_value(); }

std::string name_of_group(std::uint32_t number) {
  group entry{};
  group* found = nullptr;
  std::string buffer(account_bytes, '\0');
  getgrgid_r(number, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? std::string() : std::string(entry.gr_name);
}

std::string has_a_name(const std::string& kind, const std::string& name) {
  return name.empty() ? name
                      : fmt::format("means nobody: it is called {} on this machine, write {}:{}", name, kind, name);
}

}  // namespace

std::string trouble_of_user(const std::string& name) {
  if (number_of_user(name)) return {};
  const auto number = as_number_of(name);
  return number ? has_a_name("user", name_of_user(*number)) : unknown_here;
}

std::string trouble_of_group(const std::string& name) {
  if (is_group(name)) return {};
  const auto number = as_number_of(name);
  return number ? has_a_name("group", name_of_group(*number)) : unknown_here;
}

std::optional<std::uint32_t> group_number(const std::string& name) {
  const auto number = number_of_group(name);
  return number ? number : as_number_of(name);
}

bool is_root_or_we(const std::string& user) {
  const auto number = number_of_user(user);
  return number && (*number == 0 || *number == geteuid());
}

std::size_t people_in(const std::vector<std::string>& users) {
  std::set<std::string> people;
  for (const std::string& user : users) {
    auto number = number_of_user(user);
    if (!number) number = as_number_of(user);
    people.insert(number ? fmt::format("#{}", *number) : user);
  }
  return people.size();
}

}  // namespace aright::cli
