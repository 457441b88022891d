// What sshd writes about logins. A user name is what a stranger typed and may look like the rest of a line; so every
// form is matched whole, and a user name takes all it can: what follows it is the last that fits, which sshd wrote.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "model/field_text.h"
#include "source/tail/decode.h"
#include "source/tail/syslog_line.h"

namespace aright::source {

namespace {

/// Groups: "method", "invalid" (the user does not exist), "user", "address", "port", "detail" (an outsider's text).
struct SshdForm {
  std::string_view action;
  const char* pattern;
  /// Only where " from " stands once in it: what an outsider wrote is on both sides of the address.
  bool once{false};
};
// `.*` before " from " takes all it can: of several addresses the last counts.
constexpr std::array<SshdForm, 10> forms{{
    {"failed",
     R"(Failed (?P<method>[a-z0-9/-]+) for (?P<invalid>invalid user )?(?P<user>.*) from (?P<address>\S+) port (?P<port>\d+)(?: ssh2(?:: [A-Za-z0-9-]+ (?:SHA256|MD5):[A-Za-z0-9+/=:]+)?)?)"},
    // Whose certificate it is (`ID`), or what user of another machine, the stranger says.
    {"failed",
     R"(Failed (?P<method>[a-z0-9/-]+) for (?P<invalid>invalid user )?(?P<user>.*) from (?P<address>\S+) port (?P<port>\d+) ssh2: .+)",
     true},
    // A user who exists has a name without blanks: all before the address is of sshd.
    {"accepted",
     R"(Accepted (?P<method>[a-z0-9/-]+) for (?P<user>\S+) from (?P<address>\S+) port (?P<port>\d+)(?: ssh2(?:: .+)?)?)"},
    {"invalid-user", R"((?P<invalid>Invalid user )(?P<user>.*) from (?P<address>\S+)(?: port (?P<port>\d+))?)"},
    {"too-many-attempts",
     R"((?:error: )?maximum authentication attempts exceeded for (?P<invalid>invalid user )?(?P<user>.*) from (?P<address>\S+) port (?P<port>\d+)(?: ssh2)?(?: \[preauth\])?)"},
    {"not-allowed", R"(User (?P<user>\S+) from (?P<address>\S+) not allowed because [A-Za-z' ]+)"},
    {"closed",
     R"((?:Connection (?:closed|reset) by|Disconnected from) (?:authenticating user |(?P<invalid>invalid user )|user )(?P<user>.*) (?P<address>\S+) port (?P<port>\d+)(?: \[preauth\])?)"},
    {"closed",
     R"((?:Connection (?:closed|reset) by|Disconnected from) (?P<address>[0-9A-Fa-f:.%a-z]+) port (?P<port>\d+)(?: \[preauth\])?)"},
    {"disconnect-received", R"(Received disconnect from (?P<address>\S+) port (?P<port>\d+):\d+: (?P<detail>.*))"},
    {"pam-failure",
     R"(pam_unix\(sshd:auth\): authentication failure; logname=\S* uid=\d+ euid=\d+ tty=\S* ruser=\S* rhost=(?P<address>\S+)(?:  user=(?P<user>\S+))?)"},
}};

bool stands_once(std::string_view part, std::string_view text) {
  const auto first = text.find(part);
  return first != std::string_view::npos && text.find(part, first + 1) == std::string_view::npos;
}

/// What sshd writes where it has no address, or was told to write names (`UseDNS`). No wrong address: that ends with
/// digits, or has a colon.
bool is_host_name(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view others = "0123456789-_.";
  const auto known = [&](char c) { return letters.contains(c) || others.contains(c); };
  if (!std::ranges::all_of(text, known)) return false;
  if (text.ends_with('.')) text.remove_suffix(1);
  return text.substr(text.rfind('.') + 1).find_first_of(letters) != std::string_view::npos;
}

/// A link-local address has its interface behind it, which is no part of it.
std::optional<std::string> peer(std::string_view text) { return plain_address(text.substr(0, text.find('%'))); }

Result<Done> set_number(Json& data, const char* key, std::string_view text) {
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size()) {
    return fail(Errc::invalid, std::string("sshd: the ") + key + " is no number of 32 bits");
  }
  data[key] = number;
  return Done{};
}

class SshdDecoder final : public LineDecoder {
 public:
  SshdDecoder(Nanos zone, const std::vector<LogSource>& more)
      : zone_(zone),
        log_sources_(sshd_log_sources()),
        repeated_(R"(message repeated (\d+) times: \[ (.*)\])", RE2::Quiet) {
    log_sources_.insert(log_sources_.end(), more.begin(), more.end());
    for (const SshdForm& form : forms) patterns_.push_back(std::make_unique<RE2>(form.pattern, RE2::Quiet));
  }

