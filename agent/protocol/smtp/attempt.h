// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What one SMTP STARTTLS probe of one address of an MX host brought (RFC 5321, RFC 3207),
// failures included. Plain values, any thread; net/ fills them, verdict/ reads them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "protocol/x509/certificate.h"

namespace mtasts::protocol {

// How far a probe came; the step that a failure belongs to.
enum class SmtpStep : uint8_t { connect, banner, ehlo, starttls, handshake, ehlo_after_tls, done };
std::string_view name_of(SmtpStep step);  // "connect", "banner", "EHLO", "STARTTLS", …

enum class SmtpStatus : uint8_t {
  ok,                 // TLS session established; the certificate is judged apart
  refused,            // TCP RST to the SYN; channels decides
  connect_timeout,    // channels decides
  unreachable,        // no route or an ICMP answer; channels decides
  timeout,            // connected, then silence before TLS; `step` names where; channels decides
  banner_rejected,    // 4xx or 5xx instead of 220: reputation or tarpit, says nothing of TLS
  ehlo_rejected,      // EHLO refused: no ESMTP, so no STARTTLS (4xx: temporary)
  starttls_missing,   // EHLO accepted, STARTTLS not offered
  starttls_stripped,  // a middlebox mangled it (XXXXXXXA, "220 ****")
  starttls_rejected,  // offered, then refused
  tls_failed,         // handshake failed; `detail` has the alert
  tls_closed,         // peer closed during the handshake
  tls_timeout,        // handshake did not end in time; channels decides
  tls_version_old,    // only TLS older than 1.2
  protocol_error,     // not SMTP, too long, without end, or closed in the middle before TLS
  not_allowed,        // the address may not be contacted
  cancelled,          // we stopped; unknown
};
std::string_view name_of(SmtpStatus status);

struct SmtpAttempt {
  IpAddress address;
  SmtpStatus status = SmtpStatus::cancelled;
  SmtpStep step = SmtpStep::connect;  // the last one begun
  std::string detail;                 // for people

  int reply_code = 0;                    // of the reply that decided; 0: none
  std::string reply_text;                // its first line, printable, at most 200 octets
  std::optional<bool> starttls_offered;  // empty: EHLO never answered
  size_t injected_bytes = 0;             // clear octets after the 220 to STARTTLS (RFC 3207 §4.2)

  PeerChainPtr chain;       // null when no certificate came
  std::string tls_version;  // "TLSv1.3", "TLSv1.1" when only old ones worked; else empty
  std::string cipher;

  std::chrono::milliseconds connect_time{0};
  std::chrono::milliseconds banner_time{0};  // connected to the end of the banner
  std::chrono::milliseconds total_time{0};
};

// TCP came about and an SMTP reply (whatever code) was read: the channel is alive.
bool answered(const SmtpAttempt& attempt);
// A silence that may be our own line's fault; it counts only while the channel is alive for us.
bool may_be_local(const SmtpAttempt& attempt);
// The server turned us away with a reply about who asks or how busy it is (greylisting, reputation,
// tarpit, 421), not about TLS. EHLO refused as an unknown verb (RFC 5321 §4.2.2) is no such reply.
bool is_deferral(const SmtpAttempt& attempt);

}  // namespace mtasts::protocol
