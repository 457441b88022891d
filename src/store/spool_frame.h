// How a record lies in a segment file of a spool. Pure.
//
// Segment: "ARSPOOL1", number of its first record (8 bytes, little endian), salt (8 bytes),
// checksum (8); then frames.
// Frame: "RECD", length (4), number (8), `synced` (8), checksum (8), then the record. `synced` is the offset up to
// which this segment was durable when the frame was written: damage before it is no torn end but lost data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aright::store {

inline constexpr std::size_t segment_head_bytes = 32;
inline constexpr std::size_t frame_head_bytes = 32;

struct SegmentHead {
  std::uint64_t first{0};
  std::string salt;  ///< 8 random bytes: nobody who sends records can write what looks like a frame
};
[[nodiscard]] std::string encode_segment_head(const SegmentHead& head);
[[nodiscard]] std::optional<SegmentHead> decode_segment_head(std::string_view bytes);

struct Frame {
  std::uint64_t number{0};
  std::uint64_t synced{0};
  std::string_view record;
  [[nodiscard]] std::size_t bytes() const { return frame_head_bytes + record.size(); }
};
void append_frame(std::string& out, std::string_view salt, const Frame& frame);
/// The length of the record a frame head announces; nullopt: it is none.
[[nodiscard]] std::optional<std::size_t> announced(std::string_view head);
/// The frame at the beginning of `bytes`; nullopt when it is not whole or not what was written.
[[nodiscard]] std::optional<Frame> decode_frame(std::string_view bytes, std::string_view salt);

/// What a segment that a dead process was writing holds.
struct Scan {
  std::size_t good{0};    ///< bytes up to which every frame is whole
  std::uint64_t next{0};  ///< number of the record after the last whole one
  bool damaged{false};    ///< something before `synced` of a later frame is missing: no torn end
};
/// `bytes`: the whole segment, with its head, whose first record is `first`.
[[nodiscard]] Scan scan_segment(std::string_view bytes, std::string_view salt, std::uint64_t first);

}  // namespace aright::store
