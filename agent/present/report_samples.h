// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Samples of what TLS reports of senders say about one domain (RFC 8460), one function per metric;
// the metrics table names them. Where reports are not taken in there is no sample. Organizations
// are never labels: their number is not bounded by the settings. Pure, any thread.
#pragma once

#include "board/latest_reports.h"
#include "present/samples.h"

namespace mtasts::present {

void reports_stored(const board::DomainEntry& entry, SampleWriter& samples);
// Every policy type and result type has a sample from the start, so that rate() sees the first
// session.
void successful_sessions(const board::DomainEntry& entry, SampleWriter& samples);
void failed_sessions(const board::DomainEntry& entry, SampleWriter& samples);
void reported_failures(const board::DomainEntry& entry, SampleWriter& samples);
// Without sessions in the window there is no ratio and no sample.
void reported_failure_ratio(const board::DomainEntry& entry, SampleWriter& samples);
// In the window; what no report has is left out.
void window_sessions(const board::DomainEntry& entry, SampleWriter& samples);
void window_failures(const board::DomainEntry& entry, SampleWriter& samples);
void reporters(const board::DomainEntry& entry, SampleWriter& samples);
// Without a stored report there is no sample.
void last_report_end(const board::DomainEntry& entry, SampleWriter& samples);

}  // namespace mtasts::present
