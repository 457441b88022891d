#include "detect/sigma/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "detect/sigma/fold.h"

namespace aright::detect::sigma {

namespace {

std::string text_of(const Json& scalar) {
  using enum Json::value_t;
  switch (scalar.type()) {
    case string: return scalar.get_ref<const std::string&>();
    case boolean: return scalar.get<bool>() ? "true" : "false";
    case number_integer: return fmt::to_string(scalar.get<std::int64_t>());
    case number_unsigned: return fmt::to_string(scalar.get<std::uint64_t>());
    case number_float: return fmt::format("{}", scalar.get<double>());
    case null:
    case object:
    case array:
    case binary:
    case discarded: break;
  }
  return {};
}

Event::Value value_of(const Json& scalar) {
  Event::Value value{&scalar, text_of(scalar), {}};
  value.folded = fold(value.text);
  return value;
}

/// Puts what lies at `path` below `at` into `field`. Of several keys that begin the path the longest is taken, and only
/// that: the time does not grow with the ways to read a path.
void collect(const Json& at, std::string_view path, Event::Field& field) {
  if (at.is_array()) {
    for (const Json& item : at) collect(item, path, field);
    return;
  }
  if (path.empty()) {
    field.present = true;
    if (at.is_object()) {
      field.is_object = true;
    } else {
      field.values.push_back(value_of(at));
    }
    return;
  }
  if (!at.is_object()) return;
  for (std::size_t end = path.size(); end != std::string_view::npos && end > 0; end = path.rfind('.', end - 1)) {
    const auto found = at.find(std::string(path.substr(0, end)));
    if (found == at.end()) continue;
    if (end == path.size()) field.present = true;  // an empty list, too
    return collect(*found, path.substr(std::min(end + 1, path.size())), field);
  }
}

void collect_all(const Json& at, std::vector<Event::Value>& into) {
  if (at.is_structured()) {
    for (const Json& item : at) collect_all(item, into);
  } else if (!at.is_null()) {
    into.push_back(value_of(at));
  }
}

}  // namespace

bool Event::Value::is_null() const { return json->is_null(); }

Event::Event(const Json& body, LogSources sources, FieldAliases aliases)
    : body_(body), sources_(std::move(sources)), aliases_(std::move(aliases)) {}

Event::Field Event::look_up(const std::string& name) const {
  Field field;
  collect(body_, name, field);
  for (const auto& [ours, theirs] : aliases_) {
    if (field.present) break;
    if (ours == name) collect(body_, theirs, field);
  }
  return field;
}

const Event::Field& Event::field(const std::string& name) const {
  const auto found = fields_.find(name);
  return found != fields_.end() ? found->second : fields_.emplace(name, look_up(name)).first->second;
}

const std::vector<Event::Value>& Event::all_values() const {
  if (!all_ready_) collect_all(body_, all_);
  all_ready_ = true;
  return all_;
}

}  // namespace aright::detect::sigma
