#include "store/spool_frame.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "store/file_io.h"

namespace aright::store {

namespace {

constexpr std::string_view segment_magic = "ARSPOOL1";
constexpr std::string_view frame_magic = "RECD";
constexpr std::size_t salt_bytes = 8;
constexpr std::size_t checksum_bytes = 8;

std::string checksum(std::string_view salt, std::string_view head, std::string_view record) {
  const Digest digest = sha256({salt, head, record});
  return std::string(as_text(std::span(digest).first(checksum_bytes)));
}

}  // namespace

std::string encode_segment_head(const SegmentHead& head) {
  std::string out(segment_magic);
  append_number(out, head.first, 8);
  out += head.salt.substr(0, salt_bytes);
  return out + checksum({}, out, {});
}

std::optional<SegmentHead> decode_segment_head(std::string_view bytes) {
  if (bytes.size() < segment_head_bytes || !bytes.starts_with(segment_magic)) return std::nullopt;
  const std::size_t covered = segment_head_bytes - checksum_bytes;
  if (bytes.substr(covered, checksum_bytes) != checksum({}, bytes.substr(0, covered), {})) return std::nullopt;
  return SegmentHead{number_at(bytes, 8, 8), std::string(bytes.substr(16, salt_bytes))};
}

void append_frame(std::string& out, std::string_view salt, const Frame& frame) {
  std::string head(frame_magic);
  append_number(head, frame.record.size(), 4);
  append_number(head, frame.number, 8);
  append_number(head, frame.synced, 8);
  out += head;
  out += checksum(salt, head, frame.record);
  out += frame.record;
}

std::optional<std::size_t> announced(std::string_view head) {
  if (head.size() < frame_head_bytes || !head.starts_with(frame_magic)) return std::nullopt;
  return number_at(head, 4, 4);
}

std::optional<Frame> decode_frame(std::string_view bytes, std::string_view salt) {
  const auto length = announced(bytes);
  if (!length || bytes.size() - frame_head_bytes < *length) return std::nullopt;
  const std::size_t covered = frame_head_bytes - checksum_bytes;
  const std::string_view record = bytes.substr(frame_head_bytes, *length);
  if (bytes.substr(covered, checksum_bytes) != checksum(salt, bytes.substr(0, covered), record)) return std::nullopt;
  return Frame{number_at(bytes, 8, 8), number_at(bytes, 16, 8), record};
}

Scan scan_segment(std::string_view bytes, std::string_view salt, std::uint64_t first) {
  Scan scan{.good = segment_head_bytes, .next = first, .damaged = false};
  while (true) {
    const auto frame = decode_frame(bytes.substr(scan.good), salt);
    if (!frame || frame->number != scan.next) break;
    scan.good += frame->bytes();
    ++scan.next;
  }
  // Frames written together may be torn in any of them; what a later write says was durable must be there.
  for (std::size_t at = bytes.find(frame_magic, scan.good); at != std::string_view::npos;
       at = bytes.find(frame_magic, at + 1)) {
    const auto frame = decode_frame(bytes.substr(at), salt);
    if (frame && frame->number >= scan.next && frame->synced > scan.good) scan.damaged = true;
  }
  return scan;
}

}  // namespace aright::store
