#include "store/blob_code.h"

#include <zstd.h>

#include <memory>

namespace aright::store {

namespace {
constexpr std::size_t pack_above = 512;
constexpr int level = 1;  // the bytes are few; time matters more
constexpr std::size_t size_max = 64U << 20U;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
}  // namespace

Packed pack(std::string_view bytes) {
  if (bytes.size() <= pack_above) return {std::string(bytes), false};
  // Its tables are a hundred times larger than the blob: made once for each thread, not once for each blob.
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context{ZSTD_createCCtx()};
  if (!context) return {std::string(bytes), false};
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0U || size >= bytes.size()) return {std::string(bytes), false};
  out.resize(size);
  return {std::move(out), true};
}

Result<std::string> unpack(std::string_view bytes, bool packed, std::size_t size) {
  if (!packed) return std::string(bytes);
  if (size > size_max) return fail(Errc::corrupt, "a blob claims to be larger than any can be");
  // A context asks the processor twice what it can do, and where the processor is a virtual one each of these questions
  // goes to the hypervisor: more than the blob costs. So one for each thread.
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context{ZSTD_createDCtx()};
  if (!context) return fail(Errc::unavailable, "no memory for decompressing a blob");
  std::string out(size, '\0');
  const std::size_t got = ZSTD_decompressDCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) != 0U || got != size) return fail(Errc::corrupt, "a blob does not decompress");
  return out;
}

}  // namespace aright::store
