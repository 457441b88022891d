#include "model/told.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace aright {

namespace {

bool has_value(const Json& change) {
  const auto value = change.find("value");
  return value != change.end() && !value->is_null();
}

bool says(const Json& told, const char* key) {
  const auto found = told.find(key);
  if (found == told.end()) return false;
  return found->is_string() ? !found->get_ref<const std::string&>().empty() : !found->empty();  // null is empty
}

bool is_notification(const Json& entry) {
  const auto kind = entry.find("kind");
  return kind != entry.end() && kind->is_string() && kind->get_ref<const std::string&>().starts_with("notification.");
}

/// Of the step that the entry is about; false: it names none that the run has.
Result<bool> its_step_erased(const Json& run, const Json& entry, const IsErased& is_erased) {
  const auto index = entry.find("step");
  const auto steps = run.find("steps");
  if (index == entry.end() || !index->is_number_unsigned() || steps == run.end()) return false;
  const auto number = index->get<std::uint64_t>();
  return number < steps->size() ? is_erased(steps->at(number)) : Result<bool>(false);
}

Result<bool> any_step_erased(const Json& run, const IsErased& is_erased) {
  for (const Json& step : run.value("steps", Json::array())) {
    const auto erased = is_erased(step);
    if (!erased || *erased) return erased;
  }
  return false;
}

}  // namespace

bool tells(const Json& entry) {
  if (const auto plan = entry.find("plan"); plan != entry.end() && plan->is_object()) return tells(*plan);
  if (const auto difference = entry.find("difference"); difference != entry.end() && difference->is_array()) {
    if (std::ranges::any_of(*difference, has_value)) return true;
  }
  return std::ranges::any_of(std::initializer_list<const char*>{"arguments", "url", "title", "text", "data"},
                             [&](const char* key) { return says(entry, key); });
}

void hide_told(Json& told) {
  if (const auto plan = told.find("plan"); plan != told.end() && plan->is_object()) return hide_told(*plan);
  if (const auto difference = told.find("difference");
      difference != told.end() && difference->is_array() && !difference->empty()) {
    told["difference_erased"] = difference->size();
    told["difference"] = Json::array();
  }
  if (says(told, "arguments")) told["arguments"] = {erased_word};
  for (const char* key : {"url", "title", "text"}) {
    if (says(told, key)) told[key] = erased_word;
  }
  if (says(told, "data")) told["data"] = Json::object();
  // What a notifier's other side said may repeat what it was told.
  if ((is_notification(told) || told.contains("notifier")) && says(told, "outcome")) told["outcome"] = erased_word;
}

Result<Done> hide_erased(const Json& run, bool subject_erased, const IsErased& is_erased, Json& entry) {
  Result<bool> erased = subject_erased;
  if (const auto plan = entry.find("plan"); plan != entry.end() && plan->is_object()) {
    erased = is_erased(*plan);
  } else if (!subject_erased) {
    erased = is_notification(entry) ? any_step_erased(run, is_erased) : its_step_erased(run, entry, is_erased);
  }
  if (!erased) return std::unexpected(erased.error());
  if (*erased) hide_told(entry);
  return Done{};
}

}  // namespace aright
