// Whatever stands in the files and rows of the state folder is refused, or is what would be written again.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json.h"
#include "engine/window_snapshot.h"
#include "model/intake.h"
#include "model/run.h"
#include "model/waiver.h"
#include "model/workflow.h"
#include "source/tail/tail_position.h"
#include "source/webhook/webhook_record.h"
#include "store/blob_code.h"
#include "store/delivery_record.h"
#include "store/spool_frame.h"

namespace {

using namespace aright;

void demand(bool holds) {
  if (!holds) std::abort();
}

const std::string salt = "8 bytes!";

void records(std::string_view bytes) {
  if (const auto delivery = store::decode_delivery(bytes)) demand(store::encode_delivery(*delivery) == bytes);
  if (const auto record = source::decode_webhook(bytes)) {
    const std::string text = source::encode_webhook(*record);
    const auto again = source::decode_webhook(text);
    demand(again && again->fields == record->fields && again->body == record->body);
  }
  const auto packed = store::pack(bytes);
  demand(store::unpack(packed.bytes, packed.packed, bytes.size()).value() == bytes);
  (void)store::unpack(bytes, true, bytes.size() * 3);
}

void segment(std::string_view bytes) {
  if (const auto head = store::decode_segment_head(bytes)) {
    demand(store::encode_segment_head(*head) == bytes.substr(0, store::segment_head_bytes));
  }
  (void)store::decode_frame(bytes, salt);
  // What a dead process wrote: a whole frame, then anything.
  std::string all = store::encode_segment_head({5, salt});
  store::append_frame(all, salt, {5, store::segment_head_bytes, bytes});
  const std::size_t whole = all.size();
  all += bytes;
  const auto seen = store::scan_segment(all, salt, 5);
  demand(seen.good >= whole && seen.good <= all.size() && seen.next >= 6);
}

template <class T>
void row(const Json& doc) {
  const auto read = T::from_json(doc);
  if (!read) return demand(!read.error().message.empty());
  if constexpr (requires { read->to_json(); }) {
    const auto again = T::from_json(read->to_json());
    demand(again && again->to_json() == read->to_json());
  } else if (const auto text = read->to_text()) {
    const auto again = T::from_json(parse_json(*text).value());
    demand(again && again->to_text() == *text);
  }
}

void rows(const std::string& text) {
  if (const auto snapshot = engine::WindowSnapshot::from_text(text)) {
    const auto again = engine::WindowSnapshot::from_text(snapshot->text());
    demand(again && again->text() == snapshot->text());
    Json whole = snapshot->windows;
    (void)engine::merge_windows(whole, snapshot->windows);
  }
  const auto doc = parse_json(text);
  if (!doc) return;
  row<Control>(*doc);
  row<Event>(*doc);
  row<Finding>(*doc);
  row<Intake>(*doc);
  row<Review>(*doc);
  row<Run>(*doc);
  row<Waiver>(*doc);
  row<Workflow>(*doc);
  if (const auto place = source::position_from_json(*doc)) {
    demand(source::position_from_json(source::to_json(*place)).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  records(bytes);
  segment(bytes);
  rows(std::string(bytes));
  return 0;
}
