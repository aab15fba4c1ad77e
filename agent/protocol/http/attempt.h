// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The result of one attempt to GET a policy from one address (RFC 8461 §3.3), failures included.
// "Channel-dependent" statuses count against a domain only while the channel is available
// (base/channel.h). Plain values, any thread; net/ fills them, verdict/ reads them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "protocol/x509/certificate.h"

namespace mtasts::protocol {

enum class HttpsStatus : uint8_t {
  responded,         // a complete HTTP response, whatever its status code
  refused,           // TCP RST in reply to the SYN; channel-dependent
  connect_timeout,   // no TCP connection in time; channel-dependent
  unreachable,       // no route, or an ICMP error; channel-dependent
  tls_failed,        // TCP connected, no TLS session established; the peer's fault
  tls_version_old,   // supports TLS, but not 1.2 or newer; the peer's fault
  tls_timeout,       // TCP connected, handshake incomplete in time; channel-dependent
  response_timeout,  // TLS established, response incomplete in time; channel-dependent
  malformed,         // not HTTP, or a head over the limit; the peer's fault
  truncated,         // the body ends before its announced length; the peer's fault
  too_large,         // body over kPolicyLimit_bytes; the peer's fault
  not_allowed,       // the address must not be contacted (private, …); the domain's fault
  cancelled,         // the agent stopped (deadline of the check, shutdown); unknown
};
std::string_view name_of(HttpsStatus status);

// RFC 8461 §3.3 suggests that senders limit the body to 64 kilobytes.
inline constexpr size_t kPolicyLimit_bytes = 64 * 1024;

struct HttpsAttempt {
  IpAddress address;
  HttpsStatus status = HttpsStatus::cancelled;
  std::string detail;  // for display: "Connection refused", "TLS alert: protocol version"

  PeerChainPtr chain;       // null when no certificate was received
  std::string tls_version;  // "TLSv1.3"; empty when no session was established
  std::string cipher;

  int http_status = 0;                      // 0: no status line was received
  std::optional<std::string> content_type;  // as sent; the last one applies
  std::optional<std::string> location;      // as sent
  std::string body;                         // at most kPolicyLimit_bytes octets

  std::chrono::milliseconds connect_time{0};  // TCP
  std::chrono::milliseconds total_time{0};    // from the first SYN to the end
  // total_time of the previous fetch from this address; 0: none. A single slow response proves
  // little.
  std::chrono::milliseconds previous_time{0};
};

// The TCP connection was established and the peer sent octets: the channel is alive.
bool answered(const HttpsAttempt& attempt);
// A failure that may be caused by the local network; it counts only while the channel is available.
bool may_be_local(const HttpsAttempt& attempt);

// RFC 8461 §3.2: text/plain, case-insensitive, parameters ignored (RFC 9110 §8.3.1).
bool is_text_plain(std::string_view content_type);

}  // namespace mtasts::protocol
