// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/exposition.h"

#include <memory>
#include <utility>

#include "present/metrics_table.h"

namespace mtasts::present {
namespace {

// The text of an entry omits the metric's name and the label that all its lines begin with; both
// are added here to each line.
void append_named(std::string& out, std::string_view name, const std::string& subject,
                  std::string_view lines) {
  while (!lines.empty()) {
    size_t length = lines.find('\n') + 1;
    if (length == 0) length = lines.size();
    out.append(name).append(subject).append(lines.substr(0, length));
    lines.remove_prefix(length);
  }
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  out.append(name).append(labels).append(" ").append(number_text(value)).append("\n");
}

// The metrics of the probe itself. What could not be observed is neither a success nor a failure.
std::string probe_text(const verdict::Report& report, const ExpositionOptions& options) {
  using verdict::Outcome;
  std::string text;
  for (const Metric& metric : metrics_of(MetricScope::probe)) {
    bool is_success = metric.name == "mtasts_probe_success";
    if (is_success && report.outcome == Outcome::unknown) continue;
    if (!options.selection.has(metric.name)) continue;
    text += family_head(metric, options.format);
    if (is_success) {
      append_sample(text, metric.name, "", report.outcome == Outcome::critical ? 0 : 1);
    } else if (metric.name == "mtasts_probe_outcome") {
      for (Outcome outcome : enumerators<Outcome>())
        append_sample(text, metric.name,
                      "{outcome=\"" + std::string(verdict::name_of(outcome)) + "\"}",
                      outcome == report.outcome ? 1 : 0);
    } else {
      append_sample(text, metric.name, "", static_cast<double>(report.duration.count()) / 1000);
    }
  }
  return text;
}

}  // namespace

Exposition::Exposition(std::string head, RenderedEntries entries, ExpositionOptions options)
    : head_(std::move(head)), entries_(std::move(entries)), options_(std::move(options)) {}

size_t Exposition::entries_in_scope() const {
  return hosts_ ? entries_.hosts.size() : entries_.domains.size();
}

bool Exposition::write_entry(std::string& piece) {
  auto metrics = metrics_of(hosts_ ? MetricScope::host : MetricScope::domain);
  if (metric_ == metrics.size()) {
    if (hosts_) return write_end(piece);
    hosts_ = true;
    metric_ = 0;
    return true;
  }
  if (entry_ == entries_in_scope() ||
      (entry_ == 0 && !options_.selection.has(metrics[metric_].name))) {
    ++metric_;
    entry_ = 0;
    headed_ = false;
    return true;
  }
  const RenderedEntry& entry = hosts_ ? *entries_.hosts[entry_] : *entries_.domains[entry_];
  ++entry_;
  std::string_view lines = entry.text.segment(metric_);
  if (lines.empty()) return true;
  std::string subject = subject_text(hosts_ ? "mx" : "domain", entry.name);
  if (!std::exchange(headed_, true)) piece += family_head(metrics[metric_], options_.format);
  append_named(piece, metrics[metric_].name, subject, lines);
  return true;
}

bool Exposition::write_end(std::string& piece) {
  if (!std::exchange(ended_, true)) piece += end_of(options_.format);
  return false;
}

bool Exposition::next(std::string& piece) {
  const size_t before = piece.size();
  if (!head_.empty()) piece += std::exchange(head_, {});
  while (piece.size() - before < kPiece_bytes && write_entry(piece)) {
  }
  return piece.size() > before;
}

BodySource exposition_source(std::string head, RenderedEntries entries, ExpositionOptions options) {
  auto exposition =
      std::make_shared<Exposition>(std::move(head), std::move(entries), std::move(options));
  return [exposition](std::string& piece) { return exposition->next(piece); };
}

std::string probe_exposition(const verdict::ReportPtr& report, const board::DomainEntry* before,
                             const ExpositionOptions& options) {
  board::DomainEntry entry;
  entry.name = report->domain;
  entry.report = report;
  if (before != nullptr) entry.configured = before->configured;
  entry.stages =
      updated_results(before == nullptr ? board::LastResults{} : before->stages, *report);

  RenderedEntries rendered;
  rendered.domains.push_back(render_domain(entry));
  board::HostBoard hosts;
  board::HostChanges changes;
  hosts.replace(nullptr, report.get(), changes);
  for (const board::HostEntryPtr& host : hosts.entries())
    rendered.hosts.push_back(render_host(*host));

  Exposition exposition(probe_text(*report, options), std::move(rendered), options);
  std::string body;
  while (exposition.next(body)) {
  }
  return body;
}

}  // namespace mtasts::present
