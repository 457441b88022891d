#include "cel/value.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <nlohmann/json.hpp>

#include "base/no_value.h"

namespace aright::cel {

namespace {

int rank(Kind kind) {
  if (kind == Kind::boolean) return 0;
  return kind == Kind::text ? 2 : 1;
}

/// Order of keys; both are of a kind that may be one.
std::weak_ordering key_order(const Value& a, const Value& b) {
  const Kind ka = a.kind();
  const Kind kb = b.kind();
  if (const auto ranks = rank(ka) <=> rank(kb); ranks != 0) return ranks;
  if (ka == Kind::text) return a.as_text() <=> b.as_text();
  if (ka == Kind::boolean) return static_cast<int>(a.as_bool()) <=> static_cast<int>(b.as_bool());
  if (ka == kb) {
    if (ka == Kind::integer) return a.as_int() <=> b.as_int();
    return a.as_uint() <=> b.as_uint();
  }
  if (ka == Kind::integer) {
    return std::cmp_less(a.as_int(), b.as_uint())    ? std::weak_ordering::less
           : std::cmp_equal(a.as_int(), b.as_uint()) ? std::weak_ordering::equivalent
                                                     : std::weak_ordering::greater;
  }
  return 0 <=> key_order(b, a);
}

bool may_be_key(Kind kind) {
  return kind == Kind::boolean || kind == Kind::integer || kind == Kind::unsigned_integer || kind == Kind::text;
}

/// The key a double stands for, if it is a whole number that int or uint holds.
std::optional<Value> whole_key(double number) {
  if (std::trunc(number) != number) return std::nullopt;
  if (number >= -0x1p63 && number < 0x1p63) return Value::integer(static_cast<std::int64_t>(number));
  if (number >= 0 && number < 0x1p64) return Value::unsigned_integer(static_cast<std::uint64_t>(number));
  return std::nullopt;
}

/// Shares the owner of `parent`, if it has one.
std::shared_ptr<const Json> inside(const std::shared_ptr<const Json>& parent, const Json& child) {
  return {parent, &child};
}

}  // namespace

Value Value::text(std::string value) {
  return Value(Data(Text{std::make_shared<const std::string>(std::move(value))}));
}

Value Value::bytes(std::string value) {
  return Value(Data(Bytes{std::make_shared<const std::string>(std::move(value))}));
}

Value Value::list(Items items) { return Value(Data(std::make_shared<const Items>(std::move(items)))); }

Result<Value> Value::map(std::vector<Entry> entries) {
  for (const Entry& entry : entries) {
    if (!may_be_key(entry.first.kind())) {
      return fail(Errc::invalid,
                  "a key of a map is a string, int, uint or bool, not " + std::string(name(entry.first.kind())));
    }
  }
  const auto less = [](const Entry& a, const Entry& b) { return key_order(a.first, b.first) < 0; };
  std::ranges::sort(entries, less);
  const auto same = [](const Entry& a, const Entry& b) { return key_order(a.first, b.first) == 0; };
  if (const auto twice = std::ranges::adjacent_find(entries, same); twice != entries.end()) {
    const auto text = to_text(twice->first);
    return fail(Errc::invalid, "the key " + (text ? *text : std::string()) + " is written twice in one map");
  }
  return Value(Data(std::make_shared<const Entries>(Entries{std::move(entries)})));
}

Value Value::view(const Json& json) { return share(std::shared_ptr<const Json>(std::shared_ptr<const Json>(), &json)); }

Value Value::share(const std::shared_ptr<const Json>& json) {
  switch (json->type()) {
    case Json::value_t::boolean: return boolean(json->get<bool>());
    case Json::value_t::number_integer: return integer(json->get<std::int64_t>());
    case Json::value_t::number_float: return floating(json->get<double>());
    case Json::value_t::number_unsigned: {
      const auto number = json->get<std::uint64_t>();
      return std::in_range<std::int64_t>(number) ? integer(static_cast<std::int64_t>(number))
                                                 : unsigned_integer(number);
    }
    case Json::value_t::string:
      return Value(Data(Text{std::shared_ptr<const std::string>(json, json->get_ptr<const std::string*>())}));
    case Json::value_t::array:
    case Json::value_t::object: return Value(Data(json));
    case Json::value_t::binary: {
      if (is_no_value(*json)) return Value(Data(None{std::make_shared<const std::string>(why_no_value(*json))}));
      const auto& binary = json->get_binary();
      return bytes(std::string(binary.begin(), binary.end()));
    }
    case Json::value_t::null:
    case Json::value_t::discarded: break;
  }
  return {};
}

Kind Value::kind() const {
  switch (data_.index()) {
    case 0: return Kind::null;
    case 1: return Kind::boolean;
    case 2: return Kind::integer;
    case 3: return Kind::unsigned_integer;
    case 4: return Kind::floating;
    case 5: return Kind::text;
    case 6: return Kind::bytes;
    case 7: return Kind::list;
    case 8: return Kind::map;
    case 9: return std::get<9>(data_)->is_array() ? Kind::list : Kind::map;
    case 10: return Kind::type;
    case 11: return Kind::timestamp;
    case 12: return Kind::duration;
    case 13: return Kind::ip;
    case 14: return Kind::cidr;
    default: return Kind::dyn;
  }
}

const std::string* Value::why_none() const {
  const auto* none = std::get_if<None>(&data_);
  return none == nullptr ? nullptr : none->why.get();
}

std::size_t Value::size() const {
  if (const auto* items = std::get_if<std::shared_ptr<const Items>>(&data_)) return (*items)->size();
  if (const auto* entries = std::get_if<std::shared_ptr<const Entries>>(&data_)) return (*entries)->sorted.size();
  if (const auto* json = std::get_if<std::shared_ptr<const Json>>(&data_)) return (*json)->size();
  return 0;
}

Value Value::item(std::size_t index) const {
  if (const auto* items = std::get_if<std::shared_ptr<const Items>>(&data_)) return (**items)[index];
  const auto& json = std::get<std::shared_ptr<const Json>>(data_);
  return share(inside(json, (*json)[index]));
}

std::vector<Value> Value::keys() const {
  std::vector<Value> out;
  out.reserve(size());
  if (const auto* entries = std::get_if<std::shared_ptr<const Entries>>(&data_)) {
    for (const Entry& entry : (*entries)->sorted) out.push_back(entry.first);
    return out;
  }
  const auto& json = std::get<std::shared_ptr<const Json>>(data_);
  for (const auto& [key, child] : json->get_ref<const Json::object_t&>()) {
    out.push_back(Value(Data(Text{std::shared_ptr<const std::string>(json, &key)})));
  }
  return out;
}

Value::Items Value::elements() const {
  if (is(Kind::map)) return keys();
  Items out;
  out.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) out.push_back(item(i));
  return out;
}

