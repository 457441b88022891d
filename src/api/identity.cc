#include "api/identity.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <vector>

namespace aright::api {

namespace {

constexpr std::size_t buffer_bytes = 16U << 10U;
constexpr int groups_max = 256;

std::string group_text(gid_t gid) {
  group entry{};
  group* found = nullptr;
  std::string buffer(buffer_bytes, '\0');
  getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? fmt::to_string(gid) : std::string(entry.gr_name);
}

}  // namespace

engine::Identity identity_of(const http::Peer& peer) {
  engine::Identity who{peer.uid, fmt::to_string(peer.uid), {}};
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(buffer_bytes, '\0');
  getpwuid_r(peer.uid, &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    who.groups.push_back(group_text(peer.gid));
    return who;
  }
  who.user = entry.pw_name;
  std::vector<gid_t> ids(groups_max);
  int count = groups_max;
  if (getgrouplist(entry.pw_name, peer.gid, ids.data(), &count) < 0) count = groups_max;
  for (int i = 0; i < count; ++i) who.groups.push_back(group_text(ids.at(static_cast<std::size_t>(i))));
  return who;
}

}  // namespace aright::api
