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
constexpr std::size_t inner_min = 4;  // signs of base64: fewer are found by chance in texts that hold no secret

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

std::string as_url(std::string_view text, bool upper, bool blank_as_plus) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' && blank_as_plus) {
      out += '+';
    } else if (plain.contains(c)) {
      out += c;
    } else {
      out += upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
    }
  }
  return out;
}

std::string in_upper_case(std::string text) {
  for (char& c : text) c = 'a' <= c && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string without_padding(std::string text) {
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

/// The part of base64 that is the same whatever stands around the text, if `before` (mod 3) bytes stand before it:
/// a sign holds six bits, so the first signs hold bits of what is before, and the last ones of what follows.
std::string within_base64(std::string_view text, std::size_t before) {
  const std::string whole = base64(std::string(before, '\0') + std::string(text));
  const std::size_t first = before == 0 ? 0 : before + 1;
  const std::size_t end = (before + text.size()) * 8 / 6;
  return end < first + inner_min ? std::string() : whole.substr(first, end - first);
}

/// Whole, and somewhere in a longer text.
std::vector<std::string> as_base64(std::string_view text) {
  std::vector<std::string> forms{base64(text), without_padding(base64(text))};
  for (std::size_t before = 0; before < 3; ++before) forms.push_back(within_base64(text, before));
  return forms;
}

std::string url_safe(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

}  // namespace

void Redactor::add(const std::string& name, const Secret& secret) {
  const std::string_view bytes = secret.reveal();
  const auto same = [&](const Form& f) { return f.name == name && f.form.reveal() == bytes; };
  if (std::ranges::any_of(forms_, same)) return;
  std::vector<std::string> forms{std::string(bytes), hex(as_bytes(bytes)), in_upper_case(hex(as_bytes(bytes)))};
  for (const bool upper : {false, true}) {
    for (const bool plus : {false, true}) forms.push_back(as_url(bytes, upper, plus));
  }
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
