// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Samples of one domain and of one MX host, one function per metric; the metrics table names them.
// An unknown value yields no sample: a missing series means "not observed", a zero would mean
// "failed". Pure, any thread.
#pragma once

#include "board/latest_reports.h"
#include "present/samples.h"

namespace mtasts::present {

void domain_info(const board::DomainEntry& entry, SampleWriter& samples);
void stage_success(const board::DomainEntry& entry, SampleWriter& samples);
void stage_last_conclusive(const board::DomainEntry& entry, SampleWriter& samples);
void findings_by_severity(const board::DomainEntry& entry, SampleWriter& samples);
void open_findings(const board::DomainEntry& entry, SampleWriter& samples);
// The faults that are the domain's own; those of its MX hosts are mx_faults().
void faults(const board::DomainEntry& entry, SampleWriter& samples);
// Only stages that the last check could not observe, and that were conclusive before; and once more
// when they are seen again, so that whoever reads a range of time sees the end.
void stage_unseen_since(const board::DomainEntry& entry, SampleWriter& samples);
void policy_info(const board::DomainEntry& entry, SampleWriter& samples);
void last_check_time(const board::DomainEntry& entry, SampleWriter& samples);
void last_check_duration(const board::DomainEntry& entry, SampleWriter& samples);
void record_info(const board::DomainEntry& entry, SampleWriter& samples);
void policy_mode(const board::DomainEntry& entry, SampleWriter& samples);
void policy_max_age(const board::DomainEntry& entry, SampleWriter& samples);
void policy_http_status(const board::DomainEntry& entry, SampleWriter& samples);
// These need a history; without one they write no sample.
void record_last_change(const board::DomainEntry& entry, SampleWriter& samples);
void policy_last_change(const board::DomainEntry& entry, SampleWriter& samples);
void mx_last_change(const board::DomainEntry& entry, SampleWriter& samples);
void record_changes(const board::DomainEntry& entry, SampleWriter& samples);
void policy_changes(const board::DomainEntry& entry, SampleWriter& samples);
void mx_changes(const board::DomainEntry& entry, SampleWriter& samples);
void policy_cache_expiry(const board::DomainEntry& entry, SampleWriter& samples);
void policy_not_before(const board::DomainEntry& entry, SampleWriter& samples);
void policy_not_after(const board::DomainEntry& entry, SampleWriter& samples);
void policy_chain_not_after(const board::DomainEntry& entry, SampleWriter& samples);
// As long as the domain takes part in MTA-STS; also while the certificate cannot be observed, for
// verdict::kHeldFor.
void policy_certificate_expiry(const board::DomainEntry& entry, SampleWriter& samples);
void policy_certificate_lifetime(const board::DomainEntry& entry, SampleWriter& samples);
void policy_verified(const board::DomainEntry& entry, SampleWriter& samples);
// Without a history, or while too little was observed, these write no sample.
void rollout_phase(const board::DomainEntry& entry, SampleWriter& samples);
void rollout_ready(const board::DomainEntry& entry, SampleWriter& samples);
void mx_covered(const board::DomainEntry& entry, SampleWriter& samples);

// The value of the worst address, chosen for each metric separately; not_before is that of the
// certificate that expires first. Addresses that could not be observed do not count.
void mx_reachable(const board::HostEntry& entry, SampleWriter& samples);
void mx_reachable_addresses(const board::HostEntry& entry, SampleWriter& samples);
void mx_starttls(const board::HostEntry& entry, SampleWriter& samples);
void mx_not_before(const board::HostEntry& entry, SampleWriter& samples);
void mx_not_after(const board::HostEntry& entry, SampleWriter& samples);
void mx_chain_not_after(const board::HostEntry& entry, SampleWriter& samples);
void mx_verified(const board::HostEntry& entry, SampleWriter& samples);
void mx_dane_verified(const board::HostEntry& entry, SampleWriter& samples);
void mx_tlsa_records(const board::HostEntry& entry, SampleWriter& samples);
void mx_enforced(const board::HostEntry& entry, SampleWriter& samples);
// Also while the host cannot be observed, for verdict::kHeldFor.
void mx_certificate_expiry(const board::HostEntry& entry, SampleWriter& samples);
void mx_certificate_lifetime(const board::HostEntry& entry, SampleWriter& samples);
void mx_faults(const board::HostEntry& entry, SampleWriter& samples);
void mx_last_probe(const board::HostEntry& entry, SampleWriter& samples);

}  // namespace mtasts::present
