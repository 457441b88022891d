#include "load.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/json.h"
#include "daemon.h"
#include "workplace.h"

namespace aright::bench {

namespace {

constexpr const char* wrk = "/usr/bin/wrk";
constexpr unsigned threads = 2;
const std::string body =
    R"({"action":"pushed","repository":"aright","ref":"refs/heads/main","commits":[{"id":"5f3a"}]})";

}  // namespace

Result<Done> write_deliveries(const std::string& file, const std::string& key, const std::string& prefix,
                              unsigned count) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string time = fmt::to_string(now.time_since_epoch().count());
  std::string text = body + "\n";
  for (unsigned i = 0; i < count; ++i) {
    const std::string id = fmt::format("{}-{}", prefix, i);
    const Digest mac = hmac_sha256(key, fmt::format("{}.{}.{}", id, time, body));
    text += fmt::format("{} {} v1,{}\n", id, time, base64(as_text(mac)));
  }
  return write_file(file, text);
}

Result<Pressed> press(const Load& load) {
  if (access(wrk, X_OK) != 0) return fail(Errc::not_found, "wrk is not installed");
  auto ended = run_program(
      {wrk, "--threads", fmt::to_string(threads), "--connections", fmt::to_string(load.connections), "--duration",
       fmt::format("{}s", load.seconds), "--script", load.script,
       fmt::format("http://127.0.0.1:{}{}", load.port, load.path), "--", load.deliveries, fmt::to_string(threads)},
      load.log);
  if (!ended) return std::unexpected(ended.error());
  const auto at = ended->output.find("RESULT ");
  if (at == std::string::npos) return fail(Errc::invalid, "wrk said no result: " + ended->output);
  const std::string line = ended->output.substr(at + 7, ended->output.find('\n', at) - at - 7);
  const auto said = parse_json(line);
  if (!said) return std::unexpected(said.error());
  if (said->at("other").get<std::uint64_t>() != 0) return fail(Errc::invalid, "not every post was taken: " + line);
  const double seconds = said->at("us").get<double>() / 1e6;
  const auto requests = said->at("requests").get<std::uint64_t>();
  return Pressed{static_cast<double>(requests) / seconds, said->at("p50").get<double>() / 1e3,
                 said->at("p99").get<double>() / 1e3, requests};
}

}  // namespace aright::bench
