#include "driver/secret_keeper.h"

#include <fmt/format.h>

namespace aright::driver {

void SecretKeeper::change(SecretSources sources) {
  const std::lock_guard lock(mutex_);
  sources_ = std::move(sources);
}

SecretSources SecretKeeper::sources() const {
  const std::lock_guard lock(mutex_);
  return sources_;
}

Result<Secret> SecretKeeper::get(const std::string& name) const {
  const SecretSources all = sources();
  const auto known = all.find(name);
  if (known == all.end()) return fail(Errc::not_found, fmt::format("secret {}: there is none of that name", name));
  auto secret = read_secret(known->second);
  if (!secret) {
    secret.error().message = fmt::format("secret {}: {}", name, secret.error().message);
    secret.error().retry = Retry::yes;  // a person puts it right
  }
  return secret;
}

Result<std::string> SecretKeeper::revealed(const SecretText& text) const {
  if (!text.is_secret()) return text.text;
  const auto secret = get(text.secret);
  if (!secret) return std::unexpected(secret.error());
  std::string whole;
  whole.reserve(text.text.size() + secret->size() + 1);
  whole.append(text.text).append(secret->reveal());
  return whole;
}

Redactor SecretKeeper::redactor() const {
  Redactor redactor;
  for (const auto& [name, source] : sources()) {
    if (const auto secret = read_secret(source)) redactor.add(name, *secret);
  }
  return redactor;
}

}  // namespace aright::driver
