#include "http/reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <map>
#include <optional>
#include <string>

namespace aright::http {

namespace {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;

std::map<std::string, std::string> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    query[std::string(pair.substr(0, equals))] =
        equals == std::string_view::npos ? std::string() : std::string(pair.substr(equals + 1));
  }
  return query;
}

Request to_request(Parser::value_type message) {
  Request request;
  request.method = std::string(message.method_string());
  const std::string target(message.target());
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = parse_query(std::string_view(target).substr(mark + 1));
  request.host = std::string(message[beast::http::field::host]);
  request.body = std::move(message.body());
  return request;
}

/// Length and chunks together, or either twice, are read differently by different programs.
bool ambiguous(const Parser::value_type& message) {
  using beast::http::field;
  const auto lengths = message.count(field::content_length);
  const auto encodings = message.count(field::transfer_encoding);
  return lengths + encodings > 1;
}

}  // namespace

struct RequestReader::Impl {
  std::uint32_t header_bytes;
  std::uint64_t body_bytes;
  std::string pending;
  std::optional<Parser> parser;
  unsigned status{0};
  bool keep_alive{false};

  void begin() {
    parser.emplace();
    parser->header_limit(header_bytes);
    parser->body_limit(body_bytes);
  }

  State refuse(unsigned with) {
    status = with;
    pending.clear();
    return State::refused;
  }

  State parse() {
    while (!pending.empty() && !parser->is_done()) {
      beast::error_code error;
      const std::size_t used = parser->put(boost::asio::buffer(pending), error);
      pending.erase(0, used);
      // Beast 1.81 asserts when the last chunk comes in pieces, and none of our clients sends chunks: refused unread.
      if (parser->is_header_done() && parser->chunked()) return refuse(400);
      if (error == beast::http::error::need_more) break;
      if (error == beast::http::error::body_limit) return refuse(413);
      if (error == beast::http::error::header_limit) return refuse(431);
      if (error || used == 0) return refuse(400);
    }
    if (!parser->is_done()) return State::more;
    const auto& message = parser->get();
    if (message.version() != 11 || message.count(beast::http::field::host) != 1 || ambiguous(message)) {
      return refuse(400);
    }
    keep_alive = message.keep_alive();
    return State::whole;
  }
};

RequestReader::RequestReader(std::uint32_t header_bytes, std::uint64_t body_bytes)
    : impl_(new Impl{header_bytes, body_bytes, {}, {}, 0, false}) {
  impl_->begin();
}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

RequestReader::State RequestReader::feed(std::string_view bytes) {
  if (impl_->status != 0) return State::refused;
  impl_->pending += bytes;
  return impl_->parse();
}

unsigned RequestReader::status() const { return impl_->status; }
bool RequestReader::began() const { return !impl_->pending.empty() || impl_->parser->got_some(); }
bool RequestReader::keep_alive() const { return impl_->keep_alive; }

Request RequestReader::take() {
  Request request = to_request(impl_->parser->release());
  impl_->begin();
  return request;
}

}  // namespace aright::http
