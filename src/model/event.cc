#include "model/event.h"

#include <cstdlib>

#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {
constexpr std::array<std::string_view, 3> type_words{"text", "integer", "address"};
}

std::string_view name(FieldType type) { return word_of(type_words, type); }
std::optional<FieldType> parse_field_type(std::string_view text) { return value_of<FieldType>(type_words, text); }

std::string NoTime::text() const {
  const std::string named = "field \"" + field + "\"";
  switch (fault) {
    case Fault::missing: return "there is no " + named;
    case Fault::malformed: return named + " is no RFC 3339 time";
    case Fault::out_of_range: return named + " is a time outside the years 1678 to 2261, which are those counted with";
  }
  std::abort();
}

nlohmann::json Event::trusted() const {
  Json left = data;
  for (const OutsiderField& field : outsider) {
    if (field.type == FieldType::text) left.erase(field.name);
  }
  return left;
}

nlohmann::json Event::to_json() const {
  Json sources = Json::array();
  for (const LogSource& s : log_sources) {
    sources.push_back({{"category", s.category}, {"product", s.product}, {"service", s.service}});
  }
  Json fields = Json::array();
  for (const OutsiderField& f : outsider) fields.push_back({{"name", f.name}, {"type", aright::name(f.type)}});
  // As one text: an event may hold numbers that canonical JSON has no form for.
  Json doc{{"source", source},       {"offset", offset_json(offset)}, {"time", rfc3339(time)},
           {"log_sources", sources}, {"data", data.dump()},           {"outsider", fields}};
  if (no_time) {
    doc["no_time"] = {{"field", no_time->field}, {"there", no_time->fault != NoTime::Fault::missing}};
    if (no_time->fault == NoTime::Fault::out_of_range) doc["no_time"]["out_of_range"] = true;
  }
  return doc;
}

Result<Event> Event::from_json(const nlohmann::json& doc) {
  DocReader in(doc, "event");
  Event event{in.text("source"), in.offset("offset"), in.time("time"), {}, {}, {}, {}};
  for (const Json& item : in.array("log_sources")) {
    DocReader s(item, "log source of an event");
    event.log_sources.push_back({s.text("category"), s.text("product"), s.text("service")});
    if (auto ok = s.finish(); !ok) return std::unexpected(ok.error());
  }
  for (const Json& item : in.array("outsider")) {
    DocReader f(item, "outsider's field of an event");
    event.outsider.push_back({f.text("name"), f.word("type", parse_field_type)});
    if (auto ok = f.finish(); !ok) return std::unexpected(ok.error());
  }
  if (const auto none = doc.find("no_time"); none != doc.end()) {
    DocReader n(*none, "time of an event");
    event.no_time = NoTime{n.text("field"), n.boolean("there") ? NoTime::Fault::malformed : NoTime::Fault::missing};
    if (none->contains("out_of_range") && n.boolean("out_of_range")) event.no_time->fault = NoTime::Fault::out_of_range;
    if (auto ok = n.finish(); !ok) return std::unexpected(ok.error());
  }
  auto data = parse_own_json(in.text("data"));
  if (!data || !data->is_object()) in.wrong("data");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  event.data = std::move(*data);
  return event;
}

}  // namespace aright
