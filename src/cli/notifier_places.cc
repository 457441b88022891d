#include "cli/notifier_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/path_text.h"
#include "base/yaml_texts.h"
#include "cli/call_syntax.h"
#include "cli/program_syntax.h"
#include "http/mail.h"
#include "model/definition_context.h"
#include "workflow/parse_secret_text.h"

namespace aright::cli {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t notifiers_max = 32;
constexpr std::size_t recipients_max = 20;
constexpr const char* notifier_example = "such as ops: { program: [/usr/local/bin/page] }, or ops: { syslog: {} }";
const std::vector<std::string> ways{"webhook", "slack", "smtp", "syslog", "program"};
const std::vector<std::string> facilities{"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                          "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                          "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                          "local2", "local3", "local4", "local5", "local6",   "local7"};

class NotifyParser {
 public:
  NotifyParser(const SecretSources& secrets, const http::Destinations& destinations, Diagnostics& out)
      : calls_(call_syntax(destinations)), out_(out) {
    for (const auto& [name, source] : secrets) context_.secrets.push_back(name);
  }

  ParsedNotify parse(const yaml::Node& node) {
    if (node.kind != yaml::Node::Kind::map) {
      error(node.at, fmt::format("`notify` must be a map of names, not {}", node.describe()), notifier_example);
      return {};
    }
    if (node.pairs.size() > notifiers_max) {
      error(node.at, fmt::format("more than {} notifiers", notifiers_max));
      return {};
    }
    const yaml::Node* defaults = nullptr;
    for (const yaml::Pair& pair : node.pairs) {
      if (pair.key == "default") {
        defaults = &pair.value;
      } else if (check_name(pair.key, pair.key_at, out_)) {
        one(pair);
      }
    }
    if (defaults != nullptr) take_defaults(*defaults);
    return std::move(made_);
  }

 private:
  void error(const Position& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::error, at, std::move(message), std::move(hint)});
  }

  void take_defaults(const yaml::Node& node) {
    std::vector<const yaml::Node*> names;
    if (node.kind == yaml::Node::Kind::scalar) names.push_back(&node);
    for (const yaml::Node& item : node.items) names.push_back(&item);
    if (names.empty()) error(node.at, fmt::format("`default` must be a list of notifiers, not {}", node.describe()));
    std::vector<std::string> known;
    known.reserve(made_.rules.notifiers.size());
    for (const NotifierRule& rule : made_.rules.notifiers) known.push_back(rule.name);
    for (const yaml::Node* name : names) {
      if (std::ranges::find(known, name->scalar) == known.end()) {
        error(name->at, fmt::format("there is no notifier `{}`", name->scalar),
              suggest(name->scalar, known, "notifiers"));
      } else if (std::ranges::find(made_.rules.defaults, name->scalar) == made_.rules.defaults.end()) {
        made_.rules.defaults.push_back(name->scalar);
      }
    }
  }

