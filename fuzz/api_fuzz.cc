// Any request on the Unix socket gets an answer: a status that says who is wrong, and a body that is JSON.
#include <cstdint>
#include <cstdlib>
#include <future>
#include <nlohmann/json.hpp>
#include <string_view>

#include "api/api.h"
#include "http/reader.h"

namespace {

using namespace aright;

void demand(bool holds) {
  if (!holds) std::abort();
}

/// Says yes to everything.
class Engine final : public engine::Operators {
 public:
  std::future<Result<Json>> submit(engine::Command, engine::Identity) override {
    std::promise<Result<Json>> promise;
    promise.set_value(Json{{"controls", Json::array()}, {"events", Json::array()}});
    return promise.get_future();
  }
  [[nodiscard]] engine::Status status() const override { return {}; }
  [[nodiscard]] Json definitions() const override {
    return {{"controls", Json::array()}, {"workflows", Json::array()}};
  }
  [[nodiscard]] Json intakes() const override { return Json::array(); }
};

/// A row of every name.
class Rows final : public History {
 public:
  Result<Page> page(const PageRequest& request) override {
    return Page{{{request.table, "1", true, R"({"id":1,"subject":"s"})"}, {request.table, "2", true, "{half"}}, 1};
  }
  Result<std::optional<Row>> row(const std::string& table, const std::string& id) override {
    return std::optional<Row>({table, id, true, R"({"id":1,"finding":"f","subject":"s","control":"c"})"});
  }
  Result<std::vector<Entry>> entries_of_run(std::uint64_t run, std::uint32_t) override {
    return std::vector<Entry>{{0, run, R"({"kind":"x"})"}};
  }
  Result<std::vector<Entry>> entries(std::uint64_t, std::uint32_t) override { return std::vector<Entry>{}; }
  Result<std::vector<Digest>> leaves(std::uint64_t, std::uint64_t) override { return std::vector<Digest>{}; }
  Result<std::optional<Checkpoint>> newest_checkpoint() override { return std::optional<Checkpoint>(); }
  Result<std::optional<Blob>> blob(const std::string&) override { return std::optional<Blob>(); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Engine operators;
  static Rows history;
  static api::Api api(
      operators, history, [](std::uint64_t seq) -> Result<Json> { return Json{{"seq", seq}}; },
      [] { return std::vector<std::pair<std::string, http::ServerFigures>>(); },
      [](const engine::Identity& who) -> Result<Json> { return Json{{"by", who.user}}; }, [] { return Json::array(); },
      [](const std::string& source, std::optional<std::uint64_t>) { return Json{{"source", source}}; },
      [](const std::string&, const api::EventPlace&) -> Result<ReadAgain> {
        return ReadAgain{std::nullopt, "it is an empty line"};
      },
      [] { return api::WatchView{}; }, [] { return std::vector<api::WitnessView>(); });
  http::RequestReader reader(std::size_t{16} * 1024, std::size_t{64} * 1024);
  if (reader.feed({reinterpret_cast<const char*>(data), size}) != http::RequestReader::State::whole) return 0;
  http::Request request = reader.take();
  request.peer = http::Peer{};
  for (const auto& answer : {api.local(request), api.open(request)}) {
    demand(answer.status >= 200 && answer.status < 600);
    if (answer.content_type.starts_with("application/json")) demand(parse_own_json(answer.body).has_value());
  }
  return 0;
}
