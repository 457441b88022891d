// Masking: whatever stands around a secret, it is not in what comes out, and the rest is as it was.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/redact.h"
#include "base/redact_views.h"
#include "base/secret_parts.h"

namespace {

using namespace aright;

void demand(bool holds) {
  if (!holds) std::abort();
}

void views_lie_within(std::string_view text) {
  for (const View& view : views_of(text)) {
    demand(view.begins.size() == view.text.size() && view.ends.size() == view.text.size());
    for (std::size_t i = 0; i < view.text.size(); ++i) {
      demand(view.begins[i] < view.ends[i] && view.ends[i] <= text.size());
      demand(i == 0 || view.begins[i - 1] <= view.begins[i]);
    }
  }
}

void parts_lie_within(std::string_view secret) {
  for (const std::string_view part : secret_parts(secret)) {
    demand(part.data() >= secret.data() && part.data() + part.size() <= secret.data() + secret.size());
  }
}

}  // namespace

/// The first byte is the length of a secret, which follows; then text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all{reinterpret_cast<const char*>(data), size};
  if (all.empty()) return 0;
  const std::string_view secret = all.substr(1, data[0]);
  const std::string_view text = all.substr(1 + secret.size());
  views_lie_within(text);
  parts_lie_within(secret);
  constexpr std::string_view mask = "\u2039secret a\u203a";
  if (secret.size() < 8 || secret.find_first_of(mask) != std::string_view::npos) return 0;
  Redactor redactor;
  redactor.add("a", Secret(std::string(secret)));
  for (const bool cut : {false, true}) {
    static_cast<void>(redactor.redacted(std::string(text), cut));
    for (const std::string& form : {std::string(secret), base64(secret), hex(as_bytes(secret))}) {
      const std::string masked = redactor.redacted(std::string(text) + form + std::string(text), cut);
      demand(!masked.contains(form) && masked.contains(mask));
    }
  }
  return 0;
}
