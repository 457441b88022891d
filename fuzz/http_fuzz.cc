// However a request is cut into pieces, it is understood the same way, and no bytes crash the reader.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/reader.h"

namespace {

using aright::http::RequestReader;

/// All requests in `bytes`, given `piece` bytes at a time, and how it ended.
std::string understood(std::string_view bytes, std::size_t piece) {
  RequestReader reader(4096, 4096);
  std::string all;
  auto state = RequestReader::State::more;
  while (state != RequestReader::State::refused) {
    if (state == RequestReader::State::whole) {
      const auto request = reader.take();
      all += request.method + ' ' + request.path + ' ' + request.host;
      for (const auto& [name, value] : request.headers) all += ' ' + name + ':' + value;
      if (request.body_bytes != request.body.size()) std::abort();
      all += ' ' + request.body + '\n';
      state = reader.feed("");
      continue;
    }
    if (bytes.empty()) return all + "more";
    state = reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return all + "refused";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::string whole = understood(text, size + 1);
  // Cut small, an endless line is refused earlier, with the limit; what was understood before is the same.
  const std::string cut = understood(text, 1);
  if (whole.substr(0, whole.rfind('\n') + 1) != cut.substr(0, cut.rfind('\n') + 1)) std::abort();
  return 0;
}