std::optional<Value> Value::find(const Value& key) const {
  const Kind kind = key.kind();
  if (kind == Kind::floating) {
    const auto whole = whole_key(key.as_double());
    return whole ? find(*whole) : std::nullopt;
  }
  if (kind == Kind::text) return find(std::string_view(key.as_text()));
  const auto* entries = std::get_if<std::shared_ptr<const Entries>>(&data_);
  if (entries == nullptr || !may_be_key(kind)) return std::nullopt;
  const auto& sorted = (*entries)->sorted;
  const auto at = std::ranges::lower_bound(
      sorted, key, [](const Value& a, const Value& b) { return key_order(a, b) < 0; }, &Entry::first);
  if (at == sorted.end() || key_order(at->first, key) != 0) return std::nullopt;
  return at->second;
}

std::optional<Value> Value::find(std::string_view key) const {
  if (const auto* json = std::get_if<std::shared_ptr<const Json>>(&data_)) {
    const auto* object = (*json)->get_ptr<const Json::object_t*>();
    if (object == nullptr) return std::nullopt;
    const auto found = object->find(key);
    if (found == object->end()) return std::nullopt;
    return share(inside(*json, found->second));
  }
  const auto* entries = std::get_if<std::shared_ptr<const Entries>>(&data_);
  if (entries == nullptr) return std::nullopt;
  const auto& sorted = (*entries)->sorted;
  // Texts come last.
  const auto less = [](const Entry& entry, std::string_view text) {
    return !entry.first.is(Kind::text) || entry.first.as_text() < text;
  };
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), key, less);
  if (at == sorted.end() || at->first.as_text() != key) return std::nullopt;
  return at->second;
}

}  // namespace aright::cel
