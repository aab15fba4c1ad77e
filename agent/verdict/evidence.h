// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Evidence: everything one domain check saw on the wire, failures included, and what it could see
// at all. Judged by pure rules (judge.h). Nothing here says good or bad. Plain values, any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/domain_name.h"
#include "base/time.h"
#include "protocol/dns/answer.h"
#include "protocol/http/attempt.h"
#include "protocol/smtp/attempt.h"

namespace mtasts::verdict {

// Which channels were alive while the check ran: another target answered on it within the last
// interval, or a canary did. A failure on a dead channel is about our sight, not about the domain.
// HTTPS and SMTP are told apart by address family: a machine with broken IPv6 is half blind.
struct Sight {
  bool dns = true;
  bool https_ipv4 = true;
  bool https_ipv6 = true;
  bool smtp_ipv4 = true;
  bool smtp_ipv6 = true;

  // Nothing is proven yet: where a check starts from.
  static Sight none() { return {false, false, false, false, false}; }

  bool https(AddressFamily family) const {
    return family == AddressFamily::ipv4 ? https_ipv4 : https_ipv6;
  }
  bool smtp(AddressFamily family) const {
    return family == AddressFamily::ipv4 ? smtp_ipv4 : smtp_ipv6;
  }
};

// The addresses of one host, by family. A family the agent does not use was not asked.
struct HostAddresses {
  std::vector<protocol::DnsAnswer> answers;  // A and AAAA, as far as asked
};

struct PolicyEvidence {
  std::string host;  // mta-sts.<domain>
  HostAddresses addresses;
  std::vector<protocol::HttpsAttempt> attempts;  // at most one answered per family, best first
};

// What the MX mx_probes saw of one MX host; shared by every domain that has this MX.
struct MxHostEvidence {
  std::string host;
  Time probed_at{};
  HostAddresses addresses;
  std::vector<protocol::SmtpAttempt> attempts;  // one per address, in address order
  Sight sight;                                  // at the time of the probe
};
using MxHostEvidencePtr = std::shared_ptr<const MxHostEvidence>;

// A failure that says something of our own line, or of our haste, rather than of the MX host.
inline bool is_blind(const MxHostEvidence& host, const protocol::SmtpAttempt& attempt) {
  return attempt.status == protocol::SmtpStatus::cancelled ||
         (protocol::may_be_local(attempt) && !host.sight.smtp(attempt.address.family()));
}

struct MxHostReport;  // report.h: the same facts as everything downstream sees them

struct MxTarget {
  std::string host;  // as the MX record names it; lower case, no trailing dot
  uint16_t preference = 0;
  MxHostEvidencePtr evidence;  // null: never looked at (null MX, IP literal, check ended early)
  std::shared_ptr<const MxHostReport> facts;  // describe_host(*evidence), made once for all domains
};

struct Evidence {
  DomainName domain;
  Time started{};
  Time finished{};
  protocol::DnsAnswer record;  // TXT _mta-sts.<domain>
  PolicyEvidence policy;
  protocol::DnsAnswer tlsrpt;  // TXT _smtp._tls.<domain>
  protocol::DnsAnswer mx;      // MX <domain>
  bool implicit_mx =
      false;  // no MX record, but addresses: the domain is its own MX (RFC 5321 §5.1)
  std::vector<protocol::DnsAnswer> apex;  // A and AAAA of <domain>, asked only without MX records
  std::vector<MxTarget> mx_targets;       // by preference, then as received; without duplicates
  Sight sight;
  bool smtp_enabled = true;  // false: `--no-smtp` or [smtp] enabled = false

  explicit Evidence(DomainName name) : domain(std::move(name)) {}
};

}  // namespace mtasts::verdict
