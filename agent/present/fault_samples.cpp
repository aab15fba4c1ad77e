// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/fault_samples.h"

#include "base/printable.h"

namespace mtasts::present {

void add_fault(SampleWriter& samples, Label subject_of_alert, const verdict::Fault& fault) {
  samples.add({subject_of_alert,
               {"alert", fault.alert->alert},
               {"severity", name_of(fault.severity)},
               {"code", fault.row->code.text()},
               {"stage", name_of(fault.row->stage)},
               {"subject", printable(fault.subject, kLongestSubject_bytes)},
               {"seen", fault.is_seen_now ? "now" : "earlier"}},
              fault.is_over ? 0 : 1);
}

double lifetime_seconds(const verdict::CertificateDates& dates) {
  return unix_seconds(dates.expiry) - unix_seconds(dates.not_before.value_or(dates.expiry));
}

}  // namespace mtasts::present
