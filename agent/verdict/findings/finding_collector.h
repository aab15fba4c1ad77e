// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FindingCollector: where rules write their findings. It fills what the table knows, joins repeated
// findings, and marks as unobserved what failed on a channel that was not available. Findings stay
// ungraded here: the mode of a domain's policy decides their severity, and one MX host serves
// domains of every mode. For the verdict room; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/channel.h"
#include "base/ip_address.h"
#include "verdict/findings/finding.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

// What is special about one finding; what is left empty comes from the table.
struct FindingDetails {
  std::string message;                    // one sentence with the observed value
  std::string fix = {};                   // instead of the row's
  std::string host = {};                  // the host it is about
  std::optional<IpAddress> address = {};  // and the address
  bool address_in_subject = true;         // false: all addresses of the host are alike
  bool unobserved = false;                // the observation was not finished, or failed locally
  std::optional<Severity> severity = {};  // instead of the table's (expiry has two)
};

// A finding before the mode of a policy decides its severity.
struct UngradedFinding {
  const FindingRow* row = nullptr;            // never null
  std::optional<Severity> severity;           // instead of the row's
  bool unobserved = false;                    // severity unknown, whatever the table says
  std::string subject, message, fix, verify;  // as in Finding
};

Severity grade(const UngradedFinding& finding, Regime regime);

class FindingCollector {
 public:
  // `domain` fills the table's texts; empty for an MX host, whose rows name no domain. References
  // must outlive this.
  FindingCollector(std::string domain, const ChannelSet& channels, const Thresholds& thresholds);

  // The same code for the same subject is joined into one finding.
  void add(FindingCode code, FindingDetails details);
  void add(UngradedFinding finding);

  // Everything added, in that order. Once, at the end.
  std::vector<UngradedFinding> take();

 private:
  bool is_unobserved(const FindingRow& row, const FindingDetails& details) const;

  std::string domain_;
  const ChannelSet& channels_;
  const Thresholds& thresholds_;
  std::vector<UngradedFinding> findings_;
  std::vector<int> repeats_;  // beside findings_: how many more of the same
};

}  // namespace mtasts::verdict
