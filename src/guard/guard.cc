#include "guard/guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"

namespace aright::guard {

namespace {

constexpr std::size_t key_value_max = 64;  ///< bytes; a longer one is known by its hash
constexpr std::string_view resource_name{"resource"};

std::string expression_name(std::string_view expression) {
  const Digest digest = sha256({expression});
  return hex(std::span(digest).first(4));
}

std::string make_key(std::string_view name, std::string_view value) {
  if (value.size() <= key_value_max) return fmt::format("{}={}", name, value);
  const Digest digest = sha256({value});
  return fmt::format("{}=#{}", name, hex(std::span(digest).first(16)));
}

bool is_of(std::string_view key, std::string_view name) {
  return key.starts_with(name) && key.size() > name.size() && key[name.size()] == '=';
}

/// Those of the question's keys that `limit` counts by.
std::vector<std::string_view> keys_of(const Threshold& limit, const Question& question) {
  const std::string name = limit.per == Per::resource ? std::string(resource_name) : expression_name(limit.key);
  std::vector<std::string_view> keys;
  for (const std::string& key : question.keys) {
    if (is_of(key, name)) keys.push_back(key);
  }
  return keys;
}

Count count_by(const Threshold& limit, const Question& question, Tally::By by, std::string_view value) {
  const Tally::Seen seen = question.admissions.within(by, value, limit.within, question.now);
  Count count{limit, {}, seen.all, seen.marked, std::nullopt};
  if (seen.oldest) count.leaves = limit.within - *seen.oldest;
  return count;
}

Count count_one(const Threshold& limit, const Question& question) {
  switch (limit.per) {
    case Per::workflow: return count_by(limit, question, Tally::By::all, {});
    case Per::subject: return count_by(limit, question, Tally::By::subject, question.subject);
    case Per::resource:
    case Per::expression: break;
  }
  Count most{limit, {}, 0, 0, std::nullopt};
  for (const std::string_view key : keys_of(limit, question)) {
    Count seen = count_by(limit, question, Tally::By::key, key);
    seen.key = key.substr(key.find('=') + 1);
    if (most.key.empty() || seen.admitted > most.admitted) most = std::move(seen);
  }
  return most;
}

std::string threshold_reason(const Count& seen, const Question& question) {
  const Threshold& limit = seen.limit;
  std::string reason = fmt::format("admitted {} time{} within {} per {}{}, {} allowed; ", seen.admitted,
                                   seen.admitted == 1 ? "" : "s", format_duration(limit.within), limit.per_text(),
                                   seen.key.empty() ? std::string() : fmt::format(" ({})", seen.key), limit.runs);
  if (!question.last_end.empty()) {
    return reason + fmt::format("its last run ended {}: `aright runs list` says why", question.last_end);
  }
  const std::uint64_t again = seen.again + 1;  // with what is asked about
  if (!question.again || 2 * again < seen.admitted) return reason + "possible loop";
  return reason + fmt::format("its fixes do not last: what they had put right came back {} time{}", again,
                              again == 1 ? "" : "s");
}

/// `inner` is `outer` or lies below it.
bool covers(std::string_view outer, std::string_view inner) {
  if (!inner.starts_with(outer)) return false;
  return inner.size() == outer.size() || outer == "/" || inner[outer.size()] == '/';
}

}  // namespace

std::vector<Count> count(const Question& question) {
  std::vector<Count> counts;
  counts.reserve(question.workflow.guards.threshold.size());
  for (const Threshold& limit : question.workflow.guards.threshold) counts.push_back(count_one(limit, question));
  return counts;
}

std::string resource_key(const ResourceId& resource) { return make_key(resource_name, resource.text()); }

std::string expression_key(std::string_view expression, std::string_view value) {
  return make_key(expression_name(expression), value);
}

Verdict threshold(const Question& question) {
  for (const Threshold& limit : question.workflow.guards.threshold) {
    if (limit.per == Per::expression && !question.key_trouble.empty()) {
      return Hold{"threshold",
                  fmt::format("what it counts per {} cannot be told: {}", limit.key, question.key_trouble)};
    }
    if (question.admissions.size() < limit.runs) continue;  // whatever their key and age: too few
    const Count seen = count_one(limit, question);
    if (seen.admitted >= limit.runs) return Hold{"threshold", threshold_reason(seen, question)};
  }
  return Admit{};
}

Verdict cool_down(const Question& question) {
  const auto& limit = question.workflow.guards.cool_down;
  if (!limit) return Admit{};
  const Tally::By by = limit->per == Per::workflow ? Tally::By::all : Tally::By::subject;
  const auto last = question.admissions.waited(by, question.subject, question.own, question.now);
  const Nanos left = last ? limit->wait - *last : Nanos::zero();
  if (left <= Nanos::zero()) return Admit{};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left);
  return Suppress{"cool-down",
                  fmt::format("admitted less than {} ago per {}; {}s left", format_duration(limit->wait),
                              name(limit->per), seconds.count()),
                  left};
}

Verdict protected_resource(const ResourceId& resource, std::span<const std::string> protected_paths) {
  for (const std::string& path : protected_paths) {
    if (covers(path, resource.id) || covers(resource.id, path)) {
      return Hold{"protected", fmt::format("{} touches the protected path {}", resource.text(), path)};
    }
  }
  return Admit{};
}

Nanos longest_window(const Workflow& workflow) {
  Nanos longest{0};
  for (const Threshold& limit : workflow.guards.threshold) longest = std::max(longest, limit.within);
  if (workflow.guards.cool_down) longest = std::max(longest, workflow.guards.cool_down->wait);
  return longest;
}

}  // namespace aright::guard
