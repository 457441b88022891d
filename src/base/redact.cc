#include "base/redact.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/redact_views.h"
#include "base/secret_parts.h"

namespace aright {

namespace {

constexpr std::size_t form_min = 8;
constexpr std::size_t beginning_min = 4;
constexpr std::size_t inner_min = 4;  // signs of base64: fewer are found by chance in texts that hold no secret

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

/// The beginning of a form, for a quick no.
std::uint16_t mark_of(std::string_view at) {
  std::uint32_t mixed = 0;
  for (std::size_t i = 0; i < form_min; ++i) mixed = mixed * 31 + static_cast<unsigned char>(at[i]);
  return static_cast<std::uint16_t>(mixed ^ (mixed >> 16U));
}

struct Found {
  std::size_t begin{0};
  std::size_t end{0};
  const std::string* name{nullptr};
};

/// Those that overlap are one, under the name of the longest.
std::vector<Found> merged(std::vector<Found> all) {
  std::ranges::sort(all, {}, [](const Found& f) { return std::pair(f.begin, f.end); });
  std::vector<Found> made;
  std::size_t longest = 0;
  for (const Found& one : all) {
    const std::size_t size = one.end - one.begin;
    if (made.empty() || one.begin >= made.back().end) {
      made.push_back(one);
      longest = size;
      continue;
    }
    made.back().end = std::max(made.back().end, one.end);
    if (size > longest) made.back().name = one.name;
    longest = std::max(longest, size);
  }
  return made;
}

}  // namespace

void Redactor::add_form(const std::string& name, std::string form) {
  if (form.size() < form_min) return wipe(form);
  marks_.set(mark_of(form));
  forms_.push_back(Form{name, Secret(std::move(form))});
}

void Redactor::add_forms(const std::string& name, std::string_view bytes) {
  add_form(name, std::string(bytes));
  add_form(name, hex(as_bytes(bytes)));
  for (std::string& form : as_base64(bytes)) {
    add_form(name, url_safe(form));
    add_form(name, std::move(form));
  }
}

void Redactor::add(const std::string& name, const Secret& secret) {
  const auto text = [](const Form& f) { return f.form.reveal(); };
  const std::string_view written = secret.reveal();
  const std::string_view bytes = written.substr(0, written.find_last_not_of("\r\n") + 1);
  const auto place = std::ranges::lower_bound(forms_, bytes, {}, text);
  if (place != forms_.end() && place->form.reveal() == bytes && place->name == name) return;
  std::vector<std::string_view> parts = secret_parts(bytes);
  std::ranges::sort(parts);
  const auto twice = std::ranges::unique(parts);
  parts.erase(twice.begin(), twice.end());
  add_forms(name, bytes);
  if (written != bytes) add_forms(name, written);
  for (const std::string_view part : parts) add_forms(name, part);
  std::ranges::sort(forms_, {}, [](const Form& f) { return std::pair(f.form.reveal(), std::string_view(f.name)); });
  const auto known = std::ranges::unique(forms_, {}, text);
  forms_.erase(known.begin(), known.end());
}

/// Those that have the first bytes of `at` stand beside each other.
void Redactor::each_form_at(std::string_view at, const std::function<void(const Form&)>& take) const {
  const std::string_view first = at.substr(0, form_min);
  auto form = std::ranges::lower_bound(forms_, first, {}, [](const Form& f) { return f.form.reveal(); });
  for (; form != forms_.end() && form->form.reveal().starts_with(first); ++form) {
    if (at.starts_with(form->form.reveal())) take(*form);
  }
}

/// How many bytes at the end of `text` are the beginning of a form; of which.
std::pair<std::size_t, const Redactor::Form*> Redactor::beginning_at_end(std::string_view text) const {
  std::pair<std::size_t, const Form*> longest{0, nullptr};
  for (const Form& one : forms_) {
    const std::string_view form = one.form.reveal();
    for (std::size_t count = std::min(form.size(), text.size()); count >= beginning_min; --count) {
      if (count <= longest.first || !text.ends_with(form.substr(0, count))) continue;
      longest = {count, &one};
      break;
    }
  }
  return longest;
}

std::string Redactor::redacted(std::string text, bool cut) const {
  if (forms_.empty()) return text;
  std::vector<Found> found;
  for (const View& view : views_of(text)) {
    const std::string_view all = view.text;
    for (std::size_t at = 0; at + form_min <= all.size(); ++at) {
      if (!marks_.test(mark_of(all.substr(at, form_min)))) continue;
      each_form_at(all.substr(at), [&](const Form& f) {
        found.push_back({view.begins[at], view.ends[at + f.form.size() - 1], &f.name});
      });
    }
    const auto [count, form] = cut ? beginning_at_end(all) : std::pair<std::size_t, const Form*>(0, nullptr);
    if (form != nullptr) found.push_back({view.begins[all.size() - count], text.size(), &form->name});
  }
  if (found.empty()) return text;
  std::string masked;
  std::size_t at = 0;
  for (const Found& one : merged(std::move(found))) {
    masked.append(text, at, one.begin - at).append("‹secret ").append(*one.name).append("›");
    at = one.end;
  }
  masked.append(text, at);
  wipe(text);
  return masked;
}

}  // namespace aright
