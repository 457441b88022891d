// Where notifications go: notifiers as `notify:` in aright.yaml says them. Values; secrets stand in them by name.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/secret_text.h"

namespace aright {

/// A JSON document, signed as Standard Webhooks says.
struct WebhookNotifier {
  std::string url;
  std::string secret;  ///< name of the secret that holds the key
  bool operator==(const WebhookNotifier&) const = default;
};

/// What Slack's incoming webhooks take, and what imitates them.
struct SlackNotifier {
  SecretText url;  ///< whoever knows it may post there
  bool operator==(const SlackNotifier&) const = default;
};

struct SyslogNotifier {
  enum class Way : std::uint8_t { local, udp, tcp };
  Way way{Way::local};
  std::string socket{"/dev/log"};  ///< local: as syslog(3) writes to it
  std::string host{};              ///< udp and tcp: RFC 5424, by TCP with the length before each message (RFC 6587)
  std::uint16_t port{514};
  int facility{3};  ///< RFC 5424, table 1; 3: system daemons
  std::string tag{"aright"};
  bool operator==(const SyslogNotifier&) const = default;
};

/// Gets the notification as JSON on standard input.
struct ProgramNotifier {
  std::vector<std::string> arguments;
  bool operator==(const ProgramNotifier&) const = default;
};

/// A mail of plain text.
struct SmtpNotifier {
  enum class Tls : std::uint8_t {
    none,
    starttls,  ///< after the greeting; where the server does not offer it nothing is sent
    implicit
  };
  std::string host;  ///< a name or an address
  std::uint16_t port{587};
  Tls tls{Tls::starttls};
  std::string from;
  std::vector<std::string> to;
  std::string user{};      ///< empty: without a login
  std::string password{};  ///< name of the secret
  bool operator==(const SmtpNotifier&) const = default;
};

struct NotifierDefinition {
  std::string name;
  std::variant<WebhookNotifier, SlackNotifier, SyslogNotifier, ProgramNotifier, SmtpNotifier> how;
  Nanos time_limit{std::chrono::seconds{30}};  ///< for one try
  bool operator==(const NotifierDefinition&) const = default;
};

}  // namespace aright
