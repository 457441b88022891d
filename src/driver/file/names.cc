#include "driver/file/names.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <limits>
#include <map>
#include <optional>

namespace aright::driver {

namespace {

constexpr std::size_t buffer_min = 4U << 10U;
constexpr std::size_t buffer_max = 4U << 20U;  ///< a group lists its members
constexpr std::size_t kept_max = 1000;
constexpr std::chrono::seconds names_kept_for{10};  ///< then a renamed or added user is seen

/// What one thread looked up lately.
template <class Key, class Value>
class Kept {
 public:
  template <class Find>
  Result<Value> get(const Key& key, Find find) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until_ || values_.size() >= kept_max) {
      values_.clear();
      until_ = now + names_kept_for;
    }
    if (const auto found = values_.find(key); found != values_.end()) return found->second;
    Result<Value> value = find(key);
    if (value) values_.emplace(key, *value);
    return value;
  }

 private:
  std::map<Key, Value> values_;
  std::chrono::steady_clock::time_point until_{};
};

/// Calls one of the get…_r functions with a buffer that is large enough, and takes what is wanted out of the entry.
template <class Entry, class Ask, class Take>
auto ask_service(const std::string& what, Ask ask, Take take) -> Result<std::optional<decltype(take(Entry{}))>> {
  for (std::size_t size = buffer_min;; size *= 4) {
    Entry entry{};
    Entry* found = nullptr;
    std::string buffer(size, '\0');
    const int err = ask(&entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) return take(entry);
    if (err == 0 || err == ENOENT || err == ESRCH || err == EBADF || err == EPERM) return std::nullopt;  // "not found"
    if (err == ERANGE && size < buffer_max) continue;
    Error error = errno_error(err, what + " cannot be looked up");
    error.code = Errc::unavailable;
    error.retry = Retry::yes;
    return std::unexpected(error);
  }
}

std::optional<unsigned> as_number(const std::string& text) {
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  if (value == std::numeric_limits<unsigned>::max()) return std::nullopt;  // means "leave it" to chown(2)
  return value;
}

Result<unsigned> id_or_number(const Result<std::optional<unsigned>>& found, const char* kind, const std::string& name) {
  if (!found) return std::unexpected(found.error());
  if (*found) return **found;
  if (const auto number = as_number(name)) return *number;
  return fail(Errc::invalid, fmt::format("no {} \"{}\" on this machine; create it, or name another", kind, name));
}

}  // namespace

Result<std::string> user_name(unsigned uid) {
  thread_local Kept<unsigned, std::string> names;
  return names.get(uid, [](unsigned id) -> Result<std::string> {
    auto name = ask_service<passwd>(
        fmt::format("user {}", id), [&](auto... at) { return getpwuid_r(id, at...); },
        [](const passwd& entry) { return std::string(entry.pw_name); });
    if (!name) return std::unexpected(name.error());
    return name->value_or(fmt::to_string(id));
  });
}

Result<std::string> group_name(unsigned gid) {
  thread_local Kept<unsigned, std::string> names;
  return names.get(gid, [](unsigned id) -> Result<std::string> {
    auto name = ask_service<group>(
        fmt::format("group {}", id), [&](auto... at) { return getgrgid_r(id, at...); },
        [](const group& entry) { return std::string(entry.gr_name); });
    if (!name) return std::unexpected(name.error());
    return name->value_or(fmt::to_string(id));
  });
}

Result<unsigned> user_id(const std::string& name) {
  thread_local Kept<std::string, unsigned> ids;
  return ids.get(name, [](const std::string& text) {
    return id_or_number(ask_service<passwd>(
                            "user " + text, [&](auto... at) { return getpwnam_r(text.c_str(), at...); },
                            [](const passwd& entry) { return unsigned{entry.pw_uid}; }),
                        "user", text);
  });
}

Result<unsigned> group_id(const std::string& name) {
  thread_local Kept<std::string, unsigned> ids;
  return ids.get(name, [](const std::string& text) {
    return id_or_number(ask_service<group>(
                            "group " + text, [&](auto... at) { return getgrnam_r(text.c_str(), at...); },
                            [](const group& entry) { return unsigned{entry.gr_gid}; }),
                        "group", text);
  });
}

std::string_view or_be_root() {
  if (geteuid() != 0) return "or run as root";
  return "or give this process what it lacks of root's rights (capabilities(7); CapabilityBoundingSet= of a unit)";
}

}  // namespace aright::driver
