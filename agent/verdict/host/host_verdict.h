// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HostVerdict: what one probe of an MX host means, made once and shared by every domain that has
// this MX host. Its findings are ungraded, because their severity depends on the mode of each
// domain's policy; a domain's rules combine them with mode and coverage. Immutable once made;
// judge_host() is pure. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "verdict/evidence.h"
#include "verdict/findings/finding_collector.h"
#include "verdict/host/host_dane.h"
#include "verdict/report.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

struct HostVerdict {
  MxHostEvidencePtr evidence;                 // never null
  std::shared_ptr<const MxHostReport> facts;  // never null
  std::vector<UngradedFinding> findings;      // stages mx, smtp, mx_certificate and dane
  HostDane dane;

  // Connects that failed while SMTP was not available to the agent, "host [address]: what": a
  // domain reports them together with those of its other hosts.
  std::vector<std::string> blocked;

  bool probed = false;            // a connection to some address was tried
  bool certificate_seen = false;  // some address presented one
  bool unobserved = false;        // some address was not observed, or deferred the agent
  bool incomplete = false;        // it has, or may have, addresses, but none was tried
  bool inconclusive = false;      // another probe soon may observe more
  bool has_fault = false;         // it has a fault that may be fixed from one probe to the next
};

// `now` is when the probe ended; `thresholds` gives the limits of expiring certificates.
HostVerdictPtr judge_host(MxHostEvidencePtr evidence, const Thresholds& thresholds, Time now);

}  // namespace mtasts::verdict
