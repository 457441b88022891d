#include "model/field_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>

namespace aright {

std::optional<std::string> plain_address(std::string_view text) {
  const std::string whole(text);
  if (whole.contains('\0')) return std::nullopt;  // a NUL byte would end it early
  in_addr four{};
  in6_addr six{};
  std::array<char, INET6_ADDRSTRLEN> form{};
  if (inet_pton(AF_INET, whole.c_str(), &four) == 1) {
    return inet_ntop(AF_INET, &four, form.data(), form.size());
  }
  if (inet_pton(AF_INET6, whole.c_str(), &six) != 1) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&six)) return inet_ntop(AF_INET, &six.s6_addr[12], form.data(), form.size());
  return inet_ntop(AF_INET6, &six, form.data(), form.size());
}

std::optional<std::string> plain_form(FieldType type, std::string_view text) {
  switch (type) {
    case FieldType::text: return std::string(text);
    case FieldType::integer: {
      std::int64_t number = 0;
      const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
      return fmt::to_string(number);
    }
    case FieldType::address: return plain_address(text);
  }
  std::abort();
}

}  // namespace aright
