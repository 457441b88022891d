#include "engine/own_changes.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/digest.h"

namespace aright::engine {

namespace {

constexpr std::string_view token_begin = "aright:r";
constexpr std::size_t runs_kept = 10'000;  ///< of those whose programs may still be heard of

std::optional<std::uint64_t> run_in(std::string_view key, const Epochs& epochs, std::string_view text) {
  for (std::size_t at = text.find(token_begin); at != std::string_view::npos; at = text.find(token_begin, at + 1)) {
    const std::string_view digits = text.substr(at + token_begin.size());
    std::uint64_t run = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), run).ec != std::errc{}) continue;
    if (text.substr(at).starts_with(cause_token(key, run, epochs))) return run;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> run_in(std::string_view key, const Epochs& epochs, const Json& value) {
  if (value.is_string()) return run_in(key, epochs, std::string_view(value.get_ref<const std::string&>()));
  if (!value.is_structured()) return std::nullopt;
  for (const Json& item : value) {
    if (auto run = run_in(key, epochs, item)) return run;
  }
  return std::nullopt;
}

}  // namespace

void OwnChanges::learn(const SubjectState& s) {
  for (const auto& [workflow, answer] : s.answers) learn({workflow, s.subject, answer});
}

void OwnChanges::learn(const Ended& ended) {
  const LastAnswer& answer = ended.answer;
  if (answer.run == 0) return;
  for (const auto& [resource, mark] : answer.made) {
    Made& made = made_[resource];
    // Who ended last made what is there, whoever began first: a run may have waited for a person.
    const std::uint64_t known = made.chain.empty() ? 0 : made.chain.back().run;
    if (std::pair(made.order, known) > std::pair(answer.order, answer.run)) continue;
    const Cause last{answer.run, ended.workflow, answer.under, resource, CauseProof::state};
    made = {mark, answer.order, led_on(answer.causes, last)};
  }
  runs_[answer.run] = led_on(
      answer.causes, {answer.run, ended.workflow, answer.under, changed_text(ended.subject), CauseProof::identity});
  if (runs_.size() > runs_kept) runs_.erase(runs_.begin());
}

std::vector<Cause> OwnChanges::of_state(const std::string& resource, const std::string& mark) const {
  const auto made = made_.find(changed_text(resource));
  return made == made_.end() || made->second.mark != mark ? std::vector<Cause>() : made->second.chain;
}

std::vector<Cause> OwnChanges::of_run(std::uint64_t run) const {
  const auto known = runs_.find(run);
  return known == runs_.end() ? std::vector<Cause>() : known->second;
}

std::string cause_token(std::string_view key, std::uint64_t run, const Epochs& epochs) {
  const std::string name = fmt::format("{}{}", token_begin, run);
  const std::string epoch = epochs.of_run(run);
  const Digest proof = hmac_sha256(key, "cause " + name + (epoch.empty() ? "" : " " + epoch));
  return fmt::format("{}.{}", name, hex(std::span(proof).first(8)));
}

std::optional<std::uint64_t> caused_by(std::string_view key, const Event& event, const Epochs& epochs) {
  return run_in(key, epochs, event.data);
}

}  // namespace aright::engine
