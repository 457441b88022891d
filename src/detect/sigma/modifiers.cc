#include "detect/sigma/modifiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace aright::detect::sigma {

namespace {

struct Named {
  std::string_view name;
  void (*set)(Modifiers&);
};

template <Comparison value>
void compare(Modifiers& m) {
  m.comparison = value;
}

constexpr auto comparisons = std::to_array<Named>({
    {"contains", compare<Comparison::contains>},
    {"startswith", compare<Comparison::startswith>},
    {"endswith", compare<Comparison::endswith>},
    {"re", compare<Comparison::re>},
    {"cidr", compare<Comparison::cidr>},
    {"exists", compare<Comparison::exists>},
    {"lt", compare<Comparison::lt>},
    {"lte", compare<Comparison::lte>},
    {"gt", compare<Comparison::gt>},
    {"gte", compare<Comparison::gte>},
});
constexpr auto encodings = std::to_array<Named>({
    {"wide", [](Modifiers& m) { m.utf16 = Utf16::little; }},
    {"utf16le", [](Modifiers& m) { m.utf16 = Utf16::little; }},
    {"utf16be", [](Modifiers& m) { m.utf16 = Utf16::big; }},
    {"utf16", [](Modifiers& m) { m.utf16 = Utf16::marked; }},
});
constexpr auto base64s = std::to_array<Named>({
    {"base64", [](Modifiers& m) { m.base64 = Base64::whole; }},
    {"base64offset", [](Modifiers& m) { m.base64 = Base64::any_offset; }},
});
constexpr auto flags = std::to_array<Named>({
    {"i", [](Modifiers& m) { m.ignore_case = true; }},
    {"ignorecase", [](Modifiers& m) { m.ignore_case = true; }},
    {"m", [](Modifiers& m) { m.multiline = true; }},
    {"multiline", [](Modifiers& m) { m.multiline = true; }},
    {"s", [](Modifiers& m) { m.dotall = true; }},
    {"dotall", [](Modifiers& m) { m.dotall = true; }},
});
constexpr auto others = std::to_array<Named>({
    {"all", [](Modifiers& m) { m.all = true; }},
    {"cased", [](Modifiers& m) { m.cased = true; }},
    {"neq", [](Modifiers& m) { m.negated = true; }},
    {"windash", [](Modifiers& m) { m.windash = true; }},
    {"fieldref", [](Modifiers& m) { m.reference = true; }},
});
constexpr auto dates = std::to_array<std::string_view>({"minute", "hour", "day", "week", "month", "year"});

template <std::size_t N>
const Named* find(const std::array<Named, N>& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Named::name);
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  const auto take = [&](const auto& table) {
    for (const Named& named : table) names.emplace_back(named.name);
  };
  take(comparisons);
  take(encodings);
  take(base64s);
  take(flags);
  take(others);
  std::ranges::sort(names);
  return names;
}

/// Applies one modifier after another and notes the first thing that does not fit.
class Chain {
 public:
  Chain(std::string_view key, Position at, Diagnostics& out) : key_(key), at_(std::move(at)), out_(out) {}

  bool add(std::string_view name) {
    if (std::ranges::find(seen_, name) != seen_.end()) return refuse(fmt::format("`{}` stands there twice", name));
    seen_.push_back(name);
    if (const Named* one = find(comparisons, name)) return add_comparison(*one);
    if (const Named* one = find(encodings, name)) return add_encoding(*one);
    if (const Named* one = find(base64s, name)) return add_base64(*one);
    if (const Named* one = find(flags, name)) return add_flag(*one);
    if (const Named* one = find(others, name)) {
      one->set(result_);
      return true;
    }
    return refuse_name(name);
  }
  /// What can be said only of the whole chain.
  bool fits() {
    const Modifiers& m = result_;
    const bool exists = m.comparison == Comparison::exists;
    if (exists && seen_.size() > 1) return refuse("`exists` stands alone");
    if (m.utf16 && m.base64 == Base64::none) {
      return refuse("an encoding in UTF-16 is only for `base64` and `base64offset`, which stand behind it");
    }
    const bool encoded = m.base64 != Base64::none;
    if (encoded && !m.text()) return refuse(fmt::format("`{}` has no use for base64", comparison_));
    if (m.windash && (!m.text() || encoded || m.reference)) return refuse("`windash` is only for plain texts");
    if (m.cased && !m.text()) return refuse("`cased` is only for texts; `re` tells letters apart by itself");
    if (m.reference && (!m.text() || encoded)) {
      return refuse("`fieldref` goes only with contains, startswith, endswith, cased, neq and all");
    }
    return true;
  }
  [[nodiscard]] const Modifiers& result() const { return result_; }

 private:
  bool refuse(std::string why, std::string hint = {}) {
    out_.push_back({Severity::error, at_, fmt::format("modifiers in `{}`: {}", key_, why), std::move(hint)});
    return false;
  }
  bool refuse_name(std::string_view name) {
    if (name == "expand") {
      return refuse("`expand` is known, but not in this version",
                    "write the values themselves in place of %name% in a copy of the rule");
    }
    if (std::ranges::find(dates, name) != dates.end()) {
      return refuse(fmt::format("`{}` is known, but not in this version", name));
    }
    return refuse(fmt::format("there is no modifier `{}`", name),
                  suggest(std::string(name), known_names(), "modifiers"));
  }
  bool add_comparison(const Named& one) {
    if (!comparison_.empty()) return refuse(fmt::format("`{}` and `{}` exclude each other", comparison_, one.name));
    comparison_ = one.name;
    one.set(result_);
    return true;
  }
  bool add_encoding(const Named& one) {
    if (result_.utf16) return refuse("only one encoding in UTF-16 at a time");
    if (result_.base64 != Base64::none) return refuse(fmt::format("`{}` must stand before base64", one.name));
    one.set(result_);
    return true;
  }
  bool add_base64(const Named& one) {
    if (result_.base64 != Base64::none) return refuse("`base64` and `base64offset` exclude each other");
    if (!comparison_.empty()) return refuse(fmt::format("`{}` must stand before `{}`", one.name, comparison_));
    one.set(result_);
    return true;
  }
  bool add_flag(const Named& one) {
    if (result_.comparison != Comparison::re) return refuse(fmt::format("`{}` must stand behind `re`", one.name));
    one.set(result_);
    return true;
  }

  std::string_view key_;
  Position at_;
  Diagnostics& out_;
  std::vector<std::string_view> seen_;
  std::string_view comparison_;
  Modifiers result_;
};

}  // namespace

std::optional<FieldKey> parse_field_key(std::string_view key, const Position& at, Diagnostics& out) {
  std::size_t bar = std::min(key.find('|'), key.size());
  FieldKey parsed;
  if (bar != 0) parsed.field = std::string(key.substr(0, bar));
  Chain chain(key, at, out);
  bool good = true;
  while (good && bar < key.size()) {
    const std::size_t begin = bar + 1;
    bar = std::min(key.find('|', begin), key.size());
    good = chain.add(key.substr(begin, bar - begin));
  }
  if (!good || !chain.fits()) return std::nullopt;
  parsed.modifiers = chain.result();
  return parsed;
}

}  // namespace aright::detect::sigma
