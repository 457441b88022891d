#include "driver/host/host_surroundings.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <utmpx.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "base/result.h"

namespace aright::driver {

namespace {

constexpr std::size_t host_file_max = std::size_t{1} << 20U;
constexpr const char* gateway_words = "the gateway of the default route";

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

Nanos steady_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace

std::vector<KnownAddress> gateways_v4(std::string_view text) {
  std::vector<KnownAddress> list;
  each_line(text, [&](const std::vector<std::string>& words) {
    if (words.size() < 8 || words[1] != "00000000" || words[7] != "00000000") return;
    std::uint32_t gateway = 0;
    const std::string& hex = words[2];
    const auto [stop, bad] = std::from_chars(hex.data(), hex.data() + hex.size(), gateway, 16);
    if (bad != std::errc{} || stop != hex.data() + hex.size() || gateway == 0) return;
    list.push_back({address_text(AF_INET, &gateway), gateway_words});  // as it lies in memory
  });
  return list;
}

std::vector<KnownAddress> gateways_v6(std::string_view text) {
  std::vector<KnownAddress> list;
  const std::string none(32, '0');
  each_line(text, [&](const std::vector<std::string>& words) {
    if (words.size() < 5 || words[0] != none || words[1] != "00" || words[4].size() != 32 || words[4] == none) return;
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const char* digits = words[4].data() + 2 * i;
      if (std::from_chars(digits, digits + 2, bytes.at(i), 16).ptr != digits + 2) return;
    }
    list.push_back({address_text(AF_INET6, bytes.data()), gateway_words});
  });
  return list;
}

std::vector<KnownAddress> resolvers(std::string_view text) {
  std::vector<KnownAddress> list;
  each_line(text, [&](const std::vector<std::string>& words) {
    if (words.size() < 2 || words[0] != "nameserver") return;
    list.push_back({words[1].substr(0, words[1].find('%')), "a resolver"});
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
    list.push_back(
        {address_text(v4 ? AF_INET : AF_INET6, &record.ut_addr_v6), "where an administrator is logged in from"});
  }
  return list;
}

Surroundings HostSurroundings::read() {
  const std::scoped_lock lock(mutex_);
  if (kept_ && steady_now() - kept_at_ < std::chrono::seconds{1}) return *kept_;
  Surroundings around;
  take_interfaces(around);
  take_file(around, "/proc/net/route", gateways_v4);
  take_file(around, "/proc/net/ipv6_route", gateways_v6);
  take_file(around, "/etc/resolv.conf", resolvers);
  take_file(around, "/run/utmp", logins);
  kept_ = around;
  kept_at_ = steady_now();
  return around;
}

}  // namespace aright::driver
