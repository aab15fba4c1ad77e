// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The two text formats of an exposition, and which families it has: Prometheus text 0.0.4, and
// OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/), which names a counter's
// family without "_total", gives units, says since when the agent's own counters count (`_created`)
// and ends with "# EOF". Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "present/metric_selection.h"

namespace mtasts::present {

struct Metric;  // metrics_table.h

enum class ExpositionFormat { text, openmetrics };

// For Content-Type.
std::string_view media_type_of(ExpositionFormat format);
// What the last family is followed by.
std::string_view end_of(ExpositionFormat format);

struct ExpositionOptions {
  MetricSelection selection;
  ExpositionFormat format = ExpositionFormat::text;
};

// HELP and TYPE, and UNIT where the format has it.
std::string family_head(const Metric& metric, ExpositionFormat format);

// Families of the metrics table in text format 0.0.4, as asked for. `created`: Unix seconds since
// which their counters and histograms count; empty: unknown.
std::string reformatted(std::string_view families, const ExpositionOptions& options,
                        std::optional<double> created = std::nullopt);

}  // namespace mtasts::present
