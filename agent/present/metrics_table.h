// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The table of metrics: name, type, labels and help text of everything the agent exports and, for
// domains and MX hosts, the function that writes the samples. To add a metric, add a row here and a
// line in tests/golden/metrics.txt. Rows of scope agent take their values from AgentMetrics.
// Constant data, any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_words.h"
#include "board/latest_reports.h"
#include "present/samples.h"

namespace mtasts::present {

BOOST_DEFINE_ENUM_CLASS(MetricType, gauge, counter, histogram)
inline std::string_view name_of(MetricType type) { return enumerator_name(type); }

enum class MetricScope {
  domain,  // once per configured domain
  host,    // once per MX host
  agent,   // of the agent itself, held in a Registry
  hosted,  // once per domain whose policy the agent serves; not on the telemetry port
  probe,   // only in responses of /probe
};

// The sets of metrics: `lean` has at most 14 series for a healthy domain, and all that the shipped
// alerts, runbooks and dashboard need.
enum class MetricSet { lean, full };

struct Metric {
  std::string_view name;
  MetricType type;
  MetricScope scope;
  std::string_view labels;  // comma-separated; "*": the labels configured in the settings
  std::string_view help;
  void (*of_domain)(const board::DomainEntry&, SampleWriter&) = nullptr;
  void (*of_host)(const board::HostEntry&, SampleWriter&) = nullptr;
  MetricSet from = MetricSet::lean;  // the smallest set that has it
};

std::span<const Metric> metrics_table();  // grouped by scope
std::span<const Metric> metrics_of(MetricScope scope);
// The names of the metrics that the set lacks.
std::vector<std::string> metrics_outside(MetricSet set);
// Throws std::logic_error for a name that is not in the table.
const Metric& metric_named(std::string_view name);

// "# HELP …\n# TYPE …\n".
std::string metric_head(const Metric& metric);

}  // namespace mtasts::present
