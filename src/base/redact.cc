#include "base/redact.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/bytes.h"

namespace aright {

namespace {

constexpr std::size_t beginning_min = 4;

template <class Escape>
std::string escaped_with(std::string_view text, Escape&& escape) {
  std::string out;
  out.reserve(text.size() * 6);  // no smaller copy is left behind while it grows
  for (const char c : text) out += escape(c);
  return out;
}

std::string as_json(std::string_view text) {
  return escaped_with(text, [](char c) -> std::string {
    if (c == '"' || c == '\\') return {'\\', c};
    if (c == '\n') return "\\n";
    if (c == '\r') return "\\r";
    if (c == '\t') return "\\t";
    return static_cast<unsigned char>(c) < ' ' ? fmt::format("\\u{:04x}", c) : std::string(1, c);
  });
}

std::string as_url(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  return escaped_with(text, [&](char c) {
    return plain.contains(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  });
}

std::string without_padding(std::string text) {
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

/// Whole, and without what would change if more followed.
std::vector<std::string> as_base64(std::string_view text) {
  return {base64(text), without_padding(base64(text)), base64(text.substr(0, text.size() / 3 * 3))};
}

std::string url_safe(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

}  // namespace

void Redactor::add(const std::string& name, const Secret& secret) {
  const std::string_view bytes = secret.reveal();
  std::vector<std::string> forms{std::string(bytes), as_json(bytes), as_url(bytes), hex(as_bytes(bytes))};
  for (const std::string& form : as_base64(bytes)) {
    forms.push_back(form);
    forms.push_back(url_safe(form));
  }
  for (std::string& form : forms) {
    const bool known =
        form.empty() || std::ranges::any_of(forms_, [&](const Form& f) { return f.form.reveal() == form; });
    if (known) {
      wipe(form);
    } else {
      forms_.push_back({name, Secret(std::move(form))});
    }
  }
  std::ranges::stable_sort(forms_, std::greater{}, [](const Form& f) { return f.form.size(); });
}

std::string Redactor::redacted(std::string text, bool cut) const {
  for (const Form& one : forms_) {
    const std::string mask = "‹secret " + one.name + "›";
    for (auto at = text.find(one.form.reveal()); at != std::string::npos;
         at = text.find(one.form.reveal(), at + mask.size())) {
      text.replace(at, one.form.size(), mask);
    }
  }
  if (!cut) return text;
  for (const Form& one : forms_) {
    const std::string_view form = one.form.reveal();
    for (std::size_t count = std::min(form.size(), text.size()); count >= beginning_min; --count) {
      if (!text.ends_with(form.substr(0, count))) continue;
      text.resize(text.size() - count);
      return text + "‹secret " + one.name + "›";
    }
  }
  return text;
}

}  // namespace aright
