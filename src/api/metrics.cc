#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <string_view>

#include "api/api.h"
#include "api/key_metrics.h"
#include "engine/core_figures.h"
#include "model/run.h"

namespace aright::api {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric value(MetricType type, double number, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (type == MetricType::Counter) {
    metric.counter.value = number;
  } else {
    metric.gauge.value = number;
  }
  return metric;
}

MetricFamily family(const char* name, const char* help, MetricType type, std::vector<ClientMetric> metrics) {
  return {name, help, type, std::move(metrics)};
}

MetricFamily one(const char* name, const char* help, MetricType type, std::uint64_t number) {
  return family(name, help, type, {value(type, static_cast<double>(number))});
}

void add_servers(std::vector<MetricFamily>& all,
                 const std::vector<std::pair<std::string, http::ServerFigures>>& servers) {
  if (servers.empty()) return;
  std::vector<ClientMetric> requests;
  std::vector<ClientMetric> refused;
  for (const auto& [name, figures] : servers) {
    requests.push_back(value(MetricType::Counter, static_cast<double>(figures.requests), {{"server", name}}));
    for (std::size_t i = 0; i < figures.refused.size(); ++i) {
      refused.push_back(value(MetricType::Counter, static_cast<double>(figures.refused.at(i)),
                              {{"server", name}, {"reason", std::string(http::refusal_names.at(i))}}));
    }
  }
  all.push_back(
      family("aright_http_requests_total", "Whole requests taken in.", MetricType::Counter, std::move(requests)));
  all.push_back(family("aright_http_refused_total", "Connections and requests turned away, by reason.",
                       MetricType::Counter, std::move(refused)));
}

void add_breakers(std::vector<MetricFamily>& all, const std::vector<std::pair<std::string, bool>>& breakers) {
  std::vector<ClientMetric> values;
  values.reserve(breakers.size());
  for (const auto& [workflow, open] : breakers) {
    values.push_back(value(MetricType::Gauge, open ? 1 : 0, {{"workflow", workflow}}));
  }
  if (values.empty()) return;
  all.push_back(family("aright_breaker_open", "1 while a workflow's breaker is open: its runs are held.",
                       MetricType::Gauge, std::move(values)));
}

void add_sources(std::vector<MetricFamily>& all, const Json& sources) {
  const auto add = [&](const char* name, const char* help, MetricType type, auto number) {
    std::vector<ClientMetric> values;
    for (const Json& source : sources) {
      values.push_back(value(type, static_cast<double>(number(source)), {{"source", source.value("source", "")}}));
    }
    if (!values.empty()) all.push_back(family(name, help, type, std::move(values)));
  };
  const auto counter = [](const char* key) {
    return [key](const Json& source) { return source.value(key, std::uint64_t{0}); };
  };
  add("aright_source_events_total", "Records of a source that were handled.", MetricType::Counter, counter("events"));
  add("aright_source_malformed_total", "Records of a source that are no events.", MetricType::Counter,
      counter("malformed"));
  add("aright_source_lost_total", "Times a source had something that cannot be read any more.", MetricType::Counter,
      counter("gaps"));
  add("aright_source_late_total", "Events of a source that came too late for a correlation.", MetricType::Counter,
      counter("late"));
  add("aright_source_behind_bytes", "What of a source is written and not handled.", MetricType::Gauge,
      counter("behind"));
  add("aright_source_trouble", "1 while a source cannot be read as it should.", MetricType::Gauge,
      [](const Json& source) { return source.value("trouble", "").empty() ? 0 : 1; });
}

void add_webhooks(std::vector<MetricFamily>& all, const Json& sources) {
  std::vector<ClientMetric> requests;
  std::vector<ClientMetric> waiting;
  std::vector<ClientMetric> bytes;
  std::vector<ClientMetric> ids;
  std::vector<ClientMetric> dropped;
  for (const Json& source : sources) {
    if (source.value("kind", "") != "webhook") continue;
    const std::string name = source.value("source", "");
    const auto number = [&](const char* key) { return source.value(key, 0.0); };
    const Json outcomes = source.value("outcomes", Json::object());
    for (const auto& [outcome, count] : outcomes.items()) {
      requests.push_back(value(MetricType::Counter, count.get<double>(), {{"source", name}, {"outcome", outcome}}));
    }
    waiting.push_back(value(MetricType::Gauge, number("waiting"), {{"source", name}}));
    bytes.push_back(value(MetricType::Gauge, number("spool_bytes"), {{"source", name}}));
    ids.push_back(value(MetricType::Gauge, number("ids"), {{"source", name}}));
    dropped.push_back(value(MetricType::Counter, number("ids_dropped"), {{"source", name}}));
  }
  if (waiting.empty()) return;
  if (!requests.empty()) {
    all.push_back(family("aright_webhook_requests_total", "Requests to a webhook since start, by what became of them.",
                         MetricType::Counter, std::move(requests)));
  }
  all.push_back(family("aright_webhook_waiting", "Acknowledged deliveries the engine has not been given yet.",
                       MetricType::Gauge, std::move(waiting)));
  all.push_back(family("aright_webhook_spool_bytes", "What a webhook's spool takes on the disk.", MetricType::Gauge,
                       std::move(bytes)));
  all.push_back(family("aright_webhook_ids", "Delivery ids that are remembered.", MetricType::Gauge, std::move(ids)));
  all.push_back(family("aright_webhook_ids_dropped_total",
                       "Delivery ids forgotten before their time: there were too many.", MetricType::Counter,
                       std::move(dropped)));
}

void add_notifiers(std::vector<MetricFamily>& all, const std::vector<engine::NotifierFigures>& notifiers) {
  if (notifiers.empty()) return;
  const auto add = [&](const char* name, const char* help, MetricType type, auto number) {
    std::vector<ClientMetric> values;
    values.reserve(notifiers.size());
    for (const engine::NotifierFigures& n : notifiers) {
      values.push_back(value(type, static_cast<double>(number(n)), {{"notifier", n.notifier}}));
    }
    all.push_back(family(name, help, type, std::move(values)));
  };
  using Figures = engine::NotifierFigures;
  add("aright_notifications_queued", "Notifications that wait.", MetricType::Gauge,
      [](const Figures& n) { return n.queued; });
  add("aright_notifications_dead", "Notifications that were given up or refused.", MetricType::Gauge,
      [](const Figures& n) { return n.dead; });
  add("aright_notifications_sent_total", "Notifications that were taken.", MetricType::Counter,
      [](const Figures& n) { return n.sent_total; });
  add("aright_notifications_failed_total", "Tries that failed.", MetricType::Counter,
      [](const Figures& n) { return n.failed_total; });
  add("aright_notifications_folded_total", "Notifications told with others as one.", MetricType::Counter,
      [](const Figures& n) { return n.folded_total; });
  add("aright_notifier_trouble", "1 while the last try of a notifier failed.", MetricType::Gauge,
      [](const Figures& n) { return n.trouble.empty() ? 0 : 1; });
}

void add_witnesses(std::vector<MetricFamily>& all, const std::vector<WitnessView>& witnesses) {
  if (witnesses.empty()) return;
  std::vector<ClientMetric> sizes;
  std::vector<ClientMetric> waiting;
  std::vector<ClientMetric> troubles;
  for (const WitnessView& w : witnesses) {
    const auto of = [&](std::uint64_t number) {
      return value(MetricType::Gauge, static_cast<double>(number), {{"witness", w.name}});
    };
    sizes.push_back(of(w.size));
    waiting.push_back(of(w.waiting));
    troubles.push_back(of(w.trouble.empty() ? 0 : 1));
  }
  all.push_back(family("aright_witness_size", "Entries under the newest checkpoint a witness took since start.",
                       MetricType::Gauge, std::move(sizes)));
  all.push_back(
      family("aright_witness_waiting", "Checkpoints that wait for a witness.", MetricType::Gauge, std::move(waiting)));
  all.push_back(family("aright_witness_trouble", "1 while a witness does not take what it is given.", MetricType::Gauge,
                       std::move(troubles)));
}

/// Ended runs and verdicts. All begin at 0: what is born at 1 has not grown (docs/decisions/0194).
void add_outcomes(std::vector<MetricFamily>& all, const engine::Status& s) {
  constexpr auto counter = MetricType::Counter;
  std::map<std::string, std::uint64_t> ended;
  for (const std::string& word : run_state_names()) {
    if (is_final(*parse_run_state(word))) ended[word] = 0;
  }
  for (const auto& [state, number] : s.runs_total) ended[state] = number;
  std::map<std::string, std::uint64_t> said;
  for (const auto& [guard, verdict] : engine::verdicts_there_are) said[fmt::format("{} {}", guard, verdict)] = 0;
  for (const auto& [key, number] : s.verdicts_total) said[key] = number;
  std::vector<ClientMetric> runs;
  runs.reserve(ended.size());
  for (const auto& [state, number] : ended) {
    runs.push_back(value(counter, static_cast<double>(number), {{"state", state}}));
  }
  std::vector<ClientMetric> verdicts;
  verdicts.reserve(said.size());
  for (const auto& [key, number] : said) {
    const auto space = key.rfind(' ');
    verdicts.push_back(value(counter, static_cast<double>(number),
                             {{"guard", key.substr(0, space)}, {"verdict", key.substr(space + 1)}}));
  }
  all.push_back(family("aright_runs_total", "Ended runs by state.", counter, std::move(runs)));
  all.push_back(family("aright_verdicts_total", "Verdicts by guard.", counter, std::move(verdicts)));
}

}  // namespace

