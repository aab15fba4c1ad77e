// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/exposition.h"

#include <map>
#include <memory>
#include <utility>

#include "present/metrics_table.h"

namespace mtasts::present {
namespace {

// The entries' text leaves out the metric's name and the label all lines begin with; each line gets
// them here.
void append_named(std::string& out, std::string_view name, const std::string& subject,
                  std::string_view lines) {
  while (!lines.empty()) {
    size_t length = lines.find('\n') + 1;
    if (length == 0) length = lines.size();
    out.append(name).append(subject).append(lines.substr(0, length));
    lines.remove_prefix(length);
  }
}

}  // namespace

Exposition::Exposition(std::string head, board::Snapshot snapshot)
    : head_(std::move(head)), snapshot_(std::move(snapshot)) {}

size_t Exposition::entries_in_scope() const {
  return hosts_ ? snapshot_.hosts.size() : snapshot_.domains.size();
}

bool Exposition::write_entry(std::string& piece) {
  auto metrics = metrics_of(hosts_ ? MetricScope::host : MetricScope::domain);
  if (metric_ == metrics.size()) {
    if (hosts_) return false;
    hosts_ = true;
    metric_ = 0;
    return true;
  }
  if (entry_ == entries_in_scope()) {
    ++metric_;
    entry_ = 0;
    headed_ = false;
    return true;
  }
  std::string_view lines = hosts_ ? snapshot_.hosts[entry_]->text.segment(metric_)
                                  : snapshot_.domains[entry_]->text.segment(metric_);
  size_t entry = entry_++;
  if (lines.empty()) return true;
  std::string subject = hosts_ ? subject_text("mx", snapshot_.hosts[entry]->name)
                               : subject_text("domain", snapshot_.domains[entry]->name);
  if (!std::exchange(headed_, true)) piece += metric_head(metrics[metric_]);
  append_named(piece, metrics[metric_].name, subject, lines);
  return true;
}

bool Exposition::next(std::string& piece) {
  const size_t before = piece.size();
  if (!head_.empty()) piece += std::exchange(head_, {});
  while (piece.size() - before < kPiece_bytes && write_entry(piece)) {
  }
  return piece.size() > before;
}

BodySource exposition_source(std::string head, board::Snapshot snapshot) {
  auto exposition = std::make_shared<Exposition>(std::move(head), std::move(snapshot));
  return [exposition](std::string& piece) { return exposition->next(piece); };
}

std::string probe_exposition(const verdict::ReportPtr& report, const board::DomainEntry* before) {
  board::DomainEntry entry;
  entry.name = report->domain;
  entry.report = report;
  if (before != nullptr) entry.configured = before->configured;
  entry.stages =
      updated_results(before == nullptr ? board::LastResults{} : before->stages, *report);
  entry.text = render_domain(entry);

  std::map<std::string, board::HostEntryPtr> hosts;
  for (const verdict::MxReport& mx : report->mx) {
    if (mx.facts == nullptr) continue;
    board::HostEntry host{board::host_key(mx.host), mx.facts, {}};
    host.text = render_host(host);
    hosts.emplace(host.name, std::make_shared<const board::HostEntry>(host));
  }
  board::Snapshot snapshot;
  snapshot.domains.push_back(std::make_shared<const board::DomainEntry>(std::move(entry)));
  for (auto& [name, host] : hosts) snapshot.hosts.push_back(std::move(host));

  bool success =
      report->outcome == verdict::Outcome::ok || report->outcome == verdict::Outcome::warning;
  std::string text;
  for (const Metric& metric : metrics_of(MetricScope::probe)) {
    double seconds = static_cast<double>(report->duration.count()) / 1000;
    double value = metric.name == "mtasts_probe_success" ? (success ? 1 : 0) : seconds;
    text.append(metric_head(metric)).append(metric.name).append(" ");
    text.append(number_text(value)).append("\n");
  }
  Exposition exposition(std::move(text), std::move(snapshot));
  std::string body;
  while (exposition.next(body)) {
  }
  return body;
}

}  // namespace mtasts::present
