#include "detect/sigma/matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace aright::detect::sigma {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

using Values = std::vector<Event::Value>;

std::optional<Number> number_of(const Event::Value& value) {
  return value.json->is_string() ? parse_number(value.text) : json_number(*value.json);
}

/// nullopt: no address. Logs write IPv4 inside IPv6 with dots (`::ffff:10.0.0.1`); it is the IPv4 address.
std::optional<Ip> address_of(const Event::Value& value) {
  if (!value.json->is_string()) return std::nullopt;
  constexpr std::string_view mapped = "::ffff:";
  std::string_view text = value.folded;
  // Behind a `%` stands the interface that a link-local address is of (RFC 4007 §11), which is no part of it.
  const std::size_t zone = text.find('%');
  if (zone != std::string_view::npos && zone + 1 < text.size() && text.substr(0, zone).contains(':')) {
    text = text.substr(0, zone);
  }
  if (text.starts_with(mapped) && text.find('.') != std::string_view::npos) text.remove_prefix(mapped.size());
  const auto address = parse_ip(text);
  if (!address) return std::nullopt;
  return *address;
}

bool within(const Bound& bound, const Number& number) {
  using enum Bound::Order;
  const std::partial_ordering to_limit = order(number, bound.limit);
  switch (bound.order) {
    case lt: return to_limit < 0;
    case lte: return to_limit <= 0;
    case gt: return to_limit > 0;
    case gte: return to_limit >= 0;
  }
  std::abort();
}

bool is_text(const Text& wanted, const Event::Value& value) {
  if (value.is_null()) return false;
  const bool found = std::ranges::any_of(wanted.any_of, [&](const Pattern& pattern) {
    return pattern.matches(pattern.cased() ? value.text : value.folded);
  });
  if (found || !wanted.number || !value.json->is_number()) return found;
  constexpr double exact = 9007199254740992.0;  // beyond, different whole numbers become equal; their text decides
  const auto number = value.json->get<double>();
  return number == *wanted.number && std::abs(number) < exact;
}

bool holds(const Wanted& wanted, const Values& values) {
  const auto any = [&](auto test) { return std::ranges::any_of(values, test); };
  return std::visit(
      Overloaded{
          [&](const Null&) { return values.empty() || any([](const Event::Value& v) { return v.is_null(); }); },
          [&](const Text& text) { return any([&](const Event::Value& v) { return is_text(text, v); }); },
          [&](const Regex& regex) {
            return any(
                [&](const Event::Value& v) { return !v.is_null() && re2::RE2::PartialMatch(v.text, *regex.compiled); });
          },
          [&](const Cidr& network) {
            return any([&](const Event::Value& v) {
              const auto address = address_of(v);
              return address && network.contains(*address);
            });
          },
          [&](const Bound& bound) {
            return any([&](const Event::Value& v) {
              const auto number = number_of(v);
              return number && within(bound, *number);
            });
          },
      },
      wanted);
}

template <class List, class Test>
bool any_or_all(bool all, const List& list, Test test) {
  return all ? std::ranges::all_of(list, test) : std::ranges::any_of(list, test);
}

bool related(ReferenceItem::Relation relation, const std::string& value, const std::string& other) {
  using enum ReferenceItem::Relation;
  switch (relation) {
    case equals: return value == other;
    case contains: return value.find(other) != std::string::npos;
    case startswith: return value.starts_with(other);
    case endswith: return value.ends_with(other);
  }
  std::abort();
}

bool holds(const ReferenceItem& item, const Event& event) {
  const Values& values = event.field(item.field).values;
  const bool found = any_or_all(item.all, item.others, [&](const std::string& name) {
    const Values& others = event.field(name).values;
    return std::ranges::any_of(values, [&](const Event::Value& a) {
      return !a.is_null() && std::ranges::any_of(others, [&](const Event::Value& b) {
        return !b.is_null() && related(item.relation, item.cased ? a.text : a.folded, item.cased ? b.text : b.folded);
      });
    });
  });
  return found != item.negated;
}

