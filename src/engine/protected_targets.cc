#include "engine/protected_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ranges>
#include <set>

#include "base/text.h"
#include "detect/fill.h"
#include "engine/errands.h"
#include "guard/address_forms.h"
#include "guard/own_names.h"
#include "guard/targets.h"
#include "workflow/errand_texts.h"

namespace aright::engine {

namespace {

constexpr std::size_t program_shown = 200;

/// Nothing but an address, a network or a range: no word, no sentence. In a record "0:22" is rather a time.
bool is_address(std::string_view text) {
  return !guard::is_zero_with_port(text) &&
         text.find_first_not_of("0123456789abcdefABCDEF.:/-*") == std::string_view::npos &&
         !guard::addresses_in(text).empty();
}

/// What may name a target to a program on standard input: fields that are typed, or that no outsider wrote.
std::vector<std::string> addresses_on_input(const Event& event) {
  std::vector<std::string> list;
  const auto note = [&](const Json& value) {
    if (value.is_string() && is_address(value.get_ref<const std::string&>())) list.push_back(value.get<std::string>());
  };
  const Json trusted = event.trusted();
  for (const Json& value : trusted) {
    note(value);
    if (!value.is_array()) continue;
    for (const Json& item : value) note(item);
  }
  return list;
}

std::string protected_address(const Hands& hands, std::span<const std::string> texts) {
  if (std::ranges::all_of(texts, [](const std::string& text) { return guard::addresses_in(text).empty(); })) return {};
  const Surroundings around = hands.around == nullptr ? Surroundings{} : hands.around->read();
  const auto verdict = guard::protected_address(texts, around);
  const auto* hold = std::get_if<guard::Hold>(&verdict);
  return hold == nullptr ? std::string() : hold->reason;
}

/// Those in a field's value, line by line: a line may be one word that means every address.
void add_addresses(const Json& value, std::set<std::string>& into) {
  if (value.is_string()) {
    for (const auto line : std::views::split(value.get_ref<const std::string&>(), '\n')) {
      for (std::string& one : guard::addresses_in(std::string_view(line))) into.insert(std::move(one));
    }
  }
  if (!value.is_structured()) return;
  for (const Json& item : value) add_addresses(item, into);
}

std::string protected_address(const Hands& hands, const DoErrandPlan& work, const ErrandPlan& plan) {
  std::vector<std::string> texts = filled_texts(work.errand, plan);
  if (std::holds_alternative<Step::Exec>(work.errand) && work.context.event) {
    std::ranges::move(addresses_on_input(*work.context.event), std::back_inserter(texts));
  }
  const ResourceId& subject = work.context.subject;
  // It is in the input. A machine whose log calls it localhost is where it happened, not whom it is about; a
  // namespace may be called default.
  const bool named = !hands.drivers.contains(subject.driver) && !guard::is_loopback_name(subject.id) &&
                     !guard::is_word_for_all(subject.id);
  if (named) texts.push_back(subject.id);
  return protected_address(hands, texts);
}

/// What its workflow and its control are called their authors wrote, like the rest of the configuration.
bool names_what_was_found(const std::string& written) {
  constexpr std::array nouns{"event", "finding", "resource", "steps", "each"};
  return std::ranges::any_of(nouns, [&](const char* noun) { return workflow::names(written, noun); });
}

/// Of a text that came of `written`: by where it leads, and where it was filled in also by name.
std::string own_thing(const OwnPlaces& own, const std::string& text, const std::string& written) {
  if (!written.contains("${")) return own.named_in(text, OwnPlaces::Given::written);
  std::string why = own.named_in(text, OwnPlaces::Given::filled);
  if (!why.empty()) return why;
  why = guard::own_name_in(text, written, own.process());
  return why.empty() || names_what_was_found(written) ? why : std::string();
}

/// Also what the author wrote, which may lead elsewhere than when it was loaded.
std::string own_place(const OwnPlaces& own, const Step::Program& written, const ProgramRequest& request) {
  const std::string program = clip_text(request.arguments.front(), program_shown);
  if (const std::string why = own.named_in(request.arguments.front(), OwnPlaces::Given::program); !why.empty()) {
    return fmt::format("program {} {}", program, why);
  }
  for (std::size_t i = 1; i < request.arguments.size() && i < written.arguments.size(); ++i) {
    const std::string why = own_thing(own, request.arguments[i], written.arguments[i]);
    if (!why.empty()) return fmt::format("argument {} of {} {}", i, program, why);
  }
  for (const auto& [name, text] : request.environment) {
    const auto known = written.environment.find(name);
    const std::string why = known == written.environment.end() ? std::string() : own_thing(own, text, known->second);
    if (!why.empty()) return fmt::format("{} in the environment of {} {}", name, program, why);
  }
  return {};
}

std::string own_place(const OwnPlaces& own, const ErrandStep& step, const ErrandPlan& plan) {
  const auto* exec = std::get_if<Step::Exec>(&step);
  if (exec == nullptr) return {};  // a server has paths of its own
  const auto& planned = std::get<ProgramPlan>(plan.of);
  if (std::string why = own_place(own, exec->program, planned.request); !why.empty()) return why;
  if (!exec->confirm || !planned.confirm) return {};
  return own_place(own, exec->confirm->program, planned.confirm->request);
}

}  // namespace

std::string protected_target(const Hands& hands, const DoErrandPlan& work, const ErrandPlan& plan) {
  std::string why = protected_address(hands, work, plan);
  return why.empty() && hands.own != nullptr ? own_place(*hands.own, work.errand, plan) : why;
}

std::string protected_target(const Hands& hands, const Desired& desired, const Plan& plan) {
  const Json filled = detect::texts_in(desired.fields);
  std::set<std::string> known;
  std::set<std::string> named;
  for (const auto& [field, text] : filled.items()) {
    add_addresses(text, known);
    if (plan.before.fields.contains(field)) add_addresses(plan.before.fields.at(field), known);
    if (plan.after.fields.contains(field)) add_addresses(plan.after.fields.at(field), named);
  }
  std::vector<std::string> fresh;
  std::ranges::set_difference(named, known, std::back_inserter(fresh));
  return protected_address(hands, fresh);
}

std::string protected_target(const Hands& hands, const ResourceId& resource) {
  const std::string why = hands.own == nullptr ? std::string() : hands.own->why_kept(resource.id);
  return why.empty() ? std::string() : fmt::format("{} is protected: {}", resource.text(), why);
}

}  // namespace aright::engine
