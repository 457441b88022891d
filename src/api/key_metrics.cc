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

ClientMetric histogram(const std::string& workflow, const engine::WorkflowFigures& of) {
  ClientMetric metric;
  metric.label = {{"workflow", workflow}};
  metric.histogram.sample_count = of.alone;
  metric.histogram.sample_sum = of.seconds;
  std::uint64_t within = 0;
  for (std::size_t i = 0; i < of.fixes_within.size(); ++i) {
    within += of.fixes_within.at(i);
    const bool last = i == engine::fix_seconds.size();
    metric.histogram.bucket.push_back(
        {within, last ? std::numeric_limits<double>::infinity() : engine::fix_seconds.at(i)});
  }
  return metric;
}

}  // namespace

void add_key_figures(std::vector<MetricFamily>& all, const engine::KeyFiguresView& figures) {
  std::vector<ClientMetric> outcomes;
  std::vector<ClientMetric> times;
  for (const auto& [workflow, of] : figures.workflows) {
    for (const auto& [state, count] : of.outcomes) {
      outcomes.push_back(counted(count, {{"workflow", workflow}, {"state", state}}));
    }
    if (of.alone != 0) times.push_back(histogram(workflow, of));
  }
  add_family(all, "aright_workflow_runs_total", "Ended runs by workflow and state.", MetricType::Counter,
             std::move(outcomes));
  add_family(all, "aright_fix_seconds",
             "From the beginning of a run that no person decided to its verified end, by workflow.",
             MetricType::Histogram, std::move(times));
  add_counts(all, "aright_findings_opened_total", "Findings that were opened, by control.", "control", figures.opened);
  add_counts(all, "aright_recurrences_total", "Findings that came back, by control.", "control", figures.recurred);
  add_counts(all, "aright_reviews_total", "Reviews that ended, by how.", "decision", figures.reviews);
  add_counts(all, "aright_interventions_total", "What people asked for, by kind.", "kind", figures.interventions);
}

}  // namespace aright::api
