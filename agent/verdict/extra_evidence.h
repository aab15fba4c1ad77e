// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ExtraEvidence: what is observed beside a check, at most once an hour, and shared by all checks
// that need it. What could not be observed is absent and says nothing about the domain: these
// observations never make a stage unknown. Plain values, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/channel.h"
#include "base/time.h"
#include "protocol/dns/answer.h"
#include "protocol/http/attempt.h"

namespace mtasts::verdict {

// What one address of an authoritative server says about the record, asked directly.
struct AuthorityLook {
  enum class Kind : uint8_t {
    record,      // TXT records, or a CNAME
    none,        // authoritatively none
    failing,     // SERVFAIL or REFUSED
    lame,        // not authoritative for the zone
    unobserved,  // no usable answer
  };
  std::string server;
  IpAddress address;
  Kind kind = Kind::unobserved;
  std::string content;               // for comparison and display: "\"v=STSv1; id=1;\"", "SERVFAIL"
  std::chrono::seconds ttl{0};       // of the record
  std::optional<uint32_t> serial{};  // of the zone's SOA; asked only when the contents differ
};

struct AuthorityEvidence {
  std::string zone;
  std::vector<AuthorityLook> looks;  // by server, then address
  // The first of the looks in a row that gave the same differences; epoch: no differences.
  Time differs_since{};
};

// Whether the domain of a mailto address can receive mail.
struct ReportMailDomain {
  std::string domain;
  protocol::DnsAnswer mx;
  std::vector<protocol::DnsAnswer> addresses;  // A and AAAA, asked only without MX records
};

// The host of an https report URL: one TLS handshake per address.
struct ReportHost {
  std::string host;
  std::vector<protocol::DnsAnswer> addresses;    // A and AAAA
  std::vector<protocol::HttpsAttempt> attempts;  // until one answers
  size_t untried = 0;                            // addresses beyond the limit or of unused families
  ChannelSet channels;                           // known to be available at the time
};

struct ExtraEvidence {
  // TXT of a random name directly below the domain, which nobody has published.
  std::shared_ptr<const protocol::DnsAnswer> unused_name;
  // TXT of names at which the record is published by mistake; asked only without a record.
  std::shared_ptr<const std::vector<protocol::DnsAnswer>> other_names;
  std::shared_ptr<const AuthorityEvidence> authorities;
  std::vector<std::shared_ptr<const ReportMailDomain>> report_domains;  // not the domain itself
  std::vector<std::shared_ptr<const ReportHost>> report_hosts;
};

}  // namespace mtasts::verdict
