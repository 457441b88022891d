#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/bytes.h"
#include "base/json.h"
#include "conformance.h"
#include "http/webhook_auth.h"

namespace aright::conformance {

namespace {

namespace fs = std::filesystem;

struct SignedBody {
  http::WebhookCheck check;
  http::Headers headers;
  std::string body;
  WallTime now{};
  bool accepted{false};
};

std::optional<http::WebhookScheme> scheme_of(const std::string& word) {
  return word == "t-v1" ? http::WebhookScheme::stripe : http::parse_webhook_scheme(word);
}

/// Errc::invalid names the field that is missing or not of its form: such a case proves nothing.
Result<SignedBody> read_case(const Json& doc) {
  const auto wrong = [](const char* field) { return fail(Errc::invalid, std::string(field) + " is not of its form"); };
  const auto text = [&](const char* field) -> std::optional<std::string> {
    const auto found = doc.find(field);
    if (found == doc.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  SignedBody one;
  const auto scheme = scheme_of(text("scheme").value_or(""));
  if (!scheme) return wrong("scheme");
  one.check.scheme = *scheme;
  if (text("scheme") == "t-v1") one.check.signature_header = "Signature";
  const auto key = unbase64(text("secret_b64").value_or("!"));
  if (!key) return wrong("secret_b64");
  one.check.keys.emplace_back(std::string(*key));
  const auto body = unbase64(text("body_b64").value_or("!"));
  if (!body) return wrong("body_b64");
  one.body = *body;
  const auto expect = text("expect");
  if (expect != "accept" && expect != "reject") return wrong("expect");
  one.accepted = expect == "accept";
  for (const char* field : {"now", "tolerance_s"}) {
    if (!doc.contains(field) || !doc.at(field).is_number_unsigned()) return wrong(field);
  }
  one.now = WallTime{std::chrono::seconds{doc.at("now").get<std::uint32_t>()}};
  one.check.tolerance = std::chrono::seconds{doc.at("tolerance_s").get<std::uint32_t>()};
  const auto headers = doc.find("headers");
  if (headers == doc.end() || !headers->is_array()) return wrong("headers");
  for (const Json& header : *headers) {
    if (!header.is_array() || header.size() != 2 || !header[0].is_string() || !header[1].is_string()) {
      return wrong("headers");
    }
    one.headers.emplace_back(header[0].get<std::string>(), header[1].get<std::string>());
  }
  return one;
}

void judge(const Json& doc, const std::string& where, Tally& tally) {
  const auto one = doc.is_object() ? read_case(doc) : Result<SignedBody>(fail(Errc::invalid, "is not a case"));
  if (!one) return tally.add(false, fmt::format("{}: {}", where, one.error().message));
  const auto judged = http::authenticate(one->check, one->headers, one->body, one->now);
  const std::string said = judged ? "accepted" : "refused: " + judged.error().message;
  tally.add(judged.has_value() == one->accepted, fmt::format("{}: {}", where, said));
}

void file(const fs::path& path, Tally& tally) {
  const std::string text = read(path);
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string where = fmt::format("{}:{}", path.string(), ++line);
    const auto doc = parse_json(std::string_view(text).substr(at, end - at));
    doc ? judge(*doc, where, tally) : tally.add(false, where + ": is not JSON: " + doc.error().message);
    at = end + 1;
  }
}

}  // namespace

void webhook(const fs::path& path, Tally& tally) {
  if (!fs::is_directory(path)) return file(path, tally);
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().extension() == ".jsonl") file(entry.path(), tally);
  }
}

}  // namespace aright::conformance
