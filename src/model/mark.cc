#include "model/mark.h"

#include <array>
#include <nlohmann/json.hpp>

#include "model/names.h"

namespace aright {

namespace {
constexpr std::array<std::string_view, 2> judgement_words{"true", "false-positive"};
}  // namespace

std::string_view name(Judgement judgement) { return word_of(judgement_words, judgement); }
std::optional<Judgement> parse_judgement(std::string_view text) { return value_of<Judgement>(judgement_words, text); }

Json Mark::to_json() const {
  return {{"id", finding}, {"control", control}, {"subject", subject},      {"as", aright::name(as)},
          {"by", by},      {"reason", reason},   {"marked_at", rfc3339(at)}};
}

}  // namespace aright
