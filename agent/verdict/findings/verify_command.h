// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The command of a finding that shows what the agent observed: the row's template filled in for
// one domain, host and address. Safe to paste into a shell (shell_command.h); empty where the
// host's name allows no safe one. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "verdict/findings/finding.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

// What the commands of stage dane are about.
struct TlsaTarget {
  std::string base = {};                  // the TLSA base domain; empty: the host
  std::vector<std::string> records = {};  // as in a zone file: "3 1 1 2bba…"
  // What a signature covers; empty: the TLSA records.
  std::string signed_name = {}, signed_type = {};
  std::string zone = {};  // of DS and DNSKEY records; empty: the host
};

struct VerifyTarget {
  std::string domain;                // empty: the row names none
  std::string host;                  // empty: the policy host
  std::optional<IpAddress> address;  // empty: the host's own
  TlsaTarget tlsa = {};
};

std::string verify_command(const FindingRow& row, const Vantage& vantage,
                           const VerifyTarget& target);

}  // namespace mtasts::verdict