bool holds(const ValueItem& item, const Event& event) {
  const Event::Field* field = item.field ? &event.field(*item.field) : nullptr;
  const Values& values = field != nullptr ? field->values : event.all_values();
  // An object has no value to compare, but it is there: not null.
  if (field != nullptr && field->is_object && values.empty()) return item.negated;
  const auto test = [&](const Wanted& wanted) { return holds(wanted, values); };
  return any_or_all(item.all, item.wanted, test) != item.negated;
}

bool holds(const ExistsItem& item, const Event& event) { return event.field(item.field).present == item.wanted; }

bool holds(const Item& item, const Event& event) {
  return std::visit([&](const auto& one) { return holds(one, event); }, item);
}

bool holds(const Search& search, const Event& event) {
  return std::ranges::any_of(search.any_of, [&](const std::vector<Item>& alternative) {
    return std::ranges::all_of(alternative, [&](const Item& item) { return holds(item, event); });
  });
}

/// Empty: whatever field it is.
std::string field_of(const Item& item) {
  return std::visit(Overloaded{[](const ValueItem& one) { return one.field.value_or(""); },
                               [](const auto& one) { return one.field; }},
                    item);
}

/// Of a search that does not hold.
std::vector<std::string> lacks(const Search& search, const Event& event) {
  std::optional<std::vector<const Item*>> fewest;
  for (const std::vector<Item>& alternative : search.any_of) {
    std::vector<const Item*> wrong;
    for (const Item& item : alternative) {
      if (!holds(item, event)) wrong.push_back(&item);
    }
    if (!fewest || wrong.size() < fewest->size()) fewest = std::move(wrong);
  }
  std::vector<std::string> fields;
  if (!fewest) return fields;
  for (const Item* item : *fewest) {
    std::string field = field_of(*item);
    if (!field.empty() && std::ranges::find(fields, field) == fields.end()) fields.push_back(std::move(field));
  }
  return fields;
}

/// Looks at each search at most once.
class Evaluation {
 public:
  Evaluation(const Rule& rule, const Event& event) : rule_(rule), event_(event), seen_(rule.searches.size()) {}

  bool search(std::size_t index) {
    std::optional<bool>& seen = seen_[index];
    if (!seen) seen = holds(rule_.searches[index], event_);
    return *seen;
  }
  bool condition(const Condition& condition) {
    switch (condition.kind) {
      case Condition::Kind::search: return search(condition.search);
      case Condition::Kind::negation: return !this->condition(condition.parts.front());
      case Condition::Kind::at_least: return at_least(condition);
    }
    std::abort();
  }

 private:
  bool at_least(const Condition& condition) {
    std::size_t left = condition.parts.size();
    std::size_t missing = condition.least;
    for (const Condition& part : condition.parts) {
      if (missing > left) return false;
      if (this->condition(part) && --missing == 0) return true;
      --left;
    }
    return false;
  }

  const Rule& rule_;
  const Event& event_;
  std::vector<std::optional<bool>> seen_;
};

}  // namespace

std::optional<Match> match(const Rule& rule, const Event& event) {
  Evaluation evaluation(rule, event);
  if (!evaluation.condition(rule.condition)) return std::nullopt;
  Match match;
  for (std::size_t i = 0; i < rule.searches.size(); ++i) {
    if (evaluation.search(i)) match.searches.push_back(rule.searches[i].name);
  }
  return match;
}

std::vector<SearchSeen> explain(const Rule& rule, const Event& event) {
  Evaluation evaluation(rule, event);
  std::vector<SearchSeen> seen;
  seen.reserve(rule.searches.size());
  for (std::size_t i = 0; i < rule.searches.size(); ++i) {
    const bool held = evaluation.search(i);
    seen.push_back({rule.searches[i].name, held, held ? std::vector<std::string>() : lacks(rule.searches[i], event)});
  }
  return seen;
}

}  // namespace aright::detect::sigma
