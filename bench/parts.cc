// Parts of the engine beside their bare counterparts, on Google Benchmark.
#include "parts.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

#include "audit/merkle.h"
#include "base/digest.h"
#include "base/json.h"
#include "cel/program.h"
#include "guard/guard.h"
#include "store/sqlite_store.h"

namespace aright::bench {

namespace {

/// The rows one commit of one fix writes: half of its entries, rows and blobs.
Batch batch_of_a_fix(std::uint64_t first) {
  Batch batch;
  for (std::uint64_t i = 0; i < 6; ++i) {
    batch.entries.push_back({first + i, first / 6 + 1, std::string(320, 'e')});
    batch.leaves.push_back(audit::leaf_hash(batch.entries.back().bytes));
  }
  batch.tree = {first + 6, std::vector<Digest>(5)};
  const std::string id = fmt::format("{:012}", first / 6 + 1);
  batch.rows = {{"finding", "f" + id, true, std::string(400, 'f')},
                {"run", id, true, std::string(1200, 'r')},
                {"admission", id, true, std::string(160, 'a')},
                {"subject", "s" + id, true, std::string(300, 's')}};
  batch.blobs.push_back({{"b" + id, 400}, std::string(32, 's'), std::string(400, 'b'), false});
  batch.blobs.push_back({{"c" + id, 400}, std::string(32, 's'), std::string(400, 'c'), false});
  return batch;
}

void store_commits(benchmark::State& state, const std::string& file) {
  auto store = store::SqliteStore::open(file);
  if (!store || !(*store)->load()) return state.SkipWithError("the store could not be opened");
  std::uint64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const Batch batch = batch_of_a_fix(next);
    next += batch.entries.size();
    state.ResumeTiming();
    if (!(*store)->commit(batch)) return state.SkipWithError("a commit failed");
  }
}

constexpr std::uint64_t fixes_together = 64;

/// What a round under load stores: the halves of many fixes in one commit with one sync.
void group_commits(benchmark::State& state, const std::string& file) {
  auto store = store::SqliteStore::open(file);
  if (!store || !(*store)->load()) return state.SkipWithError("the store could not be opened");
  std::uint64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Batch all = batch_of_a_fix(next);
    for (std::uint64_t i = 1; i < fixes_together; ++i) {
      Batch one = batch_of_a_fix(next + i * 6);
      std::ranges::move(one.entries, std::back_inserter(all.entries));
      std::ranges::move(one.leaves, std::back_inserter(all.leaves));
      std::ranges::move(one.rows, std::back_inserter(all.rows));
      std::ranges::move(one.blobs, std::back_inserter(all.blobs));
      all.tree = one.tree;
    }
    next += all.entries.size();
    state.ResumeTiming();
    if (!(*store)->commit(all)) return state.SkipWithError("a commit failed");
  }
}

/// As many rows of the same sizes into one plain table, with the same pragmas.
void bare_commits(benchmark::State& state, const std::string& file) {
  auto database = store::Database::open(file, store::Database::Access::read_write);
  if (!database || !database->execute("PRAGMA journal_mode=WAL") || !database->execute("PRAGMA synchronous=FULL") ||
      !database->execute("CREATE TABLE plain(number INTEGER PRIMARY KEY, bytes BLOB NOT NULL)")) {
    return state.SkipWithError("the database could not be opened");
  }
  auto begin = database->prepare("BEGIN IMMEDIATE");
  auto insert = database->prepare("INSERT INTO plain(bytes) VALUES(?)");
  auto commit = database->prepare("COMMIT");
  if (!begin || !insert || !commit) return state.SkipWithError("a statement was refused");
  const std::string bytes(1200, 'b');
  for (auto _ : state) {
    bool ok = begin->run().has_value();
    for (const std::size_t size :
         std::initializer_list<std::size_t>{352, 352, 352, 352, 352, 352, 160, 400, 1200, 160, 300, 432, 432}) {
      ok = ok && insert->bind_blob(1, std::string_view(bytes).substr(0, size)).run().has_value();
    }
    if (!ok || !commit->run()) return state.SkipWithError("a commit failed");
  }
}