std::string metrics_text(const engine::Status& s,
                         const std::vector<std::pair<std::string, http::ServerFigures>>& servers, const Json& sources,
                         const WatchView& watch, const std::vector<WitnessView>& witnesses) {
  constexpr auto gauge = MetricType::Gauge;
  constexpr auto counter = MetricType::Counter;
  std::vector<MetricFamily> all{
      family("aright_build_info", "The running version.", gauge, {value(gauge, 1, {{"version", ARIGHT_VERSION}})}),
      one("aright_findings_open", "Open findings.", gauge, s.findings_open),
      one("aright_runs_open", "Runs that have not ended.", gauge, s.runs_open),
      one("aright_reviews_open", "Reviews waiting for a person.", gauge, s.reviews_open),
      one("aright_waivers", "Waivers in force.", gauge, s.waivers),
      one("aright_workflows_capped",
          "Workflows that stay in mode propose: no test of their version has passed, or nobody has looked at them for "
          "long.",
          gauge, s.capped.size()),
      one("aright_inconclusive", "Resources and lists that cannot be read: whether they are right is unknown.", gauge,
          s.inconclusive),
      one("aright_unwatched_folders", "Folders with managed files whose changes are not heard now.", gauge,
          watch.folders),
      one("aright_unwatched_files", "Managed files without a watch of their own; that on their folder is there.", gauge,
          watch.files),
      one("aright_paused", "1 while every effect is held back.", gauge, s.paused ? 1 : 0),
      one("aright_pauses", "Pauses on record, of whatever scope.", gauge, s.pauses.size()),
      one("aright_sources_held", "Sources that are not read on: too many of their runs have not begun.", gauge,
          s.crowding.size()),
      one("aright_no_space", "1 while the state folder has no room.", gauge, s.no_space ? 1 : 0),
      one("aright_audit_size", "Entries in the audit log.", gauge, s.entries),
      one("aright_audit_checkpoint_size", "Entries under the newest signed checkpoint.", gauge, s.checkpoint_size),
      one("aright_inbox_size", "Inputs waiting for the engine.", gauge, s.inbox),
      one("aright_events_total", "Events taken in since start.", counter, s.events_total),
      one("aright_reads_total", "Resources read since start.", counter, s.reads_total),
      one("aright_effects_total", "Effects begun since start.", counter, s.effects_total),
      one("aright_unverified_total", "Programs and calls that ended as expected, and nothing confirmed it.", counter,
          s.unverified_total),
      one("aright_runs_delayed_total",
          "Critical findings whose run had not begun or that had none yet after 5 s, and sources that were held for 2 "
          "s.",
          counter, s.delayed_total),
      one("aright_commits_total", "Durable commits since start.", counter, s.commits_total),
      one("aright_source_gaps_total", "Times a source lost events and everything was read again.", counter,
          s.source_gaps_total),
      one("aright_window_snapshots_total", "Times the windows of correlations were put aside.", counter,
          s.snapshots_total),
      one("aright_reloads_total", "Configurations taken since start.", counter, s.reloads_total),
      one("aright_reloads_refused_total", "Reloads refused since start.", counter, s.reloads_refused_total),
      one("aright_reload_failed", "1 while the last reload was refused: the configuration in force is an older one.",
          gauge, s.reload_refusal.empty() ? 0 : 1),
      one("aright_hints_lost_total", "Hints the full inbox did not take; everything is read again instead.", counter,
          s.hints_lost_total),
      one("aright_late_messages_total", "Results dropped because nothing waited for them any more.", counter,
          s.late_messages_total),
      one("aright_refused_ids_total", "Times a resource was left alone because its name cannot enter a record.",
          counter, s.refused_ids_total),
      family("aright_last_commit_seconds", "How long the newest durable commit took.", gauge,
             {value(gauge, std::chrono::duration<double>(s.last_commit).count())})};
  add_breakers(all, s.breakers);
  add_servers(all, servers);
  add_sources(all, sources);
  add_webhooks(all, sources);
  add_witnesses(all, witnesses);
  add_notifiers(all, s.notifiers);
  add_outcomes(all, s);
  if (s.keys) add_key_figures(all, s.keys->view());
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace aright::api