  Decoding decode(std::string_view line, WallTime arrival) const override {
    if (auto ok = check_text(line); !ok) return std::unexpected(ok.error());
    const auto frame = syslog_line(line, arrival, zone_);
    if (!frame) return fail(Errc::invalid, "a line that has not the form of a system log");
    if (frame->program != "sshd" && frame->program != "sshd-session") return std::nullopt;
    Decoded decoded{Json{{"host", std::string(frame->host)},
                         {"program", std::string(frame->program)},
                         {"message", std::string(frame->message)}},
                    frame->time,
                    log_sources_,
                    {{"message", FieldType::text}}};
    if (!frame->process.empty()) {
      if (auto ok = set_number(decoded.data, "process", frame->process); !ok) return std::unexpected(ok.error());
    }
    if (auto ok = read_message(frame->message, decoded); !ok) return std::unexpected(ok.error());
    return decoded;
  }

 private:
  Result<Done> read_message(std::string_view message, Decoded& decoded) const {
    const re2::StringPiece whole(message.data(), message.size());
    std::string times;
    re2::StringPiece inner = whole;
    if (RE2::FullMatch(whole, repeated_, &times, &inner)) {
      if (auto ok = set_number(decoded.data, "repeated", times); !ok) return ok;
    } else {
      inner = whole;
    }
    for (std::size_t i = 0; i < forms.size(); ++i) {
      std::array<re2::StringPiece, 7> parts;
      const int count = patterns_[i]->NumberOfCapturingGroups() + 1;
      if (forms.at(i).once && !stands_once(" from ", {inner.data(), inner.size()})) continue;
      if (!patterns_[i]->Match(inner, 0, inner.size(), RE2::ANCHOR_BOTH, parts.data(), count)) continue;
      decoded.data["action"] = std::string(forms.at(i).action);
      for (const auto& [name, number] : patterns_[i]->NamedCapturingGroups()) {
        const re2::StringPiece part = parts.at(static_cast<std::size_t>(number));
        if (auto ok = set(name, part, decoded); !ok) return ok;
      }
      return Done{};
    }
    return Done{};  // another message of sshd: rules may look at its text
  }

  static Result<Done> set(const std::string& name, re2::StringPiece part, Decoded& decoded) {
    const std::string_view text(part.data(), part.size());
    if (name == "invalid") {
      decoded.data["valid_user"] = part.data() == nullptr;
      return Done{};
    }
    if (part.data() == nullptr) return Done{};
    if (name == "port") return set_number(decoded.data, "port", text);
    if (name == "address") {
      auto address = peer(text);
      if (!address && is_host_name(text)) return Done{};
      if (!address) return fail(Errc::invalid, "sshd: what stands for the client's address is none");
      decoded.data["address"] = std::move(*address);
      return Done{};
    }
    if (name != "method") decoded.outsider.push_back({name, FieldType::text});
    decoded.data[name] = std::string(text);
    return Done{};
  }

  Nanos zone_;
  std::vector<LogSource> log_sources_;
  RE2 repeated_;
  std::vector<std::unique_ptr<RE2>> patterns_;
};

}  // namespace

std::vector<LogSource> sshd_log_sources() { return {{"", "linux", "sshd"}, {"", "linux", "auth"}}; }

std::vector<std::string> sshd_fields() {
  return {"host",   "program",    "message", "process", "repeated", "action",
          "method", "valid_user", "user",    "address", "port",     "detail"};
}

std::unique_ptr<LineDecoder> sshd_decoder(Nanos zone, const std::vector<LogSource>& more) {
  return std::make_unique<SshdDecoder>(zone, more);
}

}  // namespace aright::source