  void one(const yaml::Pair& pair) {
    yaml::Fields in(pair.value, "notifier", out_);
    NotifierDefinition made{.name = pair.key, .how = SyslogNotifier{}};
    NotifierRule rule{.name = pair.key};
    const yaml::Node* how = nullptr;
    for (const std::string& way : ways) {
      const yaml::Node* there = in.node(way);
      if (there != nullptr && how != nullptr) error(there->at, "a notifier is one thing, not two", "make two of it");
      if (there != nullptr && how == nullptr) take(way, *(how = there), made);
    }
    if (const yaml::Node* node = in.node("retry")) take_retry(*node, rule);
    if (const yaml::Node* node = in.node("rate")) take_rate(*node, rule);
    rule.queue = static_cast<std::uint64_t>(in.integer("queue", 1, 10'000).value_or(1000));
    made.time_limit = length(in, "time_limit", 1s, 5min).value_or(30s);
    in.finish();
    if (how == nullptr && pair.value.kind == yaml::Node::Kind::map) {
      error(pair.value.at,
            fmt::format("notifier `{}` says not how: one of webhook, slack, smtp, syslog, program", pair.key),
            notifier_example);
    }
    made_.notifiers.push_back(std::move(made));
    made_.rules.notifiers.push_back(std::move(rule));
  }

  std::optional<Nanos> length(yaml::Fields& in, const char* key, Nanos least, Nanos most) {
    const auto length = in.duration(key);
    if (!length || (*length >= least && *length <= most)) return length;
    error(in.node(key)->at,
          fmt::format("`{}` must be from {} to {}", key, format_duration(least), format_duration(most)));
    return std::nullopt;
  }

  void take_retry(const yaml::Node& node, NotifierRule& rule) {
    yaml::Fields in(node, "`retry` of a notifier", out_);
    rule.first = length(in, "first", 100ms, 1h).value_or(rule.first);
    rule.longest = length(in, "longest", 100ms, 24h).value_or(rule.longest);
    rule.give_up = length(in, "give_up", 1s, 24h * 30).value_or(rule.give_up);
    in.finish();
  }

  void take_rate(const yaml::Node& node, NotifierRule& rule) {
    if (node.kind != yaml::Node::Kind::map) {
      return error(node.at, "`rate` must be a map, not " + node.describe(), "such as { messages: 60, within: 1m }");
    }
    yaml::Fields in(node, "`rate` of a notifier", out_);
    rule.messages = static_cast<std::uint64_t>(in.integer("messages", 1, 10'000).value_or(60));
    rule.within = length(in, "within", 1s, 24h).value_or(rule.within);
    in.finish();
  }

  void take(const std::string& way, const yaml::Node& node, NotifierDefinition& into) {
    if (way == "webhook") return webhook(node, into);
    if (way == "slack") return slack(node, into);
    if (way == "smtp") return smtp(node, into);
    if (way == "syslog") return syslog(node, into);
    program(node, into);
  }

  void webhook(const yaml::Node& node, NotifierDefinition& into) {
    yaml::Fields in(node, "`webhook` of a notifier", out_);
    WebhookNotifier how{in.required_text("url").value_or(""), in.required_text("secret").value_or("")};
    in.finish();
    if (!how.url.empty()) calls_.url(how.url, in.node("url")->at, out_);
    if (!how.secret.empty()) workflow::check_secret_name(how.secret, in.node("secret")->at, context_, out_);
    into.how = std::move(how);
  }

  void slack(const yaml::Node& node, NotifierDefinition& into) {
    yaml::Fields in(node, "`slack` of a notifier", out_);
    const yaml::Node* url = in.required("url");
    in.finish();
    if (url == nullptr) return;
    if (!workflow::is_secret_text(*url)) {
      return error(url->at, "the `url` of `slack` is a secret: whoever knows it may post there",
                   "url: { secret: NAME }");
    }
    if (auto text = workflow::parse_secret_text(*url, "url", context_, out_)) into.how = SlackNotifier{*text};
  }

  void smtp(const yaml::Node& node, NotifierDefinition& into) {
    yaml::Fields in(node, "`smtp` of a notifier", out_);
    SmtpNotifier how;
    const auto server = in.required_text("server");
    static const std::vector<std::string> kinds{"none", "starttls", "implicit"};
    const auto tls = in.word("tls", kinds, "kinds of encryption");
    if (tls) how.tls = static_cast<SmtpNotifier::Tls>(std::ranges::find(kinds, *tls) - kinds.begin());
    how.from = mailbox(in.required_text("from").value_or(""), in.node("from"));
    const yaml::Node* to = in.required("to");
    const std::size_t before = out_.size();
    for (const yaml::Node* item : yaml::text_items(in, "to")) how.to.push_back(mailbox(item->scalar, item));
    const bool texts = !has_errors(out_, before);
    if (to != nullptr && texts && (how.to.empty() || how.to.size() > recipients_max)) {
      error(to->at, fmt::format("`to` has 1 to {} addresses", recipients_max), "to: [ops@example.org]");
    }
    login(in, how);
    in.finish();
    if (server) mail_server(*server, in.node("server")->at, how);
    into.how = std::move(how);
  }

  std::string mailbox(std::string text, const yaml::Node* node) {
    if (node != nullptr && !http::is_mailbox(text)) {
      error(node->at, fmt::format("`{}` is no mail address", text), "plainly local@example.org, without a name");
    }
    return text;
  }

  void login(yaml::Fields& in, SmtpNotifier& how) {
    how.user = in.text("user").value_or("");
    how.password = in.text("password").value_or("");
    if (how.user.empty() != how.password.empty()) {
      error((in.node("user") != nullptr ? in.node("user") : in.node("password"))->at,
            "`user` and `password` belong together", "password: NAME of a secret in `secrets`");
    } else if (!how.user.empty() && how.tls == SmtpNotifier::Tls::none) {
      error(in.node("password")->at, "the password would go unencrypted", "tls: starttls");
    }
    if (!how.password.empty()) {
      workflow::check_secret_name(how.password, in.node("password")->at, context_, out_);
    }
  }

  /// As a URL has it, too. Not encrypted it may go where plain http may.
  void mail_server(const std::string& text, const Position& at, SmtpNotifier& into) {
    const std::string as_url = (into.tls == SmtpNotifier::Tls::none ? "http://" : "https://") + text;
    const auto url = http::parse_url(as_url);
    if (!url || url->target != "/" || !text.contains(':')) {
      return error(at, fmt::format("`{}` is no HOST:PORT", text), "server: mail.example.org:587");
    }
    calls_.url(as_url, at, out_);
    into.host = url->host;
    into.port = url->port;
  }

  void syslog(const yaml::Node& node, NotifierDefinition& into) {
    yaml::Fields in(node, "`syslog` of a notifier", out_);
    SyslogNotifier how;
    if (const auto facility = in.word("facility", facilities, "facilities")) {
      how.facility = static_cast<int>(std::ranges::find(facilities, *facility) - facilities.begin());
    }
    how.tag = in.text("tag").value_or(how.tag);
    const bool plain = std::ranges::all_of(how.tag, [](char c) { return c > ' ' && c < 127 && c != '[' && c != ':'; });
    if (how.tag.empty() || how.tag.size() > 32 || !plain) {
      error(in.node("tag")->at, "`tag` has 1 to 32 visible characters without [ and :");
    }
    const auto socket = in.text("socket");
    const auto udp = in.text("udp");
    const auto tcp = in.text("tcp");
    if ((socket ? 1 : 0) + (udp ? 1 : 0) + (tcp ? 1 : 0) > 1) {
      error(node.at, "the syslog is behind one of `socket`, `udp` and `tcp`", "make two notifiers of it");
    }
    if (socket) how.socket = socket_path(*socket, in.node("socket")->at);
    if (udp) server(*udp, in.node("udp")->at, SyslogNotifier::Way::udp, how);
    if (tcp) server(*tcp, in.node("tcp")->at, SyslogNotifier::Way::tcp, how);
    in.finish();
    into.how = std::move(how);
  }

  std::string socket_path(const std::string& text, const Position& at) {
    auto bytes = path_bytes(text);
    if (bytes && bytes->starts_with('/')) return std::move(*bytes);
    error(at, fmt::format("`{}` is not the absolute path of a socket", text), "socket: /dev/log");
    return {};
  }

  /// HOST:PORT, as a URL has it: the same names and addresses are allowed, and the same destinations.
  void server(const std::string& text, const Position& at, SyslogNotifier::Way way, SyslogNotifier& into) {
    const auto url = http::parse_url("http://" + text);
    if (!url || url->target != "/")
      return error(at, fmt::format("`{}` is no HOST:PORT", text), "udp: log.example.org:514");
    calls_.url("http://" + text, at, out_);
    into.way = way;
    into.host = url->host;
    into.port = url->port;
  }

  void program(const yaml::Node& node, NotifierDefinition& into) {
    ProgramNotifier how;
    for (const yaml::Node& item : node.items) {
      if (item.kind == yaml::Node::Kind::scalar) how.arguments.push_back(item.scalar);
    }
    if (how.arguments.empty() || how.arguments.size() != node.items.size() || !how.arguments[0].starts_with('/')) {
      return error(node.at, "`program` is a list of texts, the first an absolute path",
                   "program: [/usr/local/bin/page, --team, ops]; it gets the notification as JSON on standard input");
    }
    check_program_file(how.arguments[0], node.items[0].at, "nobody is told", out_);
    into.how = std::move(how);
  }

  DefinitionContext context_;
  CallSyntax calls_;
  Diagnostics& out_;
  ParsedNotify made_;
};

}  // namespace

ParsedNotify parse_notifiers(const yaml::Node& node, const SecretSources& secrets,
                             const http::Destinations& destinations, Diagnostics& out) {
  return NotifyParser(secrets, destinations, out).parse(node);
}

}  // namespace aright::cli
