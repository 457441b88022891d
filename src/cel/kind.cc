#include "cel/kind.h"

#include <cstdlib>

namespace aright::cel {

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::null: return "null_type";
    case Kind::boolean: return "bool";
    case Kind::integer: return "int";
    case Kind::unsigned_integer: return "uint";
    case Kind::floating: return "double";
    case Kind::text: return "string";
    case Kind::bytes: return "bytes";
    case Kind::list: return "list";
    case Kind::map: return "map";
    case Kind::type: return "type";
    case Kind::timestamp: return "google.protobuf.Timestamp";
    case Kind::duration: return "google.protobuf.Duration";
    case Kind::ip: return "net.IP";
    case Kind::cidr: return "net.CIDR";
    case Kind::dyn: return "dyn";
  }
  std::abort();
}

Type Type::list_of(Type item) { return {Kind::list, {std::move(item)}}; }

Type Type::map_of(Type key, Type value) { return {Kind::map, {std::move(key), std::move(value)}}; }

Type Type::item() const { return items.empty() ? Type{} : items.front(); }

Type Type::value() const { return items.size() < 2 ? Type{} : items[1]; }

std::string Type::describe() const {
  std::string out(name(kind));
  for (std::size_t i = 0; i < items.size(); ++i) out += (i == 0 ? "(" : ", ") + items[i].describe();
  return items.empty() ? out : out + ")";
}

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::unsigned_integer || kind == Kind::floating; }

bool comparable(const Type& a, const Type& b) {
  if (a.kind == Kind::dyn || b.kind == Kind::dyn || a.kind == Kind::null || b.kind == Kind::null) return true;
  if (is_number(a.kind) && is_number(b.kind)) return true;
  if (a.kind != b.kind) return false;
  return comparable(a.item(), b.item()) && comparable(a.value(), b.value());
}

Type join(const Type& a, const Type& b) {
  if (a == b) return a;
  if (a.kind != b.kind) return {};
  if (a.kind == Kind::list) return Type::list_of(join(a.item(), b.item()));
  if (a.kind == Kind::map) return Type::map_of(join(a.item(), b.item()), join(a.value(), b.value()));
  return {};
}

}  // namespace aright::cel
