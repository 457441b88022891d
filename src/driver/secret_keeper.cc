#include "driver/secret_keeper.h"

#include <fmt/format.h>

#include <algorithm>

namespace aright::driver {

void SecretKeeper::change(SecretSources sources) {
  const std::lock_guard lock(mutex_);
  sources_ = std::move(sources);
}

SecretSources SecretKeeper::sources() const {
  const std::lock_guard lock(mutex_);
  return sources_;
}

void SecretKeeper::forget_old() {
  const auto before = now_() - masked_for;
  for (auto& [name, values] : handed_) std::erase_if(values, [&](const Handed& one) { return one.at < before; });
  std::erase_if(handed_, [](const auto& item) { return item.second.empty(); });
}

void SecretKeeper::remember(const std::string& name, const Secret& secret) {
  const std::lock_guard lock(mutex_);
  forget_old();
  std::deque<Handed>& values = handed_[name];
  std::erase_if(values, [&](const Handed& one) { return one.value.reveal() == secret.reveal(); });
  values.push_back({Secret(std::string(secret.reveal())), now_()});
  if (values.size() > masked_max) values.pop_front();
}

Result<Secret> SecretKeeper::get(const std::string& name, Redactor& handed) {
  const SecretSources all = sources();
  const auto known = all.find(name);
  if (known == all.end()) return fail(Errc::not_found, fmt::format("secret {}: there is none of that name", name));
  auto secret = read_secret(known->second);
  if (!secret) {
    secret.error().message = fmt::format("secret {}: {}", name, secret.error().message);
    secret.error().retry = Retry::yes;  // a person puts it right
    return secret;
  }
  handed.add(name, *secret);
  remember(name, *secret);
  return secret;
}

Result<std::string> SecretKeeper::revealed(const SecretText& text, Redactor& handed) {
  if (!text.is_secret()) return text.text;
  const auto secret = get(text.secret, handed);
  if (!secret) return std::unexpected(secret.error());
  std::string whole;
  whole.reserve(text.text.size() + secret->size() + 1);
  whole.append(text.text).append(secret->reveal());
  return whole;
}

Redactor SecretKeeper::redactor(Redactor handed) {
  for (const auto& [name, source] : sources()) {
    if (const auto secret = read_secret(source)) handed.add(name, *secret);
  }
  const std::lock_guard lock(mutex_);
  forget_old();
  for (const auto& [name, values] : handed_) {
    for (const Handed& one : values) handed.add(name, one.value);
  }
  return handed;
}

}  // namespace aright::driver
