#include "http/reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
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

Request head_of(const Parser::value_type& message) {
  Request request;
  request.method = std::string(message.method_string());
  const std::string target(message.target());
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = parse_query(std::string_view(target).substr(mark + 1));
  request.host = std::string(message[beast::http::field::host]);
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  return request;
}

/// Of a length that Beast has taken for one.
std::uint64_t number_of(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
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
  std::string pending{};
  std::optional<Parser> parser{};
  std::optional<Request> head{};
  State state{State::more};
  unsigned status{0};
  bool keep_alive{false};

  void begin() {
    state = State::more;
    head.reset();
    parser.emplace();
    parser->header_limit(header_bytes);
    parser->body_limit(body_bytes);
  }

  /// What a request says of itself must have one reading before anybody looks at it. 0: it has.
  [[nodiscard]] unsigned take_head() {
    const auto& message = parser->get();
    // Beast 1.81 asserts when the last chunk comes in pieces, and none of our clients sends chunks: refused unread.
    const bool known_version = message.version() == 11 || message.version() == 10;  // reverse proxies speak the older
    if (message.chunked() || !known_version || message.count(beast::http::field::host) != 1 || ambiguous(message)) {
      return 400;
    }
    head = head_of(message);
    const auto length = message[beast::http::field::content_length];
    head->body_bytes = number_of({length.data(), length.size()});
    if (head->headers.size() <= header_fields_max) return 0;
    head.reset();
    return 431;
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
      if (!head && (parser->is_header_done() || error == beast::http::error::body_limit)) {
        if (const unsigned bad = take_head(); bad != 0) return refuse(bad);
      }
      if (error == beast::http::error::need_more) break;
      if (error == beast::http::error::body_limit) return refuse(413);
      if (error == beast::http::error::header_limit) return refuse(431);
      if (error || used == 0) return refuse(400);
    }
    if (!parser->is_done()) return State::more;
    keep_alive = parser->get().keep_alive();
    return State::whole;
  }
};

RequestReader::RequestReader(std::uint32_t header_bytes, std::uint64_t body_bytes)
    : impl_(new Impl{header_bytes, body_bytes}) {
  impl_->begin();
}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

RequestReader::State RequestReader::feed(std::string_view bytes) {
  if (impl_->status != 0) return State::refused;
  impl_->pending += bytes;
  impl_->state = impl_->parse();
  return impl_->state;
}
RequestReader::State RequestReader::state() const { return impl_->state; }

unsigned RequestReader::status() const { return impl_->status; }
bool RequestReader::expects_continue() const {
  if (!impl_->head) return false;
  const auto& message = impl_->parser->get();
  return message.version() == 11 && beast::iequals(message[beast::http::field::expect], "100-continue");
}

const Request* RequestReader::head() const { return impl_->head ? &*impl_->head : nullptr; }
bool RequestReader::began() const { return !impl_->pending.empty() || impl_->parser->got_some(); }
bool RequestReader::keep_alive() const { return impl_->keep_alive; }

Request RequestReader::take() {
  Request request = std::move(*impl_->head);
  request.body = std::move(impl_->parser->get().body());
  impl_->begin();
  return request;
}

}  // namespace aright::http
