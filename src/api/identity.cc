#include "api/identity.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

namespace aright::api {

namespace {

constexpr std::size_t buffer_bytes = 16U << 10U;
constexpr std::size_t groups_max = 64;

std::string group_text(gid_t gid) {
  group entry{};
  group* found = nullptr;
  std::string buffer(buffer_bytes, '\0');
  getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? fmt::to_string(gid) : std::string(entry.gr_name);
}

}  // namespace

engine::Identity identity_of_user(std::uint32_t uid) {
  engine::Identity who{uid, fmt::to_string(uid), {}};
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(buffer_bytes, '\0');
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) who.user = entry.pw_name;
  return who;
}

engine::Identity identity_of(const http::Peer& peer) {
  engine::Identity who = identity_of_user(peer.uid);
  who.groups.push_back(group_text(peer.gid));
  for (const std::uint32_t gid : peer.groups) {
    if (gid != peer.gid && who.groups.size() < groups_max) who.groups.push_back(group_text(gid));
  }
  return who;
}

}  // namespace aright::api
