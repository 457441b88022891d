#include "driver/host/routes.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace aright::driver {

namespace {

constexpr unsigned char wide_bits = 3;                      ///< a prefix of no more is as good as a default route
constexpr std::size_t answer_max = std::size_t{64} << 20U;  ///< default routes come first in each table
constexpr const char* gateway_words = "the gateway of the default route";

/// What stands in front of `bytes`. False: they are too short.
template <class Header>
bool take_head(std::string_view bytes, Header& header) {
  if (bytes.size() < sizeof header) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  return true;
}

/// Of a list whose items tell their own length, each aligned to four bytes; `take` gets header and content.
template <class Header, class Length, class Take>
void each_item(std::string_view bytes, Length length, Take take) {
  Header header{};
  while (take_head(bytes, header)) {
    const std::size_t size = length(header);
    if (size < sizeof header || size > bytes.size()) return;
    take(header, bytes.substr(sizeof header, size - sizeof header));
    bytes.remove_prefix(std::min<std::size_t>((size + 3) & ~std::size_t{3}, bytes.size()));
  }
}

void take_address(int family, std::string_view bytes, std::vector<KnownAddress>& into) {
  const std::size_t size = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
  if (size == 0 || bytes.size() < size) return;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) return;
  KnownAddress known{text.data(), gateway_words};
  if (std::ranges::find(into, known.address, &KnownAddress::address) == into.end()) into.push_back(std::move(known));
}

void take_hops(int family, std::string_view attributes, std::vector<KnownAddress>& into) {
  const auto size_of = [](const rtattr& attribute) { return std::size_t{attribute.rta_len}; };
  each_item<rtattr>(attributes, size_of, [&](const rtattr& attribute, std::string_view content) {
    if (attribute.rta_type == RTA_GATEWAY) take_address(family, content, into);
    if (attribute.rta_type == RTA_VIA) {  // of the other family
      std::uint16_t other = 0;
      if (take_head(content, other)) take_address(other, content.substr(sizeof other), into);
    }
    if (attribute.rta_type != RTA_MULTIPATH) return;
    const auto hop_size = [](const rtnexthop& hop) { return std::size_t{hop.rtnh_len}; };
    each_item<rtnexthop>(content, hop_size,
                         [&](const rtnexthop&, std::string_view of_hop) { take_hops(family, of_hop, into); });
  });
}

void take_route(std::string_view message, std::vector<KnownAddress>& into) {
  rtmsg route{};
  if (!take_head(message, route)) return;
  const bool leads_on = route.rtm_type == RTN_UNICAST && route.rtm_table != RT_TABLE_LOCAL;
  if (leads_on && route.rtm_dst_len <= wide_bits) take_hops(route.rtm_family, message.substr(sizeof route), into);
}

/// The end of the kernel's answer, or its error.
struct Answer {
  bool over{false};
  int error{0};
};

Answer take_messages(std::string_view bytes, std::vector<KnownAddress>& into) {
  Answer answer;
  const auto size_of = [](const nlmsghdr& message) { return std::size_t{message.nlmsg_len}; };
  each_item<nlmsghdr>(bytes, size_of, [&](const nlmsghdr& message, std::string_view content) {
    if (message.nlmsg_type == NLMSG_DONE) answer.over = true;
    if (message.nlmsg_type == NLMSG_ERROR) {
      int error = 0;
      answer = {true, take_head(content, error) ? -error : EPROTO};
    }
    if (message.nlmsg_type == RTM_NEWROUTE) take_route(content, into);
  });
  return answer;
}

Error not_read() { return errno_error(errno, "the routes of this machine"); }

Result<Done> ask_for_routes(int socket) {
  struct {
    nlmsghdr head{};
    rtmsg what{};
  } request;
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = RTM_GETROUTE;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.what.rtm_family = AF_UNSPEC;
  if (send(socket, &request, sizeof request, 0) < 0) return std::unexpected(not_read());
  return Done{};
}

}  // namespace

std::vector<KnownAddress> gateways_of(std::string_view messages) {
  std::vector<KnownAddress> list;
  take_messages(messages, list);
  return list;
}

Result<std::vector<KnownAddress>> default_gateways() {
  const UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  if (socket.get() < 0) return std::unexpected(not_read());
  const timeval patience{2, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (auto ok = ask_for_routes(socket.get()); !ok) return std::unexpected(ok.error());
  std::vector<KnownAddress> list;
  std::vector<char> part(std::size_t{64} << 10U);
  for (std::size_t seen = 0; seen < answer_max;) {
    const ssize_t got = recv(socket.get(), part.data(), part.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::unexpected(not_read());
    seen += static_cast<std::size_t>(got);
    const Answer answer = take_messages({part.data(), static_cast<std::size_t>(got)}, list);
    if (answer.error != 0) return std::unexpected(errno_error(answer.error, "the routes of this machine"));
    if (answer.over) break;
  }
  return list;
}

}  // namespace aright::driver
