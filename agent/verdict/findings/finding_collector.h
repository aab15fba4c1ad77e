// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// FindingCollector: where rules add their findings. It fills in texts from the table, merges
// repeated findings, and marks those as unobserved that failed on an unavailable channel. Findings
// have no severity yet: it depends on the mode of a domain's policy, and one MX host serves domains
// of every mode. Internal to the verdict room; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/channel.h"
#include "base/ip_address.h"
#include "verdict/findings/finding.h"
#include "verdict/findings/verify_command.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

// What is specific to one finding; empty members are taken from the table.
struct FindingDetails {
  std::string message;                    // one sentence with the observed value
  std::string fix = {};                   // replaces the row's
  std::string host = {};                  // the host it is about
  std::optional<IpAddress> address = {};  // and the address
  bool address_in_subject = true;         // false: all addresses of the host behave alike
  bool unobserved = false;                // the observation was not finished, or failed locally
  // False: the failure cannot come from the agent's own network, so it counts whatever the channel.
  bool may_be_local = true;
  std::optional<Severity> severity = {};  // replaces the table's (expiry has two)
  TlsaTarget tlsa = {};                   // for the commands of stage dane
};

// A finding before the mode of a policy decides its severity.
struct UngradedFinding {
  const FindingRow* row = nullptr;            // never null
  std::optional<Severity> severity;           // replaces the row's
  bool unobserved = false;                    // severity unknown, whatever the table says
  bool of_one_address = false;                // the subject names an address
  std::string subject, message, fix, verify;  // as in Finding
};

Severity grade(const UngradedFinding& finding, Regime regime);

class FindingCollector {
 public:
  // `domain` fills the placeholders of the table's texts; empty for an MX host, whose rows name no
  // domain. The references must outlive this object.
  FindingCollector(std::string domain, const ChannelSet& channels, const Thresholds& thresholds);

  // Findings with the same code and subject are merged.
  void add(FindingCode code, FindingDetails details);
  void add(UngradedFinding finding);

  const std::vector<UngradedFinding>& so_far() const { return findings_; }
  // Removes the findings after the first `count`: those of one part, to be weighed before they are
  // added again.
  std::vector<UngradedFinding> split_off(size_t count);

  // All findings in the order they were added. Call once, at the end.
  std::vector<UngradedFinding> take();

 private:
  bool is_unobserved(const FindingRow& row, const FindingDetails& details) const;
  std::string fix_of(const FindingRow& row, const FindingDetails& details, bool unobserved) const;

  std::string domain_;
  const ChannelSet& channels_;
  const Thresholds& thresholds_;
  std::vector<UngradedFinding> findings_;
  std::vector<int> repeats_;  // parallel to findings_: how many repeats were merged into each
};

}  // namespace mtasts::verdict
