// What the node is judged by, as Prometheus series.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "engine/key_figures.h"

namespace aright::api {

/// Families without a series are left out.
void add_key_figures(std::vector<prometheus::MetricFamily>& all, const engine::KeyFiguresView& figures);

}  // namespace aright::api
