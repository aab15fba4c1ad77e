// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/metrics_table.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "present/domain_samples.h"

namespace mtasts::present {
namespace {

using enum MetricType;
using enum MetricScope;

constexpr Metric kTable[] = {
    {"mtasts_domain_info", gauge, domain, "domain,*", "A configured domain; 1.", domain_info},
    {"mtasts_stage_success", gauge, domain, "domain,stage",
     "Last conclusive result of a stage: 1 passed, 0 failed.", stage_success},
    {"mtasts_stage_last_conclusive_timestamp_seconds", gauge, domain, "domain,stage",
     "When the stage last had a conclusive result.", stage_last_conclusive},
    {"mtasts_findings", gauge, domain, "domain,severity", "Open findings of the last check.",
     findings_by_severity},
    {"mtasts_finding", gauge, domain, "domain,code,severity,subject",
     "One open finding of the last check; 1.", open_findings},
    {"mtasts_last_check_timestamp_seconds", gauge, domain, "domain", "When the last check began.",
     last_check_time},
    {"mtasts_last_check_duration_seconds", gauge, domain, "domain", "How long the last check took.",
     last_check_duration},
    {"mtasts_record_info", gauge, domain, "domain,id", "The id of the _mta-sts TXT record; 1.",
     record_info},
    {"mtasts_policy_mode", gauge, domain, "domain,mode",
     "Mode of the published policy: 1 for the mode in force, 0 for the others.", policy_mode},
    {"mtasts_policy_max_age_seconds", gauge, domain, "domain", "max_age of the published policy.",
     policy_max_age},
    {"mtasts_policy_http_status_code", gauge, domain, "domain",
     "HTTP status code of the last policy fetch.", policy_http_status},
    {"mtasts_record_last_change_timestamp_seconds", gauge, domain, "domain",
     "When the record id last changed; 0: never seen to change.", record_last_change},
    {"mtasts_policy_last_change_timestamp_seconds", gauge, domain, "domain",
     "When the policy body last changed; 0: never seen to change.", policy_last_change},
    {"mtasts_mx_last_change_timestamp_seconds", gauge, domain, "domain",
     "When the set of MX hosts last changed; 0: never seen to change.", mx_last_change},
    {"mtasts_record_changes_total", counter, domain, "domain", "Changes of the record id seen.",
     record_changes},
    {"mtasts_policy_changes_total", counter, domain, "domain", "Changes of the policy body seen.",
     policy_changes},
    {"mtasts_mx_changes_total", counter, domain, "domain", "Changes of the set of MX hosts seen.",
     mx_changes},
    {"mtasts_policy_cache_expiry_timestamp_seconds", gauge, domain, "domain",
     "Latest instant at which a sender may still hold a policy other than today's; 0: none.",
     policy_cache_expiry},
    {"mtasts_policy_certificate_not_before_timestamp_seconds", gauge, domain, "domain",
     "Start of validity of the policy host's certificate.", policy_not_before},
    {"mtasts_policy_certificate_not_after_timestamp_seconds", gauge, domain, "domain",
     "End of validity of the policy host's certificate.", policy_not_after},
    {"mtasts_policy_certificate_chain_not_after_timestamp_seconds", gauge, domain, "domain",
     "Earliest end of validity in the policy host's certificate chain.", policy_chain_not_after},
    {"mtasts_policy_certificate_verified", gauge, domain, "domain",
     "Whether senders trust the policy host's certificate: 1 or 0.", policy_verified},
    {"mtasts_mx_covered", gauge, domain, "domain,mx",
     "Whether an mx pattern of the domain's policy covers the MX host: 1 or 0.", mx_covered},

    {"mtasts_mx_reachable", gauge, host, "mx",
     "Whether every address of the MX host accepts connections: 1 or 0.", nullptr, mx_reachable},
    {"mtasts_mx_reachable_addresses", gauge, host, "mx",
     "Addresses of the MX host that accept connections; absent where that was not seen.", nullptr,
     mx_reachable_addresses},
    {"mtasts_mx_starttls", gauge, host, "mx",
     "Whether every address of the MX host offers STARTTLS: 1 or 0.", nullptr, mx_starttls},
    {"mtasts_mx_certificate_not_before_timestamp_seconds", gauge, host, "mx",
     "Start of validity of the certificate of the MX host's addresses that ends first.", nullptr,
     mx_not_before},
    {"mtasts_mx_certificate_not_after_timestamp_seconds", gauge, host, "mx",
     "Earliest end of validity of the certificates of the MX host's addresses.", nullptr,
     mx_not_after},
    {"mtasts_mx_certificate_chain_not_after_timestamp_seconds", gauge, host, "mx",
     "Earliest end of validity in the certificate chains of the MX host's addresses.", nullptr,
     mx_chain_not_after},
    {"mtasts_mx_certificate_verified", gauge, host, "mx",
     "Whether senders trust the certificate of every address of the MX host: 1 or 0.", nullptr,
     mx_verified},
    {"mtasts_mx_last_probe_timestamp_seconds", gauge, host, "mx",
     "When the MX host was last probed.", nullptr, mx_last_probe},

    {"mtasts_checks_total", counter, agent, "", "Domain checks done."},
    {"mtasts_checks_inconclusive_total", counter, agent, "",
     "Domain checks whose outcome was unknown."},
    {"mtasts_checks_in_flight", gauge, agent, "", "Domain checks running now."},
    {"mtasts_check_queue_length", gauge, agent, "", "Domain checks that are due and wait."},
    {"mtasts_check_lag_seconds", gauge, agent, "", "How late the longest waiting check is."},
    {"mtasts_dns_queries_total", counter, agent, "type", "DNS queries sent, by record type."},
    {"mtasts_dns_query_failures_total", counter, agent, "reason",
     "DNS queries without a usable answer, by reason."},
    {"mtasts_phase_duration_seconds", histogram, agent, "phase",
     "Duration of a check's phases: dns, policy, smtp, check."},
    {"mtasts_channel_alive", gauge, agent, "channel",
     "Whether the agent can see over the channel: 1 or 0."},
    {"mtasts_exporter_build_info", gauge, agent, "version,revision,compiler",
     "What this agent was built from; 1."},
    {"mtasts_exporter_config_last_reload_successful", gauge, agent, "",
     "Whether the last load of the settings succeeded: 1 or 0."},
    {"mtasts_exporter_config_last_reload_success_timestamp_seconds", gauge, agent, "",
     "When settings were last loaded successfully."},
    {"mtasts_exporter_config_hash", gauge, agent, "",
     "Hash of the settings in force; equal where the settings are equal."},
    {"mtasts_shard_ordinal", gauge, agent, "", "Index of this shard, from 0."},
    {"mtasts_shards", gauge, agent, "", "Number of shards."},
    {"mtasts_state_writable", gauge, agent, "",
     "Whether what is seen can be written to the state file: 1 or 0."},
    {"process_cpu_seconds_total", counter, agent, "", "User and system CPU time spent."},
    {"process_resident_memory_bytes", gauge, agent, "", "Resident memory size."},
    {"process_virtual_memory_bytes", gauge, agent, "", "Virtual memory size."},
    {"process_open_fds", gauge, agent, "", "Open file descriptors."},
    {"process_max_fds", gauge, agent, "", "Limit of open file descriptors."},
    {"process_start_time_seconds", gauge, agent, "", "When the process started."},

    {"mtasts_probe_success", gauge, probe, "",
     "Whether the outcome of this check is ok or warning: 1 or 0."},
    {"mtasts_probe_duration_seconds", gauge, probe, "", "How long this check took."},
};

}  // namespace

std::string_view name_of(MetricType type) {
  switch (type) {
    case gauge:
      return "gauge";
    case counter:
      return "counter";
    case histogram:
      return "histogram";
  }
  return "untyped";
}

std::span<const Metric> metrics_table() { return kTable; }

std::span<const Metric> metrics_of(MetricScope scope) {
  auto in_scope = [scope](const Metric& metric) { return metric.scope == scope; };
  const auto* first = std::find_if(std::begin(kTable), std::end(kTable), in_scope);
  const auto* last = std::find_if_not(first, std::end(kTable), in_scope);
  return {first, last};
}

const Metric& metric_named(std::string_view name) {
  for (const Metric& metric : kTable)
    if (metric.name == name) return metric;
  throw std::logic_error("no metric is named " + std::string(name));
}

std::string metric_head(const Metric& metric) {
  std::string head = "# HELP ";
  head.append(metric.name).append(" ").append(help_text(metric.help));
  head.append("\n# TYPE ").append(metric.name).append(" ").append(name_of(metric.type));
  return head.append("\n");
}

board::SegmentedText render_domain(const board::DomainEntry& entry) {
  std::string text;
  std::vector<uint32_t> ends;
  for (const Metric& metric : metrics_of(domain)) {
    SampleWriter samples(text, "domain");
    metric.of_domain(entry, samples);
    ends.push_back(static_cast<uint32_t>(text.size()));
  }
  return {text, ends};
}

board::SegmentedText render_host(const board::HostEntry& entry) {
  std::string text;
  std::vector<uint32_t> ends;
  for (const Metric& metric : metrics_of(host)) {
    SampleWriter samples(text, "mx");
    metric.of_host(entry, samples);
    ends.push_back(static_cast<uint32_t>(text.size()));
  }
  return {text, ends};
}

board::EntryRenderers metric_renderers() { return {render_domain, render_host}; }

}  // namespace mtasts::present