Json entry_of_a_fix() {
  return {{"v", 1},
          {"seq", 123456},
          {"at", "2026-01-02T03:04:05.678901Z"},
          {"up", 987654321},
          {"kind", "step.intended"},
          {"run", 4711},
          {"step", 0},
          {"state", "intended"},
          {"resource", "file:/etc/imaginary/settings.conf"},
          {"before", std::string(64, 'b')},
          {"after", std::string(64, 'a')},
          {"key", "r4711-0"}};
}

void canonical(benchmark::State& state) {
  const Json entry = entry_of_a_fix();
  std::size_t bytes = 0;
  for (auto _ : state) {
    auto text = canonical_json(entry);
    if (!text) return state.SkipWithError("not canonical");
    bytes += text->size();
    benchmark::DoNotOptimize(text);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void plain_dump(benchmark::State& state) {
  const Json entry = entry_of_a_fix();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string text = entry.dump();
    bytes += text.size();
    benchmark::DoNotOptimize(text);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void merkle_append(benchmark::State& state) {
  audit::Frontier tree;
  const std::string leaf(320, 'l');
  for (auto _ : state) tree.append(audit::leaf_hash(leaf));
  benchmark::DoNotOptimize(tree.root());
}

/// One hash of the leaf and, on average, one of two nodes.
void bare_hashes(benchmark::State& state) {
  const std::string leaf(321, 'l');
  const std::string node(65, 'n');
  Digest digest{};
  for (auto _ : state) {
    SHA256(as_bytes(leaf).data(), leaf.size(), digest.data());
    SHA256(as_bytes(node).data(), node.size(), digest.data());
    benchmark::DoNotOptimize(digest);
  }
}

void guard_decision(benchmark::State& state) {
  Workflow workflow;
  workflow.guards.threshold = {{3, std::chrono::minutes{10}, Per::subject},
                               {200, std::chrono::minutes{10}, Per::workflow}};
  const Now now{WallTime{std::chrono::hours{480'000}}, std::chrono::hours{100}, "boot"};
  guard::Tally admissions;
  for (std::uint64_t i = 0; i < 150; ++i) {
    admissions.add(i, {fmt::format("file:/etc/imaginary/{}", i), Moment::of(now)}, false);
  }
  for (auto _ : state) {
    auto verdict = guard::threshold({workflow, "file:/etc/imaginary/7", admissions, now});
    benchmark::DoNotOptimize(verdict);
  }
}

/// Counts by hand what a decision counts.
void bare_count(benchmark::State& state) {
  struct Admitted {
    std::string subject;
    Moment at;
  };
  const Now now{WallTime{std::chrono::hours{480'000}}, std::chrono::hours{100}, "boot"};
  std::vector<Admitted> list;
  for (std::uint64_t i = 0; i < 150; ++i) list.push_back({fmt::format("file:/etc/imaginary/{}", i), Moment::of(now)});
  for (auto _ : state) {
    std::uint64_t all = 0;
    std::uint64_t of_subject = 0;
    for (const Admitted& one : list) {
      const bool recent = now.wall - one.at.wall < std::chrono::minutes{10};
      all += recent ? 1U : 0U;
      of_subject += recent && one.subject == "file:/etc/imaginary/7" ? 1U : 0U;
    }
    benchmark::DoNotOptimize(all);
    benchmark::DoNotOptimize(of_subject);
  }
}

Json event_of_a_login() {
  return {
      {"a", {{"b", "x"}, {"c", "another field"}}}, {"n", 5}, {"time", "2026-01-02T03:04:05Z"}, {"user", "somebody"}};
}

void condition(benchmark::State& state) {
  cel::Environment environment;
  environment.variables = {{"event", {}}};
  const auto program = cel::compile(R"(event.a.b == "x" && event.n > 3)", environment);
  if (!program) return state.SkipWithError("the condition does not compile");
  const Json event = event_of_a_login();
  for (auto _ : state) {
    cel::Bindings bindings;
    bindings.view("event", event);
    auto held = cel::holds(*program, bindings);
    if (!held || !*held) return state.SkipWithError("the condition does not hold");
    benchmark::DoNotOptimize(held);
  }
}

/// The same question asked of the JSON by hand.
void bare_condition(benchmark::State& state) {
  const Json event = event_of_a_login();
  for (auto _ : state) {
    const bool held = event.at("a").at("b").get_ref<const std::string&>() == "x" && event.at("n").get<int>() > 3;
    benchmark::DoNotOptimize(held);
  }
}

class Collect : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) failed += run.benchmark_name() + ": " + run.error_message + " ";
      nanos[run.run_name.function_name] = run.GetAdjustedRealTime();
      const auto rate = run.counters.find("bytes_per_second");
      if (rate != run.counters.end()) rates[run.run_name.function_name] = rate->second;
    }
  }
  std::map<std::string, double> nanos;
  std::map<std::string, double> rates;
  std::string failed;
};

}  // namespace

Result<Done> measure_parts(const Setting& setting, Report& report) {
  auto folder = setting.place.folder("parts");
  if (!folder) return std::unexpected(folder.error());
  benchmark::RegisterBenchmark("store", [&](benchmark::State& s) {
    store_commits(s, *folder + "/store.db");
  })->Iterations(1000);
  benchmark::RegisterBenchmark("sqlite", [&](benchmark::State& s) {
    bare_commits(s, *folder + "/plain.db");
  })->Iterations(1000);
  benchmark::RegisterBenchmark("group", [&](benchmark::State& s) {
    group_commits(s, *folder + "/group.db");
  })->Iterations(100);
  benchmark::RegisterBenchmark("canonical", canonical)->MinTime(0.2);
  benchmark::RegisterBenchmark("dump", plain_dump)->MinTime(0.2);
  benchmark::RegisterBenchmark("merkle", merkle_append)->MinTime(0.2);
  benchmark::RegisterBenchmark("hashes", bare_hashes)->MinTime(0.2);
  benchmark::RegisterBenchmark("guard", guard_decision)->MinTime(0.2);
  benchmark::RegisterBenchmark("bare count", bare_count)->MinTime(0.2);
  benchmark::RegisterBenchmark("condition", condition)->MinTime(0.2);
  benchmark::RegisterBenchmark("bare condition", bare_condition)->MinTime(0.2);
  Collect seen;
  benchmark::RunSpecifiedBenchmarks(&seen);
  if (!seen.failed.empty()) return fail(Errc::invalid, seen.failed);
  report.heading("parts");
  const auto per_s = [&](const char* name) { return 1e9 / seen.nanos.at(name); };
  report.add({.name = "commits of one fix's half (13 rows)",
              .figure = per_s("store"),
              .unit = "1/s",
              .target = {},
              .yardstick = Yardstick{"bare SQLite, one table, same bytes", per_s("sqlite")},
              .note = {}});
  report.add({.name = fmt::format("group commit, {} fixes' halves: durable audit entries", fixes_together),
              .figure = per_s("group") * fixes_together * 6,
              .unit = "1/s",
              .target = Target{20'000, Better::higher},
              .yardstick = Yardstick{"bare SQLite, one fix's half a commit", per_s("sqlite") * 6},
              .note = "with their rows and blobs, one sync a commit"});
  report.add({.name = "canonical JSON of an entry",
              .figure = seen.rates.at("canonical") / 1e6,
              .unit = "MB/s",
              .target = {},
              .yardstick = Yardstick{"nlohmann dump()", seen.rates.at("dump") / 1e6},
              .note = {}});
  report.add({.name = "Merkle appends, entries of 320 bytes",
              .figure = per_s("merkle"),
              .unit = "1/s",
              .target = {},
              .yardstick = Yardstick{"two bare SHA-256", per_s("hashes")},
              .note = {}});
  report.add({.name = "threshold decision, 150 admissions",
              .figure = seen.nanos.at("guard"),
              .unit = "ns",
              .target = {},
              .yardstick = Yardstick{"150 compared by hand", seen.nanos.at("bare count")},
              .note = {}});
  report.add({.name = "condition: two fields of an event",
              .figure = per_s("condition"),
              .unit = "1/s",
              .target = {},
              .yardstick = Yardstick{"the same by hand on the JSON", per_s("bare condition")},
              .note = {}});
  return Done{};
}

}  // namespace aright::bench
