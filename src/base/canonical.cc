#include "base/canonical.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/utf8.h"

namespace aright {

namespace {

constexpr std::int64_t integer_max = 1LL << 53U;

constexpr std::uint64_t each_byte = 0x0101010101010101U;
constexpr std::uint64_t top_bits = 0x8080808080808080U;

/// A high bit where a byte of the word is (or, above another, may be) zero.
constexpr std::uint64_t zeros(std::uint64_t word) { return (word - each_byte) & ~word & top_bits; }

/// Of eight bytes none is a control character, a quote, a backslash, or part of a character that is not ASCII.
constexpr bool plain(std::uint64_t word) {
  const std::uint64_t controls = (word - each_byte * 0x20) & ~word & top_bits;
  return (controls | zeros(word ^ (each_byte * '"')) | zeros(word ^ (each_byte * '\\')) | (word & top_bits)) == 0;
}

/// How many bytes at the beginning are plain: in whole words, all of them where the rest is plain too.
std::size_t plain_bytes(std::string_view bytes) {
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof word <= bytes.size(); at += sizeof word) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if (!plain(word)) return at;
  }
  if (at == bytes.size()) return at;
  std::uint64_t word = each_byte * 'x';
  std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  return plain(word) ? bytes.size() : at;
}

/// `text`, and what stands around it.
void append(std::string& out, std::string_view before, std::string_view text, std::string_view after) {
  const std::size_t at = out.size();
  out.resize(at + before.size() + text.size() + after.size());
  const auto middle = std::ranges::copy(before, out.begin() + static_cast<std::ptrdiff_t>(at)).out;
  std::ranges::copy(after, std::ranges::copy(text, middle).out);
}

}  // namespace

void CanonicalWriter::mistake(std::string what) {
  if (error_.empty()) error_ = std::move(what);
}

void CanonicalWriter::whole(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(integer_max)) return integer(static_cast<std::int64_t>(value));
  mistake(fmt::format("integer {} is beyond 2^53; write it as a string", value));
}

void CanonicalWriter::integer(std::int64_t value) {
  if (value < -integer_max || value > integer_max) {
    return mistake(fmt::format("integer {} is beyond 2^53; write it as a string", value));
  }
  const fmt::format_int digits(value);
  out_.append(digits.data(), digits.size());
}

void CanonicalWriter::text(std::string_view value) {
  const std::size_t known = plain_bytes(value);
  if (known == value.size()) return append(out_, "\"", value, "\"");  // most text needs no escapes
  if (!is_utf8(value.substr(known))) return mistake("a string is not UTF-8");
  out_ += '"';
  std::size_t plain = 0;  // copied in runs
  for (std::size_t i = known; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out_.append(value, plain, i - plain);
    escaped(value[i]);
    plain = i + 1;
  }
  out_.append(value, plain);
  out_ += '"';
}

void CanonicalWriter::escaped(char c) {  // RFC 8785 §3.2.2.2
  switch (c) {
    case '"': out_ += "\\\""; return;
    case '\\': out_ += "\\\\"; return;
    case '\b': out_ += "\\b"; return;
    case '\f': out_ += "\\f"; return;
    case '\n': out_ += "\\n"; return;
    case '\r': out_ += "\\r"; return;
    case '\t': out_ += "\\t"; return;
    default: break;
  }
  fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
}

void CanonicalWriter::texts(std::span<const std::string> values) {
  CanonicalList list(*this);
  for (const std::string& value : values) list.next().text(value);
}

void CanonicalWriter::json(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null: return null();
    case Json::value_t::boolean: return boolean(value.get<bool>());
    case Json::value_t::number_integer: return integer(value.get<std::int64_t>());
    case Json::value_t::number_unsigned: return whole(value.get<std::uint64_t>());
    case Json::value_t::string: return text(value.get_ref<const std::string&>());
    case Json::value_t::array: {
      CanonicalList list(*this);
      for (const Json& item : value) list.next().json(item);
      return;
    }
    case Json::value_t::object: {
      CanonicalObject object(*this);
      for (const auto& [name, item] : value.get_ref<const Json::object_t&>()) object.json(name, item);
      return;
    }
    case Json::value_t::number_float: return mistake("a floating-point number has no place in a record");
    case Json::value_t::binary:
    case Json::value_t::discarded: break;
  }
  mistake("not a JSON value");
}

Result<std::string> CanonicalWriter::end() && {
  if (!error_.empty()) return fail(Errc::invalid, std::move(error_));
  return std::move(out_);
}

CanonicalWriter& CanonicalObject::at(std::string_view name) {
  if (!empty_ && name <= last_) out_.mistake(fmt::format("name \"{}\" comes after \"{}\"", name, last_));
  const std::string_view before = std::exchange(empty_, false) ? "\"" : ",\"";
  last_ = name;
  if (plain_bytes(name) == name.size()) {
    append(out_.out_, before, name, "\":");
  } else {
    out_.out_ += before.substr(0, before.size() - 1);
    out_.text(name);
    out_.out_ += ':';
  }
  return out_;
}

bool CanonicalReader::take(char expected) {
  if (!rest_.starts_with(expected)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool CanonicalReader::close() {
  first_ = false;
  return take('}');
}

bool CanonicalReader::name(std::string_view name) {
  std::string_view seen;
  return comma() && text(seen) && seen == name && take(':');
}

bool CanonicalReader::begins_with(std::string_view name) const {
  std::string_view rest = rest_;
  if (!first_ && !rest.starts_with(',')) return false;
  if (!first_) rest.remove_prefix(1);
  if (!rest.starts_with('"')) return false;
  rest.remove_prefix(1);
  return rest.starts_with(name) && rest.substr(name.size()).starts_with('"');
}

bool CanonicalReader::any_name(std::string& name) { return comma() && text(name) && take(':'); }

bool CanonicalReader::text(std::string_view& value) {
  if (!take('"')) return false;
  std::size_t end = plain_bytes(rest_);
  while (end < rest_.size() && rest_[end] >= ' ' && rest_[end] <= '~' && rest_[end] != '"' && rest_[end] != '\\') ++end;
  value = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return take('"');
}

bool CanonicalReader::text(std::string& value) {
  std::string_view seen;
  if (!text(seen)) return false;
  value = seen;
  return true;
}

bool CanonicalReader::number(std::uint64_t& value) {
  const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
  const auto size = static_cast<std::size_t>(stop - rest_.data());
  const bool good = error == std::errc{} && (rest_.front() != '0' || size == 1) && value <= std::uint64_t{integer_max};
  rest_.remove_prefix(size);
  return good;
}

bool CanonicalReader::boolean(bool& value) {
  value = rest_.starts_with("true");
  if (!value && !rest_.starts_with("false")) return false;
  rest_.remove_prefix(value ? 4 : 5);
  return true;
}

CanonicalWriter& CanonicalList::next() {
  if (!std::exchange(empty_, false)) out_.out_ += ',';
  return out_;
}

}  // namespace aright
