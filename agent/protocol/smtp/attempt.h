// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The result of one SMTP STARTTLS probe of one address of an MX host (RFC 5321, RFC 3207), failures
// included. "Channel-dependent" statuses count against a domain only while the channel is available
// (base/channel.h). Plain values, any thread; net/ fills them, verdict/ reads them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "protocol/x509/certificate.h"

namespace mtasts::protocol {

// How far a probe got; the step to which a failure belongs.
enum class SmtpStep : uint8_t { connect, banner, ehlo, starttls, handshake, ehlo_after_tls, done };
std::string_view name_of(SmtpStep step);  // "connect", "banner", "EHLO", "STARTTLS", …

enum class SmtpStatus : uint8_t {
  ok,                 // TLS session established; the certificate is judged separately
  refused,            // TCP RST in reply to the SYN; channel-dependent
  connect_timeout,    // channel-dependent
  unreachable,        // no route or an ICMP error; channel-dependent
  timeout,            // connected, then silence before TLS, in `step`; channel-dependent
  banner_rejected,    // 4xx or 5xx instead of 220: reputation or tarpit, not about TLS
  ehlo_rejected,      // EHLO rejected: no ESMTP, so no STARTTLS (4xx: temporary)
  starttls_missing,   // EHLO accepted, STARTTLS not offered
  starttls_stripped,  // altered by a middlebox (XXXXXXXA, "220 ****")
  starttls_rejected,  // offered, then rejected
  tls_failed,         // handshake failed; `detail` has the alert
  tls_closed,         // peer closed during the handshake
  tls_timeout,        // handshake incomplete in time; channel-dependent
  tls_version_old,    // only TLS older than 1.2
  protocol_error,     // not SMTP, too long, endless, or closed before TLS
  tarpit,             // a few octets at a time until the limit, on purpose (teergrube, spamd)
  not_allowed,        // the address must not be contacted
  cancelled,          // the agent stopped; unknown
};
std::string_view name_of(SmtpStatus status);

struct SmtpAttempt {
  IpAddress address;
  SmtpStatus status = SmtpStatus::cancelled;
  SmtpStep step = SmtpStep::connect;  // the last step started
  std::string detail;                 // for display

  // Texts of the peer are printable and bounded (starttls_dialogue.h).
  int reply_code = 0;      // of the decisive reply; 0: none
  std::string reply_text;  // of a 4xx or 5xx all of its lines, else the first
  std::string banner;      // all lines of the accepted banner, joined by blanks
  std::string ehlo_text;   // all lines of the accepted reply to EHLO; begins with the server's name
  std::string unfinished_reply;          // what came of a reply that did not end; else empty
  std::optional<bool> starttls_offered;  // empty: EHLO was never answered
  size_t injected_bytes = 0;  // clear-text octets after the 220 to STARTTLS (RFC 3207 §4.2)

  PeerChainPtr chain;  // null when no certificate was received
  // The certificates as sent, DER, the server's own first; kept only where TLSA records need them.
  std::vector<std::string> presented;
  std::string tls_version;  // "TLSv1.3"; "TLSv1.1" when only old versions worked; else empty
  std::string cipher;

  std::chrono::milliseconds connect_time{0};
  std::chrono::milliseconds banner_time{0};  // from connected to the end of the banner
  std::chrono::milliseconds total_time{0};
};

// TCP was connected and an SMTP reply (of any code) was read: the channel is alive.
bool answered(const SmtpAttempt& attempt);
// A failure that may be caused by the local network; it counts only while the channel is available.
bool may_be_local(const SmtpAttempt& attempt);
}  // namespace mtasts::protocol
