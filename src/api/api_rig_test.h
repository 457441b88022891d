// For tests of the API: its answers over real sockets, with what it asks made up.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/api.h"
#include "http/server.h"
#include "http/unix_client.h"

namespace aright::api::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FakeOperators final : public engine::Operators {
 public:
  std::future<Result<Json>> submit(engine::Command command, engine::Identity who) override {
    last_command = command.index();
    last_who = std::move(who);
    promise = {};
    if (!blocked) promise.set_value(answer);
    return promise.get_future();
  }
  engine::Status status() const override { return now; }
  Json definitions() const override { return {{"controls", Json::array()}, {"workflows", Json::array({workflow})}}; }
  Json intakes() const override { return stored; }
  Json stored = Json::array();
  Json workflow{{"workflow", "w"}, {"name", "w"}};
  std::promise<Result<Json>> promise;
  Result<Json> answer{Json{{"done", true}}};
  bool blocked{false};
  std::size_t last_command{99};
  engine::Identity last_who;
  engine::Status now;
};

class FakeHistory final : public History {
 public:
  Result<Page> page(const PageRequest& request) override {
    if (broken) return fail(Errc::corrupt, "the disk \"x\" said no");
    if (request.before == "none") return fail(Errc::not_found, "no such row");
    asked = request;
    if (none) return Page{};
    if (!rows.empty()) return Page{rows, 0};
    return Page{{{request.table, "1", true, R"({"id":1})"}, {request.table, "2", true, "{half"}}, 7};
  }
  Result<std::optional<Row>> row(const std::string& table, const std::string& id) override {
    if (id != "f-1" && id != "000000000001") return std::optional<Row>();
    return std::optional<Row>({table, id, true, doc});
  }
  Result<std::vector<Entry>> entries_of_run(std::uint64_t run, std::uint32_t) override {
    return std::vector<Entry>{{0, run, R"({"kind":"x"})"}};
  }
  Result<std::vector<Entry>> entries(std::uint64_t, std::uint32_t) override { return std::vector<Entry>{}; }
  Result<std::vector<Digest>> leaves(std::uint64_t, std::uint64_t) override { return std::vector<Digest>{}; }
  Result<std::optional<Checkpoint>> newest_checkpoint() override { return std::optional<Checkpoint>(); }
  Result<std::optional<Blob>> blob(const std::string&) override { return std::optional<Blob>(); }
  std::string doc{R"({"id":1})"};
  bool broken{false};
  bool none{false};  ///< no row at all
  PageRequest asked;
  std::vector<Row> rows;
};

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    std::string name = (fs::temp_directory_path() / "aright-api-XXXXXX").string();
    dir_ = mkdtemp(name.data());
    auto local =
        http::Server::on_unix((dir_ / "sock").string(), [this](const http::Request& r) { return api_.local(r); });
    local_ = std::move(*local);
    local_->serve();
    // The open side behind a Unix socket too: what it answers does not depend on the kind of socket.
    auto open =
        http::Server::on_unix((dir_ / "open").string(), [this](const http::Request& r) { return api_.open(r); });
    open_ = std::move(*open);
    open_->serve();
  }
  ~ApiTest() override {
    local_.reset();
    open_.reset();
    fs::remove_all(dir_);
  }
  http::Response ask(const std::string& method, const std::string& path, const std::string& body = "",
                     const char* socket = "sock") const {
    auto said = http::request_unix((dir_ / socket).string(), method, path, body, 30s);
    EXPECT_TRUE(said) << said.error().message;
    return said.value_or(http::Response{0, "", ""});
  }
  fs::path dir_;
  FakeOperators operators_;
  FakeHistory history_;
  Api api_{operators_,
           history_,
           [](std::uint64_t seq) -> Result<Json> {
             if (seq != 3) return fail(Errc::not_found, "no entry");
             return Json{{"seq", 3}};
           },
           [this] {
             std::vector<std::pair<std::string, http::ServerFigures>> all;
             if (local_) all.emplace_back("unix", local_->figures());
             return all;
           },
           [this](const engine::Identity& who) -> Result<Json> {
             if (stopping_) return fail(Errc::unavailable, "stopping");
             return Json{{"reloaded", false}, {"by", who.user}};
           },
           [] {
             return Json::parse(R"([{"source": "auth", "kind": "tail", "behind": 7, "held_up": false,
                                     "troubles": {"/var/log/auth.log": "not readable"}}])");
           },
           [](const std::string& source, std::optional<std::uint64_t> after) {
             return Json{{"source", source}, {"after", after ? Json(*after) : Json()}};
           },
           [](const std::string&, const EventPlace&) -> Result<ReadAgain> { return ReadAgain{}; },
           [this] { return unwatched_; },
           [this] { return witnesses_; }};
  bool stopping_{false};
  WatchView unwatched_;
  std::vector<WitnessView> witnesses_;
  std::unique_ptr<http::Server> local_;
  std::unique_ptr<http::Server> open_;
};

}  // namespace aright::api::test
