// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the samples of faults and of certificates of domains and of MX hosts share. Pure, any
// thread.
#pragma once

#include "present/samples.h"
#include "verdict/faults.h"

namespace mtasts::present {

// One sample of mtasts_fault or mtasts_mx_fault.
void add_fault(SampleWriter& samples, Label subject_of_alert, const verdict::Fault& fault);

// Of the leaf, if it is the first certificate of its chain to end.
double lifetime_seconds(const verdict::CertificateDates& dates);

}  // namespace mtasts::present
