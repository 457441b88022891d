// Members of teams, as this machine knows users and groups at the moment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aright::cli {

// Why nobody is meant by the name of a user or group, as far as can be told now; empty: somebody may be. A number that
// has no name stands for itself, as it does where somebody asks.
[[nodiscard]] std::string trouble_of_user(const std::string& name);
[[nodiscard]] std::string trouble_of_group(const std::string& name);

/// Of its name, or the number itself where it is one.
[[nodiscard]] std::optional<std::uint32_t> group_number(const std::string& name);

/// Who may ask a daemon of ours without further words.
[[nodiscard]] bool is_root_or_we(const std::string& user);

/// How many different people these users are: name and number of one are one.
[[nodiscard]] std::size_t people_in(const std::vector<std::string>& users);

}  // namespace aright::cli
