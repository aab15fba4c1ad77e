// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What one attempt to GET a policy from one address brought (RFC 8461 §3.3), failures included.
// Plain values, any thread; net/ fills them, verdict/ reads them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "protocol/x509/certificate.h"

namespace mtasts::protocol {

enum class HttpsStatus : uint8_t {
  responded,         // a whole HTTP answer, whatever its status code
  refused,           // TCP RST to the SYN; theirs or our egress, channels decides
  connect_timeout,   // no TCP connection in time; channels decides
  unreachable,       // no route, or an ICMP answer; channels decides
  tls_failed,        // TCP answers, no TLS session comes about; theirs
  tls_version_old,   // speaks TLS, but not 1.2 or newer; theirs
  tls_timeout,       // TCP answers, the handshake does not end; channels decides
  response_timeout,  // TLS stands, the answer does not end in time; channels decides
  malformed,         // not HTTP, or a head over the limit; theirs
  truncated,         // the body ends before its announced length; theirs
  too_large,         // body over kPolicyLimit_bytes; theirs
  not_allowed,       // the address may not be contacted (private, documentation, …); theirs
  cancelled,         // we stopped (deadline of the check, shutdown); unknown
};
std::string_view name_of(HttpsStatus status);

// RFC 8461 §3.3 suggests senders limit the body to 64 kilobytes.
inline constexpr size_t kPolicyLimit_bytes = 64 * 1024;

struct HttpsAttempt {
  IpAddress address;
  HttpsStatus status = HttpsStatus::cancelled;
  std::string detail;  // for people: "Connection refused", "TLS alert: protocol version"

  PeerChainPtr chain;       // null when no certificate came
  std::string tls_version;  // "TLSv1.3"; empty when no session came about
  std::string cipher;

  int http_status = 0;                      // 0: no status line came
  std::optional<std::string> content_type;  // as sent; the last one counts
  std::optional<std::string> location;      // as sent
  std::string body;                         // at most kPolicyLimit_bytes octets

  std::chrono::milliseconds connect_time{0};  // TCP
  std::chrono::milliseconds total_time{0};    // from the first SYN to the end
};

// The TCP connection came about and the peer sent bytes: the channel is alive.
bool answered(const HttpsAttempt& attempt);
// A silence that may be our own line's fault; it counts only while the channel is alive for us.
bool may_be_local(const HttpsAttempt& attempt);

// RFC 8461 §3.2: text/plain, compared without case, parameters ignored (RFC 9110 §8.3.1).
bool is_text_plain(std::string_view content_type);

}  // namespace mtasts::protocol
