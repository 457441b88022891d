#include "driver/notify/notifiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "driver/notify/mail_text.h"
#include "driver/notify/message.h"
#include "driver/notify/syslog.h"
#include "http/webhook_sign.h"
#include "model/epochs.h"

namespace aright::driver {

namespace {

constexpr std::size_t said_max = 200;
/// What a server means for good: the same would be refused again. Others may be mended without a change of ours.
constexpr std::array<int, 7> final_refusals{400, 405, 410, 411, 413, 415, 422};

Result<std::string> judged(const http::Answer& answer) {
  if (answer.status >= 200 && answer.status < 300) return fmt::format("status {}", answer.status);
  if (answer.cut == http::Cut::stopped) return fail(Errc::paused, "we are stopping", Retry::yes);
  if (answer.status == 0) {
    return fail(Errc::timeout, "no answer: " + answer.trouble, Retry::yes);
  }
  const bool final = std::ranges::find(final_refusals, answer.status) != final_refusals.end();
  const std::string said = answer.body.empty() ? "" : ": " + clip_text(answer.body, said_max);
  return fail(final ? Errc::invalid : Errc::unavailable, fmt::format("status {}{}", answer.status, said),
              final ? Retry::no : Retry::yes);
}

/// Whatever is wrong with us or the way is to be mended; then it can be sent after all.
std::unexpected<Error> later(Error error) {
  error.retry = Retry::yes;
  return std::unexpected(std::move(error));
}

}  // namespace

Notifiers::Notifiers(std::string node, NotifierSet set, SecretKeeper& secrets, ProgramRunner& programs,
                     std::unique_ptr<http::Client> client, http::Resolve resolve)
    : node_{std::move(node), host_name()},
      secrets_(secrets),
      programs_(programs),
      client_(std::move(client)),
      resolve_(std::move(resolve)),
      set_(std::make_shared<const NotifierSet>(std::move(set))) {}

Result<std::unique_ptr<Notifiers>> Notifiers::create(std::string node, NotifierSet set, SecretKeeper& secrets,
                                                     ProgramRunner& programs, http::Resolve resolve) {
  auto client = http::Client::create(resolve);
  if (!client) return std::unexpected(client.error());
  return std::unique_ptr<Notifiers>{
      new Notifiers(std::move(node), std::move(set), secrets, programs, std::move(*client), std::move(resolve))};
}

void Notifiers::change(NotifierSet set) {
  auto made = std::make_shared<const NotifierSet>(std::move(set));
  const std::lock_guard lock(mutex_);
  set_ = std::move(made);
}

std::shared_ptr<const NotifierSet> Notifiers::set() const {
  const std::lock_guard lock(mutex_);
  return set_;
}

Result<std::string> Notifiers::deliver(const Notification& notification) {
  const auto all = set();
  const auto found = std::ranges::find(all->notifiers, notification.notifier, &NotifierDefinition::name);
  if (found == all->notifiers.end()) {
    return fail(Errc::not_found, fmt::format("there is no notifier {}", notification.notifier), Retry::yes);
  }
  Try now{.what = notification, .set = *all, .time_limit = found->time_limit};
  auto told = std::visit([&](const auto& how) { return tell(how, now); }, found->how);
  const Redactor redactor = secrets_.redactor(std::move(now.handed));
  if (told) return redactor.redacted(std::move(*told), false);
  Error error = told.error();
  error.message = redactor.redacted(std::move(error.message), true);
  return std::unexpected(std::move(error));
}

Result<std::string> Notifiers::post(http::Outgoing request, Try& now) {
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/json");
  request.time_limit = now.time_limit;
  request.kept_max = 1024;
  auto answer = client_->send(now.set.destinations, request);
  if (!answer) return later(answer.error());
  return judged(*answer);
}

Result<std::string> Notifiers::tell(const WebhookNotifier& how, Try& now) {
  auto url = http::parse_url(how.url);
  if (!url) return later(url.error());
  auto key = secrets_.get(how.secret, now.handed);
  if (!key) return later(key.error());
  http::Outgoing request;
  request.url = std::move(*url);
  request.body = notification_json(node_, now.what);
  auto headers = http::signed_as_standard_webhook(key->reveal(), delivery_id(node_, now.what), request.body,
                                                  std::chrono::system_clock::now());
  if (!headers) return later(headers.error());
  request.headers = std::move(*headers);
  return post(std::move(request), now);
}

Result<std::string> Notifiers::tell(const SlackNotifier& how, Try& now) {
  auto text = secrets_.revealed(how.url, now.handed);
  if (!text) return later(text.error());
  auto url = http::parse_url(*text);
  wipe(*text);
  if (!url) return later(url.error());
  http::Outgoing request;
  request.url = std::move(*url);
  request.body = slack_json(node_, now.what);
  return post(std::move(request), now);
}

Result<std::string> Notifiers::tell(const SmtpNotifier& how, Try& now) {
  http::Mail mail{.from = how.from, .to = how.to};
  mail.server.host = how.host;
  if (const auto ip = parse_ip(how.host)) mail.server.address = *ip;
  mail.server.port = how.port;
  mail.server.tls = how.tls != SmtpNotifier::Tls::none;
  switch (how.tls) {
    case SmtpNotifier::Tls::none: mail.tls = http::Mail::Tls::none; break;
    case SmtpNotifier::Tls::starttls: mail.tls = http::Mail::Tls::starttls; break;
    case SmtpNotifier::Tls::implicit: mail.tls = http::Mail::Tls::implicit; break;
  }
  mail.text = mail_text(node_, how, now.what);
  mail.time_limit = now.time_limit;
  if (!how.user.empty()) {
    auto password = secrets_.get(how.password, now.handed);
    if (!password) return later(password.error());
    mail.user = how.user;
    mail.password = password->reveal();
  }
  auto taken = client_->send_mail(now.set.destinations, mail);
  wipe(mail.password);
  return taken;
}

Result<std::string> Notifiers::tell(const ProgramNotifier& how, Try& now) {
  ProgramRequest request;
  request.key = in_epoch(now.what.epoch, fmt::format("n{}", now.what.id));
  request.arguments = how.arguments;
  request.input = notification_json(node_, now.what);
  request.time_limit = now.time_limit;
  request.output_max = 1024;
  auto outcome = programs_.run(request);
  if (!outcome) return later(outcome.error());
  if (outcome->cut == ProgramCut::stopped) return fail(Errc::paused, "we are stopping", Retry::yes);
  if (auto ok = judge(request, {}, *outcome); !ok) return later(ok.error());
  return describe(*outcome);
}

Result<std::string> Notifiers::tell(const SyslogNotifier& how, Try& now) {
  return write_to_syslog(how, now.what, now.set.destinations, resolve_, now.time_limit);
}

}  // namespace aright::driver
