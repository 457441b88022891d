#include "base/redact.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/json.h"

namespace aright {

namespace {

constexpr std::size_t beginning_min = 4;

/// Between the quotes; empty where it is no UTF-8, which no JSON holds.
std::string as_json(std::string_view text, bool ascii) {
  try {
    const std::string whole = Json(text).dump(-1, ' ', ascii);
    return whole.substr(1, whole.size() - 2);
  } catch (const Json::type_error&) {
    return {};
  }
}

/// As some writers of JSON do.
std::string with_slashes_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '/' ? std::string("\\/") : std::string(1, c);
  return out;
}

std::string as_url(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string out;
  for (const char c : text) {
    out += plain.contains(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
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
  std::vector<std::string> forms{std::string(bytes), as_url(bytes), hex(as_bytes(bytes))};
  for (const bool ascii : {false, true}) {
    forms.push_back(as_json(bytes, ascii));
    forms.push_back(with_slashes_escaped(forms.back()));
  }
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
  std::ranges::sort(forms_, [](const Form& a, const Form& b) {
    return a.form.size() != b.form.size() ? a.form.size() > b.form.size() : a.name < b.name;
  });
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
