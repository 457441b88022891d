#include "driver/host/host_surroundings.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <utmpx.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "base/result.h"
#include "driver/host/routes.h"

namespace aright::driver {

namespace {

constexpr std::size_t host_file_max = std::size_t{1} << 20U;
constexpr std::size_t sessions_max = 4096;
constexpr const char* login_words = "where an administrator is logged in from";

std::string address_text(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? std::string() : std::string(text.data());
}

struct FreeInterfaces {
  void operator()(ifaddrs* list) const { freeifaddrs(list); }
};

void take_interfaces(Surroundings& into) {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) {
    into.trouble = errno_error(errno, "the addresses of this machine").message;
    return;
  }
  const std::unique_ptr<ifaddrs, FreeInterfaces> list{first};
  for (const ifaddrs* one = list.get(); one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    const int family = one->ifa_addr->sa_family;
    std::string text;
    if (family == AF_INET) {
      sockaddr_in address{};
      std::memcpy(&address, one->ifa_addr, sizeof address);
      text = address_text(family, &address.sin_addr);
    } else if (family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, one->ifa_addr, sizeof address);
      text = address_text(family, &address.sin6_addr);
    }
    if (!text.empty()) into.addresses.push_back({text, fmt::format("an address of {}", one->ifa_name)});
  }
}

void take_routes(Surroundings& into) {
  auto gateways = default_gateways();
  if (gateways) {
    std::ranges::move(*gateways, std::back_inserter(into.addresses));
  } else if (into.trouble.empty()) {
    into.trouble = gateways.error().message;
  }
}

/// What is not there says nothing; what cannot be read is a trouble.
template <class Parse>
void take_file(Surroundings& into, const char* path, Parse parse) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (errno != ENOENT && into.trouble.empty()) into.trouble = errno_error(errno, path).message;
    return;
  }
  std::string bytes;
  std::array<char, 4096> part{};
  while (bytes.size() < host_file_max &&
         (in.read(part.data(), static_cast<std::streamsize>(part.size())), in.gcount() > 0)) {
    bytes.append(part.data(), static_cast<std::size_t>(in.gcount()));
  }
  std::ranges::move(parse(std::string_view(bytes)), std::back_inserter(into.addresses));
}

template <class Take>
void each_line(std::string_view text, Take take) {
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    take(std::vector<std::string>(std::istream_iterator<std::string>(words), {}));
  }
}

/// Of one file a session, beside which its pipe lies. What is over meanwhile is not there.
void take_sessions(Surroundings& into, const char* folder) {
  std::error_code error;
  std::size_t seen = 0;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (++seen > sessions_max) break;
    std::error_code gone;
    if (it->is_regular_file(gone)) take_file(into, it->path().c_str(), session_host);
  }
  if (error && error != std::errc::no_such_file_or_directory && into.trouble.empty()) {
    into.trouble = errno_error(error.value(), folder).message;
  }
}

Nanos steady_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace

std::vector<KnownAddress> resolvers(std::string_view text) {
  std::vector<KnownAddress> list;
  each_line(text, [&](const std::vector<std::string>& words) {
    if (words.size() < 2 || words[0] != "nameserver") return;
    list.push_back({words[1].substr(0, words[1].find('%')), "a resolver"});
  });
  return list;
}

std::vector<KnownAddress> session_host(std::string_view text) {
  constexpr std::string_view key = "REMOTE_HOST=";
  std::vector<KnownAddress> list;
  each_line(text, [&](const std::vector<std::string>& words) {
    if (words.size() != 1 || !words[0].starts_with(key)) return;
    std::string host = words[0].substr(key.size());
    host.resize(std::min(host.size(), host.find('%')));
    std::array<std::uint8_t, 16> bytes{};
    for (const int family : {AF_INET, AF_INET6}) {
      if (inet_pton(family, host.c_str(), bytes.data()) == 1) list.push_back({host, login_words});
    }
  });
  return list;
}

std::vector<KnownAddress> logins(std::string_view bytes) {
  std::vector<KnownAddress> list;
  for (; bytes.size() >= sizeof(utmpx); bytes.remove_prefix(sizeof(utmpx))) {
    utmpx record{};
    std::memcpy(&record, bytes.data(), sizeof record);
    if (record.ut_type != USER_PROCESS || record.ut_addr_v6[0] == 0) continue;
    const bool v4 = record.ut_addr_v6[1] == 0 && record.ut_addr_v6[2] == 0 && record.ut_addr_v6[3] == 0;
    list.push_back({address_text(v4 ? AF_INET : AF_INET6, &record.ut_addr_v6), login_words});
  }
  return list;
}

Surroundings HostSurroundings::read() {
  const std::scoped_lock lock(mutex_);
  if (kept_ && steady_now() - kept_at_ < std::chrono::seconds{1}) return *kept_;
  Surroundings around;
  take_interfaces(around);
  take_routes(around);
  // The first may name a resolver on this machine only; whom that one asks stands in the others.
  for (const char* path :
       {"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"}) {
    take_file(around, path, resolvers);
  }
  take_file(around, "/run/utmp", logins);
  take_sessions(around, "/run/systemd/sessions");
  kept_ = around;
  kept_at_ = steady_now();
  return around;
}

}  // namespace aright::driver
