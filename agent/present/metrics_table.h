// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The one table of metrics: every name, type, label and help text that the agent exports, and for
// domains and MX hosts the function that makes the samples. A new metric is a row here (and a line
// in tests/golden/metrics.txt). Rows of scope agent take their values from AgentMetrics.
// Plain data, any thread.
#pragma once

#include <span>
#include <string_view>

#include "board/latest_reports.h"
#include "present/samples.h"

namespace mtasts::present {

enum class MetricType { gauge, counter, histogram };
std::string_view name_of(MetricType type);

enum class MetricScope {
  domain,  // once per configured domain
  host,    // once per MX host
  agent,   // the agent's own, held in a Registry
  probe,   // only in answers of /probe
};

struct Metric {
  std::string_view name;
  MetricType type;
  MetricScope scope;
  std::string_view labels;  // comma-separated; "*": the settings' labels
  std::string_view help;
  void (*of_domain)(const board::DomainEntry&, SampleWriter&) = nullptr;
  void (*of_host)(const board::HostEntry&, SampleWriter&) = nullptr;
};

std::span<const Metric> metrics_table();  // grouped by scope
std::span<const Metric> metrics_of(MetricScope scope);
// Throws std::logic_error for a name that is not in the table.
const Metric& metric_named(std::string_view name);

// "# HELP …\n# TYPE …\n".
std::string metric_head(const Metric& metric);

// What the board renders its entries with; segment i belongs to metrics_of(domain or host)[i].
board::EntryRenderers metric_renderers();
board::SegmentedText render_domain(const board::DomainEntry& entry);
board::SegmentedText render_host(const board::HostEntry& entry);

}  // namespace mtasts::present
