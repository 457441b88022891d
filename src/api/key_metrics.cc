#include "api/key_metrics.h"

#include <limits>
#include <string>
#include <utility>

namespace aright::api {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

ClientMetric counted(std::uint64_t number, Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(number);
  return metric;
}

void add_family(std::vector<MetricFamily>& all, const char* name, const char* help, MetricType type,
                std::vector<ClientMetric> metrics) {
  if (!metrics.empty()) all.push_back({name, help, type, std::move(metrics)});
}

void add_counts(std::vector<MetricFamily>& all, const char* name, const char* help, const char* label,
                const std::map<std::string, std::uint64_t>& counts) {
  std::vector<ClientMetric> metrics;
  metrics.reserve(counts.size());
  for (const auto& [key, count] : counts) metrics.push_back(counted(count, {{label, key}}));
  add_family(all, name, help, MetricType::Counter, std::move(metrics));
}

ClientMetric histogram(const std::string& workflow, const engine::FixTimes& of) {
  ClientMetric metric;
  metric.label = {{"workflow", workflow}};
  metric.histogram.sample_count = of.count;
  metric.histogram.sample_sum = of.seconds;
  std::uint64_t within = 0;
  for (std::size_t i = 0; i < of.within.size(); ++i) {
    within += of.within.at(i);
    const bool last = i == engine::fix_seconds.size();
    metric.histogram.bucket.push_back(
        {within, last ? std::numeric_limits<double>::infinity() : engine::fix_seconds.at(i)});
  }
  return metric;
}

/// As `aright report` counts them; less than nothing where fixes of before the start were undone.
ClientMetric saved_seconds(const std::string& workflow, const engine::WorkflowFigures& of) {
  constexpr double by_hand = 15 * 60;
  ClientMetric metric;
  metric.label = {{"workflow", workflow}};
  const auto undone = of.undone.find({.by_people = false, .verified = true});
  const std::uint64_t back = undone == of.undone.end() ? 0 : undone->second;
  metric.gauge.value = (static_cast<double>(of.alone.count) - static_cast<double>(back)) * by_hand;
  return metric;
}

}  // namespace

void add_key_figures(std::vector<MetricFamily>& all, const engine::KeyFiguresView& figures) {
  std::vector<ClientMetric> outcomes;
  std::vector<ClientMetric> times;
  std::vector<ClientMetric> people_times;
  std::vector<ClientMetric> unverified;
  std::vector<ClientMetric> unchanged;
  std::vector<ClientMetric> held;
  std::vector<ClientMetric> undone;
  std::vector<ClientMetric> saved;
  for (const auto& [workflow, of] : figures.workflows) {
    for (const auto& [state, count] : of.outcomes) {
      outcomes.push_back(counted(count, {{"workflow", workflow}, {"state", state}}));
    }
    times.push_back(histogram(workflow, of.alone));
    people_times.push_back(histogram(workflow, of.with_people));
    unverified.push_back(counted(of.unverified, {{"workflow", workflow}}));
    unchanged.push_back(counted(of.changed_nothing, {{"workflow", workflow}}));
    held.push_back(counted(of.held, {{"workflow", workflow}}));
    for (const auto& [what, count] : of.undone) {
      undone.push_back(counted(count, {{"workflow", workflow},
                                       {"decided", what.by_people ? "people" : "guards"},
                                       {"verified", what.verified ? "yes" : "no"}}));
    }
    saved.push_back(saved_seconds(workflow, of));
  }
  add_family(all, "aright_workflow_runs_total", "Ended runs by workflow and state.", MetricType::Counter,
             std::move(outcomes));
  add_family(all, "aright_fix_seconds",
             "From a finding's opening to the verified end of a run that no person decided, by workflow.",
             MetricType::Histogram, std::move(times));
  add_family(all, "aright_fix_with_people_seconds",
             "From a finding's opening to the verified end of a run that a person let go on, by workflow.",
             MetricType::Histogram, std::move(people_times));
  add_family(all, "aright_workflow_runs_unverified_total",
             "Runs that succeeded, and nothing confirms what a program or call of theirs did, by workflow.",
             MetricType::Counter, std::move(unverified));
  add_family(all, "aright_workflow_runs_changed_nothing_total",
             "Runs that succeeded and only told, asked or waited, by workflow.", MetricType::Counter,
             std::move(unchanged));
  add_family(all, "aright_workflow_runs_held_total", "Runs that were held for a person, by workflow.",
             MetricType::Counter, std::move(held));
  add_family(all, "aright_fixes_undone_total",
             "Runs that one of its own has taken back, by who had decided them, and whether they had been verified.",
             MetricType::Counter, std::move(undone));
  add_family(all, "aright_saved_seconds",
             "Fixes since start that no person decided and none has undone, at 15 minutes each, by workflow.",
             MetricType::Gauge, std::move(saved));
  add_counts(all, "aright_findings_opened_total", "Findings that were opened, by control.", "control", figures.opened);
  add_counts(all, "aright_recurrences_total", "Findings that came back, by control.", "control", figures.recurred);
  add_counts(all, "aright_reviews_total", "Reviews that ended, by how.", "decision", figures.reviews);
  add_counts(all, "aright_findings_marked_total", "What people said of findings: true, or false-positive.", "as",
             figures.marked);
  add_counts(all, "aright_interventions_total", "What people decided about runs, by kind.", "kind",
             figures.interventions);
  add_counts(all, "aright_operator_acts_total", "What people asked of the node, by kind.", "kind", figures.acts);
}

}  // namespace aright::api
