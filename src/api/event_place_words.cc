#include "api/event_place_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "model/intake.h"
#include "model/log_offset.h"

namespace aright::api {

namespace {

std::string counted_file(std::uint64_t generation) {
  constexpr auto words = std::to_array<std::string_view>(
      {"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"});
  return generation < words.size() ? fmt::format("the {} file", words.at(generation))
                                   : fmt::format("file number {}", generation + 1);
}

/// Of the newest file that has been looked at under the event's name; nullopt: of none.
std::optional<std::uint64_t> newest_generation(const EventPlace& place, const Json& intakes) {
  std::optional<std::uint64_t> newest;
  for (const Json& one : intakes) {
    const auto intake = Intake::from_json(one);
    if (!intake) continue;
    for (const Lane& lane : intake->lanes) {
      if (lane.part != place.source || is_deliveries(intake->source, lane.part)) continue;
      newest = std::max(newest.value_or(0), log_generation(std::max(lane.begin, lane.next)));
    }
  }
  return newest;
}

}  // namespace

std::string words_of_place(const EventPlace& place, const Json& intakes) {
  const auto newest = newest_generation(place, intakes);
  const std::uint64_t generation = log_generation(place.offset);
  if (!newest || (generation == 0 && *newest == 0)) return {};
  std::string words = fmt::format("{}:{} is byte {} of {} of that name", place.source, place.offset,
                                  log_byte(place.offset), counted_file(generation));
  if (generation < *newest) {
    words += fmt::format("; {}, the newest that was read, begins at {}:{}", counted_file(*newest), place.source,
                         log_offset(*newest, 0));
  }
  return words;
}

Result<Json> with_words_of_place(Result<Json> answer, const EventPlace& place, const Json& intakes) {
  const std::string words = words_of_place(place, intakes);
  if (words.empty()) return answer;
  if (!answer) {
    answer.error().message += "; " + words;
    return answer;
  }
  auto sentences = answer->value("sentences", std::vector<std::string>());
  sentences.insert(sentences.begin() + (sentences.empty() ? 0 : 1), words);
  (*answer)["sentences"] = std::move(sentences);
  return answer;
}

}  // namespace aright::api
