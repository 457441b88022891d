#include "detect/sigma/about.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/subject_text.h"
#include "base/text.h"
#include "detect/sigma/taxonomy.h"

namespace aright::detect::sigma {

namespace {

constexpr std::size_t name_max = 64;
constexpr std::size_t value_max = 256;
/// What common logs call the machine an event comes from, the most usual first.
constexpr std::array<const char*, 5> host_fields{"host", "hostname", "Computer", "host.name", "_HOSTNAME"};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_max &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

/// The first that names a host; nullptr: none does.
const char* host_field(const aright::Event& event) {
  for (const char* field : host_fields) {
    const auto host = event.data.find(field);
    if (host != event.data.end() && host->is_string() && !host->get_ref<const std::string&>().empty()) return field;
  }
  return nullptr;
}

}  // namespace

std::string control_name(const Header& header) {
  if (is_name(header.name)) return header.name;
  std::string name;
  for (const char c : header.title) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept) {
      name += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
    if (name.size() == name_max) break;
  }
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? header.id : name;
}

bool is_rule_of(const Control& control, const Header& header) {
  return control.rule_name == control_name(header) && (control.rule.empty() || control.rule == header.digest);
}

std::string default_subject(const Detection& detection, const aright::Event& event) {
  SubjectText subject;
  for (const auto& [field, value] : detection.group) {
    if (!subject.text().empty()) subject.add_written(" ");
    subject.add_written(clip_text(field, value_max) + "=");
    subject.add_value(value, value_max);
  }
  if (!detection.group.empty()) return subject.within(2 * value_max);
  if (const char* field = host_field(event)) {
    subject.add_written("host=");
    subject.add_value(event.data.at(field).get_ref<const std::string&>(), value_max);
    return subject.text();
  }
  return subject_of_source(event.source);
}

bool subject_is_typed(const Detection& detection, const aright::Event& event) {
  const auto typed = [&](const std::string& field) {
    const std::string key = event.data.contains(field) ? field : field.substr(0, field.find('.'));
    if (!event.data.contains(key)) return false;
    const auto outsider = std::ranges::find(event.outsider, key, &OutsiderField::name);
    return outsider == event.outsider.end() || outsider->type != FieldType::text;
  };
  if (!detection.group.empty()) {
    return std::ranges::all_of(detection.group, [&](const auto& item) { return typed(item.first); });
  }
  const char* host = host_field(event);
  return host == nullptr || typed(host);
}

std::string subject_of_source(std::string_view source) {
  SubjectText subject;
  subject.add_written("source=");
  subject.add_value(source, 2 * value_max);
  return subject.text();
}

Event as_rules_see(const aright::Event& event) {
  LogSources sources = log_sources_of(event.data);
  sources.reserve(sources.size() + event.log_sources.size());
  for (const auto& given : event.log_sources) {
    LogSource one{given.category, given.product, given.service};
    if (std::ranges::find(sources, one) == sources.end()) sources.push_back(std::move(one));
  }
  return {event.data, std::move(sources), field_aliases_of(event.data)};
}

Occurrence place_of(const aright::Event& event, WallTime arrival) {
  return {std::min(event.time, arrival), event.source, event.offset};
}

}  // namespace aright::detect::sigma
