// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Evidence: everything one domain check observed on the network, failures included, and the
// channels that were available to the agent at the time. A channel is available when another target
// or a canary answered on it since the observation began; a failure on any other channel says
// nothing about the domain. Judged by pure rules (judge.h). Plain values, any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/channel.h"
#include "base/domain_name.h"
#include "base/time.h"
#include "protocol/dns/answer.h"
#include "protocol/http/attempt.h"
#include "protocol/smtp/attempt.h"
#include "verdict/dane_evidence.h"
#include "verdict/extra_evidence.h"

namespace mtasts::verdict {

// What the agent found out about its own network when a failure had to be judged: why a channel
// does not count as available.
struct ChannelFault {
  enum class Kind : uint8_t {
    unreachable,  // neither a canary nor another target answers
    denies,       // DNS: the resolver denies names that must exist
    outage,       // most targets began to fail alike at the same time
  };
  Channel channel = Channel::dns;
  Kind kind = Kind::unreachable;
  std::string detail;  // one clause for people: what was asked, and what happened
  bool operator==(const ChannelFault&) const = default;
};

// The addresses of one host. Those in no list were contacted, or would have been if they were not
// reserved (not_allowed): each has an attempt.
struct HostAddresses {
  std::vector<protocol::DnsAnswer> answers;  // A and AAAA, as far as queried
  std::vector<IpAddress> unused_family;      // not contacted: the agent does not use this family
  std::vector<IpAddress> beyond_limit;       // not contacted: the host has too many addresses
};

struct PolicyEvidence {
  std::string host;  // mta-sts.<domain>
  HostAddresses addresses;
  // One per address, in address order whatever the order in DNS. Some may be from an earlier check:
  // a host with many addresses is not asked at all of them every time.
  std::vector<protocol::HttpsAttempt> attempts;
};

// Further handshakes with one address of an MX host that presented a certificate, each with another
// ClientHello. Status cancelled: not made, or not observed.
struct HandshakeVariants {
  std::string host;
  IpAddress address;
  std::string certificate;                    // fingerprint of what the address usually presents
  protocol::SmtpAttempt other_algorithm;      // RSA offered instead of ECDSA, or the reverse
  protocol::SmtpAttempt without_server_name;  // no SNI; made when the usual chain is verified
};

// What one probe of an MX host observed; shared by every domain that has this MX.
struct MxHostEvidence {
  std::string host;
  Time probed_at{};
  HostAddresses addresses;
  std::vector<protocol::SmtpAttempt> attempts;  // one per address, in address order
  ChannelSet channels;                          // known to be available at the time of the probe
  std::vector<ChannelFault> channel_faults;     // of the others, where a failure had to be judged
  std::shared_ptr<const HandshakeVariants> variants;  // null: none observed within smtp_interval
  // What senders with DANE look up; null: not asked for. The resolver's validation is in it.
  std::shared_ptr<const DaneEvidence> dane;
};
using MxHostEvidencePtr = std::shared_ptr<const MxHostEvidence>;

// The attempt failed on a channel that was not known to be available, or did not finish: it says
// nothing about the MX host.
inline bool is_unobserved(const MxHostEvidence& host, const protocol::SmtpAttempt& attempt) {
  Channel channel = channel_of(ChannelKind::smtp, attempt.address.family());
  return attempt.status == protocol::SmtpStatus::cancelled ||
         (protocol::may_be_local(attempt) && !host.channels.contains(channel));
}

// The lookup failed while DNS was not known to be available, or did not finish.
inline bool is_unobserved(const protocol::DnsAnswer& answer, const ChannelSet& channels) {
  return protocol::is_local_failure(answer.status) ||
         (!protocol::is_conclusive(answer.status) && !channels.contains(Channel::dns));
}

struct HostVerdict;  // host/host_verdict.h
using HostVerdictPtr = std::shared_ptr<const HostVerdict>;

struct MxTarget {
  std::string host;  // as the MX record names it; lower case, no trailing dot
  uint16_t preference = 0;
  bool beyond_limit = false;  // not probed: the domain has too many MX hosts
  // Made once per probe of the host, with its evidence; null: never probed (null MX, IP literal,
  // check ended early).
  HostVerdictPtr verdict;
};

struct Evidence {
  DomainName domain;
  Time started{};
  Time finished{};
  protocol::DnsAnswer record;  // TXT _mta-sts.<domain>
  PolicyEvidence policy;
  protocol::DnsAnswer tlsrpt;  // TXT _smtp._tls.<domain>
  protocol::DnsAnswer mx;      // MX <domain>
  MxDaneEvidence mx_dane;      // how secure it is
  bool implicit_mx =
      false;  // no MX record, but addresses: the domain is its own MX (RFC 5321 §5.1)
  std::vector<protocol::DnsAnswer> apex;  // A and AAAA of <domain>, queried only without MX records
  std::vector<MxTarget> mx_targets;       // by preference, then as received; without duplicates
  ChannelSet channels;                    // known to be available while the check ran
  std::vector<ChannelFault> channel_faults;  // of the others, where a failure had to be judged
  ExtraEvidence extra;
  bool smtp_enabled = true;  // false: `--no-smtp` or [smtp] enabled = false

  explicit Evidence(DomainName name) : domain(std::move(name)) {}
};

}  // namespace mtasts::verdict
