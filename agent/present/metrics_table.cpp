// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/metrics_table.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "present/domain_samples.h"
#include "present/report_samples.h"

namespace mtasts::present {
namespace {

using enum MetricType;
using enum MetricScope;
using enum MetricSet;

constexpr Metric kTable[] = {
    {"mtasts_domain_info", gauge, domain, "domain,*", "A configured domain; always 1.",
     domain_info},
    {"mtasts_stage_success", gauge, domain, "domain,stage",
     "Last conclusive result of the stage: 1 for pass, 0 for fail.", stage_success, nullptr, full},
    {"mtasts_stage_last_conclusive_timestamp_seconds", gauge, domain, "domain,stage",
     "Time of the last conclusive result of the stage.", stage_last_conclusive, nullptr, full},
    {"mtasts_findings", gauge, domain, "domain,severity",
     "Number of open findings in the last check, by severity.", findings_by_severity, nullptr,
     full},
    {"mtasts_finding", gauge, domain, "domain,code,severity,subject",
     "An open finding of the last check; always 1.", open_findings},
    {"mtasts_fault", gauge, domain, "domain,alert,severity,code,stage,subject,seen",
     "A fault of the domain that an alert is about: 1; with seen=\"earlier\" while it cannot be "
     "observed, for six hours at most, and then once 0.",
     faults},
    {"mtasts_stage_unseen_since_timestamp_seconds", gauge, domain, "domain,stage",
     "Time of the last conclusive result of a stage that the last check, or the one before, could "
     "not observe; absent for the others.",
     stage_unseen_since},
    {"mtasts_last_check_timestamp_seconds", gauge, domain, "domain",
     "Start time of the last check.", last_check_time},
    {"mtasts_last_check_duration_seconds", gauge, domain, "domain", "Duration of the last check.",
     last_check_duration, nullptr, full},
    {"mtasts_record_info", gauge, domain, "domain,id",
     "The id of the _mta-sts TXT record; always 1.", record_info, nullptr, full},
    {"mtasts_policy_mode", gauge, domain, "domain,mode",
     "Mode of the published policy: 1 for the current mode, 0 for the others.", policy_mode,
     nullptr, full},
    {"mtasts_policy_info", gauge, domain, "domain,id,mode,phase",
     "What the domain publishes: the id of its record, the mode of its policy, the phase of its "
     "rollout, each empty while unknown; always 1.",
     policy_info},
    {"mtasts_policy_max_age_seconds", gauge, domain, "domain", "max_age of the published policy.",
     policy_max_age},
    {"mtasts_policy_http_status_code", gauge, domain, "domain",
     "HTTP status code of the last policy fetch.", policy_http_status},
    {"mtasts_record_last_change_timestamp_seconds", gauge, domain, "domain",
     "Time of the last change of the record id; 0 if no change was observed.", record_last_change},
    {"mtasts_policy_last_change_timestamp_seconds", gauge, domain, "domain",
     "Time of the last change of the policy body; 0 if no change was observed.",
     policy_last_change},
    {"mtasts_mx_last_change_timestamp_seconds", gauge, domain, "domain",
     "Time of the last change of the set of MX hosts; 0 if no change was observed.",
     mx_last_change},
    {"mtasts_record_changes_total", counter, domain, "domain",
     "Number of observed changes of the record id.", record_changes, nullptr, full},
    {"mtasts_policy_changes_total", counter, domain, "domain",
     "Number of observed changes of the policy body.", policy_changes, nullptr, full},
    {"mtasts_mx_changes_total", counter, domain, "domain",
     "Number of observed changes of the set of MX hosts.", mx_changes, nullptr, full},
    {"mtasts_policy_cache_expiry_timestamp_seconds", gauge, domain, "domain",
     "Latest time at which a sender may still hold a policy other than the current one; 0 if there "
     "is none.",
     policy_cache_expiry},
    {"mtasts_policy_certificate_not_before_timestamp_seconds", gauge, domain, "domain",
     "notBefore time of the policy host's certificate.", policy_not_before, nullptr, full},
    {"mtasts_policy_certificate_not_after_timestamp_seconds", gauge, domain, "domain",
     "notAfter time of the policy host's certificate.", policy_not_after, nullptr, full},
    {"mtasts_policy_certificate_chain_not_after_timestamp_seconds", gauge, domain, "domain",
     "Earliest notAfter time in the policy host's certificate chain.", policy_chain_not_after,
     nullptr, full},
    {"mtasts_policy_certificate_verified", gauge, domain, "domain",
     "Whether the policy host's certificate passes verification (1) or not (0).", policy_verified,
     nullptr, full},
    {"mtasts_policy_certificate_expiry_timestamp_seconds", gauge, domain, "domain",
     "Time at which the first certificate of the policy host's chain ends; also while it cannot be "
     "observed, for six hours at most.",
     policy_certificate_expiry},
    {"mtasts_policy_certificate_lifetime_seconds", gauge, domain, "domain",
     "Lifetime of the policy host's certificate; absent if an intermediate ends before it.",
     policy_certificate_lifetime},
    {"mtasts_mx_covered", gauge, domain, "domain,mx",
     "Whether an mx pattern of the domain's policy matches the MX host (1) or not (0).",
     mx_covered},
    {"mtasts_rollout_phase", gauge, domain, "domain,phase",
     "Phase of the rollout of MTA-STS: 1 for the current phase, 0 for the others.", rollout_phase,
     nullptr, full},
    {"mtasts_rollout_ready", gauge, domain, "domain",
     "Whether the next step of the rollout is due and nothing speaks against it (1) or not (0).",
     rollout_ready, nullptr, full},
    {"tlsrpt_reports_total", counter, domain, "domain",
     "Total number of TLS reports stored about the domain.", reports_stored},
    {"tlsrpt_successful_sessions_total", counter, domain, "domain,policy_type",
     "Total number of sessions that senders reported as successful, by policy type.",
     successful_sessions, nullptr, full},
    {"tlsrpt_failed_sessions_total", counter, domain, "domain,policy_type",
     "Total number of sessions that senders reported as failed, by policy type.", failed_sessions,
     nullptr, full},
    {"tlsrpt_failures_total", counter, domain, "domain,result_type",
     "Total number of failed sessions in the failure details of TLS reports, by result type.",
     reported_failures, nullptr, full},
    {"tlsrpt_failure_ratio", gauge, domain, "domain",
     "Share of failed sessions in the TLS reports of the window, of the policy type with the "
     "highest share; absent without sessions.",
     reported_failure_ratio},
    {"tlsrpt_window_sessions", gauge, domain, "domain,policy_type",
     "Number of sessions in the TLS reports of the window, by policy type; absent without any.",
     window_sessions},
    {"tlsrpt_window_failures", gauge, domain, "domain,result_type",
     "Number of failed sessions in the failure details of the window, by result type; absent "
     "without any.",
     window_failures},
    {"tlsrpt_reporters", gauge, domain, "domain",
     "Number of organizations with a TLS report in the window.", reporters},
    {"tlsrpt_last_report_timestamp_seconds", gauge, domain, "domain",
     "End of the period of the latest TLS report; absent if there is none.", last_report_end},

    {"mtasts_mx_reachable", gauge, host, "mx",
     "Whether every address of the MX host accepts connections (1) or not (0).", nullptr,
     mx_reachable},
    {"mtasts_mx_reachable_addresses", gauge, host, "mx",
     "Number of addresses of the MX host that accept connections; absent if this could not be "
     "observed.",
     nullptr, mx_reachable_addresses, full},
    {"mtasts_mx_starttls", gauge, host, "mx",
     "Whether every address of the MX host offers STARTTLS (1) or not (0).", nullptr, mx_starttls},
    {"mtasts_mx_certificate_not_before_timestamp_seconds", gauge, host, "mx",
     "notBefore time of the certificate that expires first among the MX host's addresses.", nullptr,
     mx_not_before, full},
    {"mtasts_mx_certificate_not_after_timestamp_seconds", gauge, host, "mx",
     "Earliest notAfter time among the certificates of the MX host's addresses.", nullptr,
     mx_not_after, full},
    {"mtasts_mx_certificate_chain_not_after_timestamp_seconds", gauge, host, "mx",
     "Earliest notAfter time in the certificate chains of the MX host's addresses.", nullptr,
     mx_chain_not_after, full},
    {"mtasts_mx_certificate_verified", gauge, host, "mx",
     "Whether the certificates of all addresses of the MX host pass verification (1) or not (0).",
     nullptr, mx_verified, full},
    {"mtasts_mx_dane_verified", gauge, host, "mx",
     "Whether every address of the MX host serves what its TLSA records say (1) or not (0); absent "
     "where DANE does not apply.",
     nullptr, mx_dane_verified},
    {"mtasts_mx_tlsa_records", gauge, host, "mx",
     "Number of TLSA records of the MX host; absent if it has none.", nullptr, mx_tlsa_records,
     full},
    {"mtasts_mx_certificate_expiry_timestamp_seconds", gauge, host, "mx",
     "Time at which the first certificate among the chains of the MX host's addresses ends; also "
     "while it cannot be observed, for six hours at most.",
     nullptr, mx_certificate_expiry},
    {"mtasts_mx_certificate_lifetime_seconds", gauge, host, "mx",
     "Lifetime of the MX host's certificate that ends first; absent if an intermediate ends before "
     "it.",
     nullptr, mx_certificate_lifetime},
    {"mtasts_mx_last_probe_timestamp_seconds", gauge, host, "mx",
     "Time of the last probe of the MX host.", nullptr, mx_last_probe},
    {"mtasts_mx_enforced", gauge, host, "mx",
     "Whether a domain whose policy is in mode enforce uses the MX host (1) or not (0).", nullptr,
     mx_enforced},
    {"mtasts_mx_fault", gauge, host, "mx,alert,severity,code,stage,subject,seen",
     "A fault of the MX host that an alert is about, with the worst severity over the domains that "
     "use the host: 1; with seen=\"earlier\" while it cannot be observed, for six hours at most, "
     "and then once 0.",
     nullptr, mx_faults},

    {"mtasts_checks_total", counter, agent, "", "Total number of completed domain checks."},
    {"mtasts_checks_inconclusive_total", counter, agent, "",
     "Total number of domain checks whose outcome was unknown."},
    {"mtasts_checks_in_flight", gauge, agent, "", "Number of domain checks in progress."},
    {"mtasts_check_queue_length", gauge, agent, "",
     "Number of domain checks that are due and waiting."},
    {"mtasts_check_lag_seconds", gauge, agent, "",
     "Delay of the check that has been waiting longest."},
    {"mtasts_loop_lag_seconds", histogram, agent, "",
     "Delay with which the event loop of the checks came to a timer that was due."},
    {"mtasts_dns_queries_total", counter, agent, "type",
     "Total number of DNS queries sent, by record type."},
    {"mtasts_dns_query_failures_total", counter, agent, "reason",
     "Total number of DNS queries without a usable response, by reason."},
    {"mtasts_phase_duration_seconds", histogram, agent, "phase",
     "Duration of the phases of a check: dns, policy, smtp, check."},
    {"mtasts_channel_alive", gauge, agent, "channel",
     "Whether the agent can reach the network over this channel (1) or not (0); absent until "
     "something "
     "shows it."},
    {"mtasts_channel_outage", gauge, agent, "channel",
     "Whether most hosts began to fail alike over this channel (1), which is taken as the agent's "
     "own "
     "failure, or not (0)."},
    {"mtasts_dns_validating", gauge, agent, "",
     "Whether the resolver is known to validate DNSSEC (1) or not (0), as DANE needs it; absent "
     "while that is unknown."},
    {"mtasts_exporter_build_info", gauge, agent, "version,revision,compiler",
     "Build information of the agent; always 1."},
    {"mtasts_exporter_config_last_reload_successful", gauge, agent, "",
     "Whether the last configuration reload succeeded (1) or not (0)."},
    {"mtasts_exporter_config_last_reload_success_timestamp_seconds", gauge, agent, "",
     "Time of the last successful configuration reload."},
    {"mtasts_exporter_config_hash", gauge, agent, "",
     "Hash of the active configuration; equal configurations have equal hashes."},
    {"mtasts_exporter_web_certificate_not_before_timestamp_seconds", gauge, agent, "",
     "notBefore time of the certificate of the web port."},
    {"mtasts_exporter_web_certificate_not_after_timestamp_seconds", gauge, agent, "",
     "notAfter time of the certificate of the web port."},
    {"mtasts_exporter_web_certificate_current", gauge, agent, "",
     "1 if the web port presents what its certificate files hold, 0 if they have changed and "
     "cannot be used."},
    {"mtasts_exporter_web_authentications_total", counter, agent, "result",
     "Total number of requests to the web port with a user name and a password, where one was "
     "needed, by result (accepted, rejected, throttled)."},
    {"mtasts_shard_ordinal", gauge, agent, "", "Index of this shard, starting at 0."},
    {"mtasts_shards", gauge, agent, "", "Number of shards."},
    {"mtasts_state_writable", gauge, agent, "",
     "Whether the agent can write the state file (1) or not (0)."},
    {"tlsrpt_reports_rejected_total", counter, agent, "reason",
     "Total number of TLS reports that were rejected, as a whole or in part, by reason."},
    {"tlsrpt_mailbox_last_success_timestamp_seconds", gauge, agent, "",
     "Time of the last successful poll of the mailbox; 0 if there was none since the start."},
    {"tlsrpt_mailbox_messages_total", counter, agent, "",
     "Total number of messages taken from the mailbox."},
    {"tlsrpt_mailbox_failures_total", counter, agent, "",
     "Total number of polls of the mailbox that failed."},
    {"tlsrpt_endpoint_certificate_not_before_timestamp_seconds", gauge, agent, "",
     "notBefore time of the certificate of the endpoint for TLS reports."},
    {"tlsrpt_endpoint_certificate_not_after_timestamp_seconds", gauge, agent, "",
     "notAfter time of the certificate of the endpoint for TLS reports."},
    {"tlsrpt_endpoint_certificate_current", gauge, agent, "",
     "1 if the endpoint for TLS reports presents what its certificate files hold, 0 if they have "
     "changed and cannot be used."},
    {"tlsrpt_spool_entries", gauge, agent, "",
     "Number of submissions that are stored and wait to be read."},
    {"mtasts_hosted_policy_requests_by_agent_total", counter, agent, "agent",
     "Total number of requests that got a policy from the agent, by the program that User-Agent "
     "names."},
    {"mtasts_hosted_policy_rejected_requests_total", counter, agent, "reason",
     "Total number of requests to the policy host that got no policy, by reason."},
    {"mtasts_hosted_policy_certificate_not_after_timestamp_seconds", gauge, agent, "",
     "notAfter time of the certificate of the policy host."},
    {"process_cpu_seconds_total", counter, agent, "",
     "Total user and system CPU time spent in seconds."},
    {"process_resident_memory_bytes", gauge, agent, "", "Resident memory size in bytes."},
    {"process_virtual_memory_bytes", gauge, agent, "", "Virtual memory size in bytes."},
    {"process_open_fds", gauge, agent, "", "Number of open file descriptors."},
    {"process_max_fds", gauge, agent, "", "Maximum number of open file descriptors."},
    {"process_start_time_seconds", gauge, agent, "",
     "Start time of the process since unix epoch in seconds."},

    {"mtasts_hosted_policy_info", gauge, hosted, "domain,id",
     "The id of the policy that the agent serves for the domain; always 1."},
    {"mtasts_hosted_policy_requests_total", counter, hosted, "domain",
     "Total number of requests that got the policy of the domain from the agent."},

    {"mtasts_probe_success", gauge, probe, "",
     "Whether the outcome of this check is ok or warning (1), or critical (0); absent when it is "
     "unknown."},
    {"mtasts_probe_outcome", gauge, probe, "outcome",
     "Outcome of this check: 1 for the one that applies, 0 for the others."},
    {"mtasts_probe_duration_seconds", gauge, probe, "", "Duration of this check."},
};

}  // namespace

std::span<const Metric> metrics_table() { return kTable; }

std::span<const Metric> metrics_of(MetricScope scope) {
  auto in_scope = [scope](const Metric& metric) { return metric.scope == scope; };
  const auto* first = std::find_if(std::begin(kTable), std::end(kTable), in_scope);
  const auto* last = std::find_if_not(first, std::end(kTable), in_scope);
  return {first, last};
}

std::vector<std::string> metrics_outside(MetricSet set) {
  std::vector<std::string> names;
  for (const Metric& metric : kTable)
    if (metric.from > set) names.emplace_back(metric.name);
  return names;
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

}  // namespace mtasts::present
